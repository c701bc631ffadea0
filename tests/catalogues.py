"""Sentences from the sources into the catalogues: `make messages`, see docs/languages.md.

A language has two catalogues: `pages` (Python and templates) and `browser` (JavaScript). Both are compiled
into what the service reads: pages.mo, and app/static/languages/<code>.js.
"""

import ast
import gettext
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2.ext
from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from app.http.pages import TEMPLATES
from app.language import LOCALE, SOURCE, languages
from tests.source import ROOT, python_files, relative, tree

STATIC = ROOT / "app" / "static"
SCRIPTS = STATIC / "languages"
DOMAINS = ("pages", "browser")
PYTHON_CALLS = {"_": 1, "msgid": 1, "ngettext": 2}  # so many of the arguments are sentences
NEVER_SHOWN = ("app/cli/", "app/doorbell.py", "app/migrate.py", "app/make_secrets.py")  # errors for operators
NOT_IN_SCRIPTS = ("app/sign_on.py",)  # pages alone say why; it would be the largest part of a catalogue
TEXT = r'("(?:[^"\\]|\\.)*")'
# a regular expression, since Babel's extractor of JavaScript overlooks a call within another or in a template
SPOKEN = re.compile(rf"(?<![\w.])(tn?)\(\s*{TEXT}(?:,\s*{TEXT})?")
Id = str | tuple[str, ...]


def translated() -> list[str]:
    """Codes of all languages but that of the source."""
    return [code for code in languages() if code != SOURCE]


def extract(domain: str) -> Catalog:
    """Every sentence of the sources, without translations."""
    found = Catalog(charset="utf-8")
    for where, sentence in sorted(_pages() if domain == "pages" else _browser(), key=str):
        found.add(sentence, locations=[(where, 0)])
    for message in found:
        message.locations = sorted(set(message.locations))
        message.flags.clear()  # Babel guesses formats of other libraries
    return found


