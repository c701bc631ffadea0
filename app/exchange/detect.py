"""Which format a source is in, by what lies there; a named format must fit."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.exchange.archive import unpack
from app.exchange.coco import CocoSource, is_coco
from app.exchange.errors import FormatUnknown, NothingToImport, SourceMissing
from app.exchange.folder import ATTRIBUTES_CSV, LANDMARKS_CSV, SPLITS_CSV, FolderSource
from app.exchange.plain import PlainSource
from app.exchange.source import Source
from app.exchange.staging import scratch_folder

FORMATS = ("folder", "coco", "images")
AUTO = "auto"
ZIP_MAGIC = b"PK"
PEEKED_BYTES = 64 * 2**20  # a larger JSON file in a folder is not looked into: name the file itself


@contextmanager
def opened_source(path: Path, *, named: str, work_dir: Path, is_confined: bool) -> Iterator[Source]:
    """The source at `path`: a folder, a ZIP archive (unpacked for the time being), a COCO file or an image.

    Raises:
        SourceMissing, FormatUnknown, NothingToImport, and what its reader raises.

    """
    if not path.exists():
        raise SourceMissing(path=path.name)
    if named not in {AUTO, *FORMATS}:
        raise FormatUnknown(path=path.name, format=named, formats=", ".join(FORMATS))
    if not _is_zip(path):
        yield _source_at(path, named=named, is_confined=is_confined, shown=path.name)
        return
    with scratch_folder(work_dir) as scratch:
        unpack(path, scratch / "archive")
        root = _without_lone_folders(scratch / "archive")
        yield _source_at(root, named=named, is_confined=True, shown=path.name)


def _source_at(path: Path, *, named: str, is_confined: bool, shown: str) -> Source:
    if named in {AUTO, "folder"} and _is_common_layout(path):
        return FolderSource(path, is_confined=is_confined)
    if named in {AUTO, "coco"} and (file := _find_coco(path)):
        return CocoSource(file, is_confined=is_confined, root=path if path.is_dir() else None)
    if named in {AUTO, "images"}:
        plain = PlainSource(path, is_confined=is_confined)
        if plain.names:
            return plain
        raise NothingToImport(path=shown)
    raise FormatUnknown(path=shown, format=named, formats=", ".join(FORMATS))


def _is_common_layout(path: Path) -> bool:
    has_table = any((path / name).is_file() for name in (LANDMARKS_CSV, ATTRIBUTES_CSV, SPLITS_CSV))
    return has_table or ((path / "meta.json").is_file() and (path / "images").is_dir())


def _find_coco(path: Path) -> Path | None:
    if path.is_file():
        return path if path.suffix.lower() == ".json" else None
    places = [*path.glob("*.json"), *path.glob("annotations/*.json")]
    return next((each for each in sorted(places) if _holds_coco(each)), None)


def _holds_coco(path: Path) -> bool:
    if path.stat().st_size > PEEKED_BYTES:
        return False
    try:
        return is_coco(json.loads(path.read_bytes()))
    except (ValueError, RecursionError):
        return False


def _is_zip(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(2) == ZIP_MAGIC


def _without_lone_folders(root: Path) -> Path:
    """Most archives hold one folder that holds everything."""
    while True:
        there = [each for each in root.iterdir() if not each.name.startswith((".", "__MACOSX"))]
        if len(there) != 1 or not there[0].is_dir() or there[0].name == "images":
            return root
        root = there[0]
