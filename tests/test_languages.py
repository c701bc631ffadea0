"""Every sentence is translated into every language, and no page says one that cannot be."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from babel.messages.catalog import Message
from babel.messages.jslexer import tokenize
from jinja2 import nodes

from app.errors import DomainError, StorageUnavailable
from app.http.errors import words_of
from app.http.pages import TEMPLATES, environment
from app.language import (
    PLACEHOLDER,
    SOURCE,
    date,
    digits,
    languages,
    moment,
    msgid,
    ngettext,
    number,
    preferred,
    retell,
    spoken_code,
)
from app.language import _ as translated_words
from app.queue import reasons
from app.sign_on import SignOnRefused
from app.training.words import stored_words
from tests.catalogues import (
    DOMAINS,
    compile_all,
    extract,
    is_translated,
    plural_places,
    read,
    scripts,
    translated,
)
from tests.factories import NOW
from tests.source import python_files, relative

UNTRANSLATED = {"Equimark", "UTC", "px", "kB", "s", "REST", "PATH", "NAME"}  # names, units, and what is typed
WORDS = re.compile(r"[^\W\d_]{2,}")
SHOWN_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt"}
TONES = {"quiet", "good", "warn", "bad", "busy"}
FIELDS = {"state", "side", "notes", "sort"}
FILLED = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")  # what a template string fills in
CATALOGUES = [(code, domain) for code in translated() for domain in DOMAINS]


@pytest.fixture
def german() -> Iterator[None]:
    token = spoken_code.set("de")
    yield
    spoken_code.reset(token)


@pytest.mark.parametrize(("code", "domain"), CATALOGUES)
def test_a_catalogue_has_every_sentence_of_the_sources_and_no_other(code: str, domain: str) -> None:
    said = {message.id for message in extract(domain)}
    known = {message.id for message in read(code, domain)}

    assert said - known == set(), "run `make messages` and translate"
    assert known - said == set(), "run `make messages`"


@pytest.mark.parametrize(("code", "domain"), CATALOGUES)
def test_every_sentence_is_translated(code: str, domain: str) -> None:
    left = [message.id for message in read(code, domain) if message.id and not is_translated(message)]

    assert left == []


@pytest.mark.parametrize(("code", "domain"), CATALOGUES)
def test_a_translation_has_the_placeholders_and_the_markup_of_its_sentence(code: str, domain: str) -> None:
    differing = [message.id for message in read(code, domain) if message.id and not _fits(message)]

    assert differing == []


def _fits(message: Message) -> bool:
    """Each plural form may leave the number out; nothing else may come or go."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    forms = [message.string] if isinstance(message.string, str) else list(message.string)
    wanted = {place for each in ids for place in _places(each)}
    return all(wanted - {"count"} <= _places(form) <= wanted for form in forms) and (
        len(ids) == 2 or _places(ids[0]) == _places(forms[0])
    )


def _places(sentence: str) -> set[str]:
    return {*PLACEHOLDER.findall(sentence), *re.findall(r"</?\w[^>]*>|\$\d", sentence)}


@pytest.mark.parametrize("code", translated())
def test_what_the_service_reads_is_what_the_translators_wrote(code: str) -> None:
    stale = [relative(path) for path, content in compile_all(code).items() if path.read_bytes() != content]

    assert stale == [], "run `make messages`"


@pytest.mark.parametrize("code", translated())
def test_every_plural_of_the_language_has_a_form(code: str) -> None:
    places = plural_places(code)
    counted = [message for domain in DOMAINS for message in read(code, domain) if message.pluralizable]

    assert counted
    assert all(len(message.string) == max(places.values()) + 1 for message in counted)


