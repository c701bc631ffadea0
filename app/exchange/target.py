"""Where an export is written to: a ZIP file, or a folder."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

FIXED_TIME = (1980, 1, 1, 0, 0, 0)  # the same content gives the same archive


class Target(Protocol):
    """Takes files by their name inside of the export; names are ours and safe."""

    def add(self, name: str, content: bytes) -> None:
        """Write one small file."""

    def add_file(self, name: str, path: Path) -> None:
        """Copy one large text file."""


class ZipTarget:
    """A ZIP archive: pictures as they are, tables compressed."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", allowZip64=True)

    def add(self, name: str, content: bytes) -> None:
        """Write one small file."""
        is_table = PurePosixPath(name).suffix in {".csv", ".json"}
        self._zip.writestr(_entry(name, is_table=is_table), content)

    def add_file(self, name: str, path: Path) -> None:
        """Copy one large text file."""
        entry = _entry(name, is_table=True)
        with path.open("rb") as source, self._zip.open(entry, "w", force_zip64=True) as target:
            while chunk := source.read(1 << 20):
                target.write(chunk)

    def finish(self) -> None:
        """Write the list of entries."""
        self._zip.close()

    def abandon(self) -> None:
        """Let go of a file that is thrown away, even where the disk is too full to end it."""
        with suppress(OSError, ValueError):
            self._zip.close()


@contextmanager
def zip_target(file: BinaryIO) -> Iterator[ZipTarget]:
    """A ZIP archive that is whole when the block ends well."""
    target = ZipTarget(file)
    try:
        yield target
        target.finish()
    finally:
        target.abandon()


class FolderTarget:
    """A folder that did not exist before."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def add(self, name: str, content: bytes) -> None:
        """Write one small file."""
        path = self._root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def add_file(self, name: str, path: Path) -> None:
        """Copy one large text file."""
        target = self._root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as source, target.open("wb") as file:
            while chunk := source.read(1 << 20):
                file.write(chunk)


def _entry(name: str, *, is_table: bool) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, FIXED_TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED if is_table else zipfile.ZIP_STORED
    entry.external_attr = 0o644 << 16
    return entry
