"""The language in which people are spoken to: English sentences are the ids of their own translations.

`app/http/language.py` says for each request which language is spoken; the worker and the command line speak
English. A language is a folder of `app/locale`, see docs/languages.md. Placeholders are written `{name}` in
Python, templates and JavaScript alike.
"""

import re
import tomllib
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any

LOCALE = Path(__file__).resolve().parent / "locale"
SOURCE = "en"  # the language of the sentences in the source
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
FIRST_STRONG_ISOLATE, POP_ISOLATE = "\u2068", "\u2069"
PLACEHOLDER = re.compile(r"\{(\w+)[^{}]*\}")
MEASURE = re.compile(r"-?\d+\.\d+( px| %)?")


@dataclass(frozen=True)
class Language:
    """One folder of `app/locale`: names of the fields as in its language.toml."""

    code: str
    name: str
    direction: str
    decimal: str
    group: str
    date: str
    moment: str
    second: str


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    """All languages by code, that of the source first."""
    files = sorted(LOCALE.glob("*/language.toml"), key=lambda path: (path.parent.name != SOURCE, path))
    return {
        path.parent.name: Language(path.parent.name, **tomllib.loads(path.read_text("utf-8")))
        for path in files
    }


spoken_code: ContextVar[str] = ContextVar("spoken_code", default=SOURCE)


def spoken() -> Language:
    """The language of this request."""
    return languages()[spoken_code.get()]


def preferred(chosen: str | None, accepted: str) -> str:
    """Code of the language to speak: what the person chose, else the best that the browser accepts."""
    if chosen in languages():
        return str(chosen)
    wishes = sorted((_wish(part, at) for at, part in enumerate(accepted.split(",")[:20])), reverse=True)
    codes = (code for quality, _, code in wishes if quality > 0)
    return next((code for code in codes if code in languages()), SOURCE)


def _wish(part: str, at: int) -> tuple[float, int, str]:
    """Quality, place and language of one part of Accept-Language; a region is ignored."""
    tag, _, weight = part.strip().partition(";")
    given = re.fullmatch(r"\s*q\s*=\s*(\d(?:\.\d{0,3})?)\s*", weight)
    quality = float(given.group(1)) if given else (0.0 if weight else 1.0)
    return quality, -at, tag.strip().lower().partition("-")[0]


@cache
def catalogue_of(code: str) -> NullTranslations:
    """The translations of Python and templates."""
    if code == SOURCE:
        return NullTranslations()
    with (LOCALE / code / "pages.mo").open("rb") as file:
        return GNUTranslations(file)


def msgid(sentence: str) -> str:
    """The sentence as it is, marked for translation where it is shown."""
    return sentence


def _(sentence: str, **values: Any) -> str:
    """The sentence in the language that is spoken, with its placeholders filled."""
    return catalogue_of(spoken_code.get()).gettext(sentence).format(**isolated(values))


def ngettext(one: str, many: str, count: int, **values: Any) -> str:
    """The same for a number: `{count}` is written as the language writes numbers."""
    found = catalogue_of(spoken_code.get()).ngettext(one, many, count)
    return found.format(count=number(count), **isolated(values))


def isolated(values: dict[str, Any]) -> dict[str, Any]:
    """What fills a sentence, such that a name in Hebrew or Arabic does not turn the words around it."""
    return {name: _isolate(value) if isinstance(value, str) else value for name, value in values.items()}


def _isolate(value: str) -> str:
    return FIRST_STRONG_ISOLATE + value + POP_ISOLATE if RIGHT_TO_LEFT.search(value) else value


def retell(sentence: str, templates: Iterable[str]) -> str:
    """A stored English sentence in the language that is spoken, or several with semicolons between them.

    What runs, leases and jobs keep was written by the worker, for nobody's language in particular. What no
    template made stays as it is.
    """
    known = tuple(templates)
    return find_retold(sentence, known) or "; ".join(
        find_retold(each, known) or _with_own_decimal(each) for each in sentence.split("; ")
    )


def find_retold(sentence: str, templates: tuple[str, ...]) -> str | None:
    """The same; None where no template made it. What fills a placeholder may come of a template, too."""
    for template in templates:
        if found := _pattern(template).fullmatch(sentence):
            values = {name: retell(value, templates) for name, value in found.groupdict().items()}
            # the format of a number has been applied when the sentence was made
            said = PLACEHOLDER.sub(r"{\1}", catalogue_of(spoken_code.get()).gettext(template))
            return said.format_map(isolated(values))
    return None


def _with_own_decimal(words: str) -> str:
    """A measure of a stored sentence, e.g. `2.3 px`."""
    return words.replace(".", spoken().decimal, 1) if MEASURE.fullmatch(words) else words


@lru_cache(maxsize=1000)
def _pattern(template: str) -> re.Pattern[str]:
    """What the template can have made."""
    pieces, names, end = [], set[str](), 0
    for found in PLACEHOLDER.finditer(template):
        name = found.group(1)
        pieces.append(re.escape(template[end : found.start()]))
        pieces.append(f"(?P={name})" if name in names else f"(?P<{name}>.+?)")
        names.add(name)
        end = found.end()
    return re.compile("".join([*pieces, re.escape(template[end:])]), re.DOTALL)


def number(value: float, decimals: int = 0) -> str:
    """With the marks of the language that is spoken: 1 234.5 or 1.234,5."""
    marks = {",": spoken().group, ".": spoken().decimal}
    return re.sub(r"[.,]", lambda found: marks[found.group()], f"{value:,.{decimals}f}")


def digits(value: float, significant: int = 6) -> str:
    """As few decimals as needed for so many significant digits."""
    return f"{value:.{significant}g}".replace(".", spoken().decimal)


def date(time: datetime) -> str:
    """A day."""
    return time.strftime(spoken().date)


def moment(time: datetime) -> str:
    """A day and a time of it."""
    return time.strftime(spoken().moment)


def second(time: datetime) -> str:
    """To the second."""
    return time.strftime(spoken().second)