class _Visible(HTMLParser):
    """Collects what a reader of the raw template would see or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in {"script", "code"}
        self.found += [value for name, value in attrs if name in SHOWN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"script", "code"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def _bare_words(source: str) -> list[str]:
    """Words of a template that stand outside of `_()`."""
    jinja = environment()
    source = re.sub(r"{% block body_class %}.*?{% endblock %}", "", source)  # the only text of an attribute
    seen = _Visible()
    seen.feed("".join(value if kind == "data" else "" for _, kind, value in jinja.lex(source)))
    words = [word for text in seen.found for word in WORDS.findall(text)]
    parsed = jinja.parse(source)
    for shown in (node for output in parsed.find_all(nodes.Output) for node in output.nodes):
        words += [text for text in _bare_texts(shown) if re.search(r"^[A-Z]|\w \w", text)]
    for call in parsed.find_all(nodes.Call):
        if isinstance(call.node, nodes.Getattr) and getattr(call.node.node, "name", "") == "ui":
            words += [text for text in _bare_texts(call) if text not in TONES | FIELDS]
    return [word for word in words if word not in UNTRANSLATED]


def _bare_texts(node: nodes.Node) -> list[str]:
    """Texts in an expression that no translation is asked for; those of comparisons are not shown."""
    if isinstance(node, nodes.Call) and getattr(node.node, "name", "") in {"_", "ngettext"}:
        return []
    if isinstance(node, nodes.Const):
        return [node.value] if isinstance(node.value, str) and WORDS.search(node.value) else []
    if isinstance(node, nodes.Pair):
        return _bare_texts(node.value)
    skipped = (nodes.Compare, nodes.Getitem) if not isinstance(node, nodes.Getitem) else (nodes.Compare,)
    return [
        text
        for child in node.iter_child_nodes()
        if not isinstance(child, skipped)
        for text in _bare_texts(child)
    ]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda path: path.name)
def test_a_template_has_no_words_that_cannot_be_translated(path) -> None:
    assert _bare_words(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Saved</p>",
        '<a title="Saved">{{ name }}</a>',
        "<p>{{ name }} is saved</p>",
        '{{ "Saved" if done else _("Not saved") }}',
        '{{ ui.badge("saved", "good") }}',
        '{{ "of " ~ count }}{{ ui.empty(_("Nothing"), "here") }}',
    ],
)
def test_bare_words_of_a_template_are_found(source: str) -> None:
    assert _bare_words(source) != []


@pytest.mark.parametrize("path", scripts(), ids=relative)
def test_a_script_says_no_sentence_that_cannot_be_translated(path) -> None:
    assert _bare_sentences(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", scripts(), ids=relative)
def test_a_script_says_whole_sentences_that_can_be_extracted(path) -> None:
    source = path.read_text(encoding="utf-8")

    assert path.name == "language.js" or re.findall(r"(?<![\w.])tn?\((?!\s*\")[^)]*", source) == []


def test_bare_sentences_of_a_script_are_found() -> None:
    assert _bare_sentences('notify("Nothing is saved.");') == ["Nothing is saved."]
    assert _bare_sentences("notify(`${count} are saved.`);") != []
    assert _bare_sentences('notify(t("Nothing is saved."));console.warn("Not kept.", error);') == []


def _bare_sentences(source: str) -> list[str]:
    """Texts of several words that are neither translated nor for developers."""
    tokens = [token for token in tokenize(source) if token.type not in {"linecomment", "multilinecomment"}]
    return [
        token.value[1:-1]
        for at, token in enumerate(tokens)
        if token.type in {"string", "template_string"}
        and re.search(r"^.[A-Z].*[a-z] [a-z]|[a-z] [a-z].*\..$", FILLED.sub("{}", token.value))
        and not _is_spoken([each.value for each in tokens[max(0, at - 4) : at]])
    ]


def _is_spoken(before: list[str]) -> bool:
    """Whether what follows is a sentence of `t`, one of the two of `tn`, or for the console."""
    is_first = before[-1:] == ["("] and before[-2] in {
        "t",
        "tn",
        "warn",
        "console.warn",
        "Error",
        "NetworkFailure",
    }
    return is_first or (before[-1:] == [","] and before[-4:-2] == ["tn", "("])


def test_the_choice_of_a_person_counts_before_what_the_browser_accepts() -> None:
    assert preferred("en", "de-AT,de;q=0.9") == "en"
    assert preferred(None, "de-AT,de;q=0.9,en;q=0.8") == "de"
    assert preferred("xx", "fr, en;q=0.5, de;q=0.7") == "de"
    assert preferred(None, "fr") == SOURCE
    assert preferred(None, "de;q=0, *") == SOURCE
    assert preferred(None, "") == SOURCE
    assert preferred(None, "de;q=high") == SOURCE


def test_numbers_dates_and_plurals_are_those_of_the_language(german) -> None:
    assert number(1234.5, 1) == "1.234,5"
    assert digits(0.25) == "0,25"
    assert date(NOW) == NOW.strftime("%d.%m.%Y")
    assert moment(NOW) == NOW.strftime("%d.%m.%Y, %H:%M")
    assert ngettext("{count} image", "{count} images", 1) == "1 Bild"
    assert ngettext("{count} image", "{count} images", 1500) == "1.500 Bilder"


def test_english_stays_as_it_is_written() -> None:
    assert number(12345.678, 1) == "12\N{THIN SPACE}345.7"
    assert ngettext("{count} image", "{count} images", 2) == "2 images"
    assert translated_words(msgid("step {step} of {steps}"), step=1, steps=2) == "step 1 of 2"


def test_what_was_stored_in_english_is_retold(german) -> None:
    assert stored_words("promoted: 2.31 px after 3.10 px on 4 validation images") == (
        "übernommen: 2,31 px nach 3,10 px, auf 4 Validierungsbildern"
    )
    assert stored_words(
        "3 of 40 images have landmarks: a full run of the recipe; "
        "network unet_slim, as exact as a wider one in half the time; float32, no fast bfloat16 here"
    ) == (
        "3 von 40 Bildern haben Landmarken: ein voller Lauf nach Rezept; "
        "Netz unet_slim, so genau wie ein breiteres in der halben Zeit; "
        "float32, hier gibt es kein schnelles bfloat16"
    )
    assert stored_words("150 steps as asked for; losses L+A as asked for") == (
        "150 Schritte wie verlangt; Verluste L+A wie verlangt"
    )
    assert stored_words("a sentence of an older version") == "a sentence of an older version"
    assert retell("left.right", ["{name} is answered twice."]) == "left.right"


@pytest.mark.parametrize("error", [SignOnRefused, StorageUnavailable], ids=lambda error: error.__name__)
def test_why_something_was_refused_is_said_in_the_language_of_the_reader(
    german, error: type[DomainError]
) -> None:
    given = re.compile(rf"{error.__name__}\(reason=\"([^\"]+)\"\)")
    reasons_given = {
        found for path in python_files("app") for found in given.findall(path.read_text("utf-8"))
    }

    assert reasons_given
    assert reasons_given - set(error.parts) == set()
    for reason in reasons_given:
        assert reason not in words_of(error(reason=reason))


def test_why_an_image_is_asked_is_retold_one_sentence_or_two(german) -> None:
    doubt = reasons.sentence("doubt", 2.34)
    worth = reasons.WORTH.format(
        mine="“left vs. right”", seconds=1.2, times=reasons.MORE.format(ratio=2.5), theirs="landmarks"
    )

    assert reasons.retold(doubt) == "Das Netz ist hier unsicher: 2,3-mal so sehr wie sonst."
    assert reasons.retold(f"{doubt} {worth}") == (
        "Das Netz ist hier unsicher: 2,3-mal so sehr wie sonst. "
        "Eine Sekunde für „left vs. right“ (1 s je Bild) bringt 2,5-mal so viel wie eine für Landmarken."
    )
    new, first = reasons.sentence("new", None), reasons.FIRST.format(mine="Landmarks", theirs="“pose”")
    assert reasons.retold(f"{new} {first}") == (
        "Als Nächstes in der Reihenfolge des Imports; die Bilder sind noch nicht geordnet. "
        "Landmarken zuerst: Von „pose“ ist noch nichts zu lernen."
    )
    assert reasons.retold("Anything else.") == "Anything else."


def test_a_name_from_right_to_left_does_not_turn_the_words_around_it() -> None:
    assert translated_words("Label {project}", project="פנים 1") == "Label \u2068פנים 1\u2069"
    assert translated_words("Label {project}", project="faces") == "Label faces"


def test_each_language_says_how_it_is_called_and_written() -> None:
    assert next(iter(languages())) == SOURCE
    assert all(language.direction in {"ltr", "rtl"} for language in languages().values())
