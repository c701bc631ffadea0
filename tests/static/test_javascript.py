"""Runs the unit tests of the browser's modules with Node, and holds the page to its weight."""

import gzip
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.left_out import leave_out

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
STATIC = ROOT / "app" / "static"
LABEL_PAGE_BYTES = 117_000
CATALOGUE_BYTES = 16_000  # what a page in another language than English loads besides
LANGUAGES = STATIC / "languages"
FILE_LINES = 300


@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_the_modules_do_what_their_tests_say(path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        leave_out("node is not installed, so the browser's modules are not tested")

    run = subprocess.run(
        [node, "--test", "--test-reporter=spec", str(path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert run.returncode == 0, run.stdout + run.stderr


def test_the_labelling_page_stays_light() -> None:
    own = [STATIC / "app.css", STATIC / "label.css", STATIC / "language.js", *(STATIC / "label").glob("*.js")]

    assert sum(_sent_bytes(path) for path in own) <= LABEL_PAGE_BYTES
    assert {path.name for path in LANGUAGES.glob("*.js") if _sent_bytes(path) > CATALOGUE_BYTES} == set()


def _sent_bytes(path: Path) -> int:
    return len(gzip.compress(path.read_bytes()))


def test_every_module_is_loaded_ahead_and_none_is_too_long() -> None:
    page = (ROOT / "templates" / "annotations" / "label.html").read_text()
    modules = sorted((STATIC / "label").glob("*.js"))

    assert [path.name for path in modules if f'"{path.stem}"' not in page and path.stem != "main"] == []
    assert [path.name for path in modules if len(path.read_text().splitlines()) > FILE_LINES] == []


def test_nothing_in_the_pages_needs_more_than_the_content_security_policy_allows() -> None:
    for path in (ROOT / "templates").rglob("*.html"):
        source = path.read_text()

        assert " style=" not in source, path
        assert "<style" not in source, path
        assert " onclick=" not in source, path
        assert "http://" not in source, path
        assert "https://" not in source, path
