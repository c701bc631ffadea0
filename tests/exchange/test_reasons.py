"""Why an import or an upload was refused, in the language of whoever reads it."""

import ast
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import DomainError
from app.exchange import errors
from app.exchange.archive import check_archive
from app.exchange.cells import Table
from app.exchange.coco import CocoSource
from app.exchange.meta import read_meta
from app.http.errors import words_of, words_of_code
from app.images.errors import FormatNotSupported
from app.images.formats import detected
from app.language import find_retold, spoken_code
from tests.source import python_files, tree

FILLED = {"reason", "what", "kind"}  # the places of a sentence that take another one
KINDS = {
    each.__name__: each
    for each in (
        errors.ArchiveInvalid,
        errors.ArchiveTooLarge,
        errors.CocoInvalid,
        errors.MetaInvalid,
        errors.TableInvalid,
        FormatNotSupported,
    )
}
NAMES = {"JPEG 2000", "JPEG XL", "SVG"}  # of formats, alike in every language


@pytest.fixture(autouse=True)
def german() -> Iterator[None]:
    token = spoken_code.set("de")
    yield
    spoken_code.reset(token)


def archive_of(*names: str) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as opened:
        for name in names:
            opened.writestr(name, b"x")
    return file


def said_of(error: DomainError) -> str:
    """As a page says it, of the error itself and of one that was kept."""
    assert words_of(error) == words_of_code(error.code(), str(error))
    return words_of(error)


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (
            io.BytesIO(b"x" * 99),
            "Das Archiv ist keine lesbare ZIP-Datei: Es hat kein Verzeichnis der Einträge.",
        ),
        (archive_of("../a"), "Das Archiv wurde abgelehnt wegen: '../a': führt aus dem Archiv hinaus."),
        (
            archive_of("../a; b", *(f"../{number}" for number in range(11))),
            "und 2 weiterer.",
        ),
    ],
)
def test_a_refused_archive(archive, words):
    with pytest.raises(DomainError) as refused:
        check_archive(archive)

    said = said_of(refused.value)
    assert said.endswith(words)
    assert "leads" not in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"image,split\n0.jpg\n", "t.csv, Zeile 2: 1 Zellen unter 2 Spalten."),
        (b"image,split\n0\x00.jpg,train\n", "t.csv, Zeile 2: Steuerzeichen."),
    ],
)
def test_a_table_that_cannot_be_read(tmp_path: Path, content: bytes, words: str):
    (tmp_path / "t.csv").write_bytes(content)

    with pytest.raises(errors.TableInvalid) as refused:
        Table(tmp_path / "t.csv", needed=[])

    assert said_of(refused.value) == words


def test_a_coco_file_of_two_categories(tmp_path: Path):
    categories = [
        {"id": number, "name": name, "keypoints": []} for number, name in enumerate(("face", "hand"))
    ]
    path = tmp_path / "c.json"
    path.write_text(json.dumps({"images": [], "annotations": [], "categories": categories}))

    with pytest.raises(errors.CocoInvalid) as refused:
        CocoSource(path, is_confined=True)

    assert said_of(refused.value) == (
        "c.json ist keine COCO-Datei mit Punkten: Mehrere Kategorien haben Punkte: face, hand."
    )


def test_a_meta_file_that_is_a_list(tmp_path: Path):
    (tmp_path / "meta.json").write_text("[]")

    with pytest.raises(errors.MetaInvalid) as refused:
        read_meta(tmp_path / "meta.json")

    assert said_of(refused.value) == "meta.json: kein Objekt."


def test_a_document_in_place_of_an_image():
    with pytest.raises(FormatNotSupported) as refused:
        detected(b"%PDF-1.7", "a.jpg")

    assert said_of(refused.value).startswith("a.jpg ist PDF; das wird hier nicht gelesen.")


@pytest.mark.parametrize("folder", ["app/exchange", "app/images"])
def test_every_reason_is_one_of_the_parts_of_its_error(folder: str):
    """Reasons that a variable holds are not seen: those of files inside an archive are tested above."""
    given = {
        (node.func.id, _filled(keyword.value))
        for path in python_files(folder)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS
        for keyword in node.keywords
        if keyword.arg in FILLED and _filled(keyword.value)
    }

    assert given
    assert [
        each for each in given if find_retold(each[1], KINDS[each[0]].parts) is None and each[1] not in NAMES
    ] == []


def _filled(reason: ast.expr) -> str:
    """A text with something in its places; empty where it stands elsewhere."""
    if isinstance(reason, ast.Subscript):
        return _filled(reason.value)  # cut to a length
    if isinstance(reason, ast.JoinedStr):
        return "".join(each.value if isinstance(each, ast.Constant) else "7" for each in reason.values)
    return reason.value if isinstance(reason, ast.Constant) else ""
