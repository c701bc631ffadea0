"""The documents say what is there."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from app import __version__
from app.settings import Settings
from tests.source import ROOT, python_files, relative

LINK = re.compile(r"\[[^\]]*\]\(([^)#:\s]+)(?:#[^)]*)?\)|src=\"([^\":]+)\"")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def test_every_setting_is_explained() -> None:
    text = (ROOT / "docs" / "settings.md").read_text()

    explained = re.findall(r"^\| `(EQUIMARK_\w+)`", text, re.MULTILINE)

    assert explained == [f"EQUIMARK_{name.upper()}" for name in Settings.model_fields]


def test_the_newest_change_is_of_this_version() -> None:
    newest = re.search(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert newest is not None
    assert newest.group(1) == version("equimark") == __version__


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_links_inside_the_repository_lead_somewhere(document: Path) -> None:
    targets = [first or second for first, second in LINK.findall(document.read_text())]

    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_a_document_names_only_files_that_exist() -> None:
    named = re.compile(r"`((?:app|ml|worker|tests|bench|docs|templates|migrations)/[\w./-]+\.\w+)`")

    missing = {
        f"{relative(document)}: {name}"
        for document in DOCUMENTS
        for name in named.findall(document.read_text())
        if not (ROOT / name).exists()
    }

    assert missing == set()


def test_the_examples_for_contributors_are_our_own_code() -> None:
    sources = [set(path.read_text().splitlines()) for path in python_files("app", "worker", "ml", "tests")]
    examples = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)

    stale = [
        example
        for example in examples
        if not any(set(example.splitlines()) - {""} <= each for each in sources)
    ]

    assert len(examples) >= 8
    assert stale == []


def test_what_the_tests_leave_out_is_done_before_a_release() -> None:
    makefile = (ROOT / "Makefile").read_text()
    recipe = re.search(r"^check-release:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    contributing = (ROOT / "CONTRIBUTING.md").read_text()

    assert recipe is not None
    done = re.findall(r"\$\(MAKE\) (\S+)", recipe[1])
    assert done == ["history", "history-mutants", "audit", "journey", "image-secrets"]
    assert re.findall(r"^\d\. `make (\S+)`:", contributing, re.MULTILINE) == done
    assert all(re.search(f"^{target}:", makefile, re.MULTILINE) for target in done)


def test_every_promised_case_has_a_test_and_every_test_of_a_case_a_promise() -> None:
    promised = set(re.findall(r"^\| (\d+) \|", (ROOT / "docs" / "promises.md").read_text(), re.MULTILINE))
    texts = [path.read_text() for path in python_files("tests")]
    texts += [path.read_text() for path in (ROOT / "tests").rglob("*.mjs")]
    numbers = [number for text in texts for number in re.findall(r"case_(\d{3})(?=_)", text)]

    assert promised == {str(int(number)) for number in numbers}