def _pages() -> Iterator[tuple[str, Id]]:
    for path in python_files("app"):
        yield from ((relative(path), sentence) for sentence in _of_python(tree(path)))
        if not relative(path).startswith(NEVER_SHOWN):
            yield from ((relative(path), sentence) for _, sentence in _errors_of(tree(path)))
    for path in sorted(TEMPLATES.rglob("*.html")):
        with path.open("rb") as file:
            extracted = jinja2.ext.babel_extract(
                file,
                ("_", "ngettext"),
                (),
                {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"},
            )
            for _, function, sentence, _ in extracted:
                if isinstance(sentence, str) or (sentence and sentence[0]):  # else it is known elsewhere
                    yield relative(path), _id_of(sentence, many=function == "ngettext")
    for path in sorted((STATIC / "setup" / "templates").glob("*.json")):
        yield relative(path), json.loads(path.read_bytes())["title"]


def _of_python(source: ast.AST) -> Iterator[Id]:
    for node in ast.walk(source):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        wanted = node.args[: PYTHON_CALLS.get(node.func.id, 0)]
        texts = [
            each.value for each in wanted if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if texts and len(texts) == len(wanted):
            yield _id_of(tuple(texts), many=len(texts) > 1)


def _errors_of(module: ast.Module) -> Iterator[tuple[str, str]]:
    """Code and sentence of every error that has one."""
    for code, fields in _fields_of(module):
        if isinstance(message := fields.get("message"), ast.Constant):
            yield code, str(message.value)


def _parts_of(module: ast.Module) -> dict[str, list[Id]]:
    """What may fill the sentence of an error, by code; of those that list it in their own class."""
    return {
        code: [*_of_python(parts)] for code, fields in _fields_of(module) if (parts := fields.get("parts"))
    }


def _fields_of(module: ast.Module) -> Iterator[tuple[str, dict[str, ast.expr]]]:
    """Every class as the code that it has if it is an error, and what is assigned in it."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef):
            fields = {
                line.targets[0].id: line.value
                for line in node.body
                if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)
            }
            yield re.sub(r"(?<!^)(?=[A-Z])", "_", node.name).lower(), fields


def _browser() -> Iterator[tuple[str, Id]]:
    for path in scripts():
        for function, one, many in SPOKEN.findall(path.read_text(encoding="utf-8")):
            yield relative(path), (json.loads(one), json.loads(many)) if function == "tn" else json.loads(one)


def scripts() -> list[Path]:
    """Our modules, without the compiled catalogues."""
    return [path for path in sorted(STATIC.rglob("*.js")) if SCRIPTS not in path.parents]


def _id_of(sentence: str | tuple[str | None, ...], *, many: bool) -> Id:
    texts = (sentence,) if isinstance(sentence, str) else tuple(each for each in sentence if each)
    return texts[:2] if many else texts[0]


def read(code: str, domain: str) -> Catalog:
    """A catalogue as it is written down; an empty one for a new language."""
    path = LOCALE / code / f"{domain}.po"
    if not path.exists():
        return Catalog(
            locale=code, domain=domain, charset="utf-8", header_comment=f"# {languages()[code].name}"
        )
    with path.open("rb") as file:
        return read_po(file, locale=code, domain=domain)


def update(code: str, domain: str) -> Catalog:
    """The catalogue with what the sources have now; what they no longer say is gone."""
    catalogue = read(code, domain)
    catalogue.update(extract(domain), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    with (LOCALE / code / f"{domain}.po").open("wb") as file:
        write_po(file, catalogue, width=110, include_lineno=False, sort_output=True, ignore_obsolete=True)
    return catalogue


def as_mo(catalogue: Catalog) -> bytes:
    """What Python's gettext reads."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    return compiled.getvalue()


def as_script(code: str) -> str:
    """What the browser loads: its sentences, and those of errors by code, in English and in this language.

    After the sentence of an error come those that may fill it.
    """
    pages = read(code, "pages")
    said = {text(message.id): _spoken(message, code) for message in read(code, "browser") if message.string}
    problems = {
        error: [[each, pages[each].string] for each in (sentence, *_parts_of(tree(path)).get(error, ()))]
        for path in python_files("app")
        if not relative(path).startswith((*NEVER_SHOWN, *NOT_IN_SCRIPTS))
        for error, sentence in _errors_of(tree(path))
        if sentence in pages
    }
    body = json.dumps({"sentences": said, "problems": problems}, ensure_ascii=False, indent=0, sort_keys=True)
    made = f"{languages()[code].name}. Made by `make messages` from the .po files of app/locale/{code}."
    return f'/** {made} */\nimport {{ teach }} from "../language.js";\n\nteach({body});\n'


def text(sentence: Id) -> str:
    """The id by which the browser looks a sentence up."""
    return sentence if isinstance(sentence, str) else sentence[0]


def _spoken(message: Message, code: str) -> str | dict[str, str]:
    if isinstance(message.string, str):
        return message.string
    return {category: message.string[place] for category, place in plural_places(code).items()}


def plural_places(code: str) -> dict[str, int]:
    """For each plural category of Intl.PluralRules, the form of the .po file that says it."""
    place_of = gettext.c2py(read(code, "browser").plural_expr)  # type: ignore[attr-defined]
    category_of = Locale.parse(code).plural_form
    return {category_of(count): place_of(count) for count in range(1001)}


def compile_all(code: str) -> dict[Path, bytes]:
    """Every compiled file of a language."""
    return {
        LOCALE / code / "pages.mo": as_mo(read(code, "pages")),
        SCRIPTS / f"{code}.js": as_script(code).encode(),
    }


def main() -> None:
    """Bring all catalogues up to date and say what is missing."""
    SCRIPTS.mkdir(exist_ok=True)
    for code in translated():
        for domain in DOMAINS:
            left = [message for message in update(code, domain) if message.id and not is_translated(message)]
            print(f"{code}/{domain}.po: {len(left)} to translate")  # noqa: T201  it answers who called it
        for path, content in compile_all(code).items():
            path.write_bytes(content)


def is_translated(message: Message) -> bool:
    """Whether every form is there, and nobody has to look again."""
    forms = list(message.string or ("",)) if message.pluralizable else [message.string]
    return all(forms) and not message.fuzzy


if __name__ == "__main__":
    main()
