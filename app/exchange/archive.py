"""Unpacking ZIP files that strangers made.

What an archive says about itself is not believed: bytes are counted while they come out, names are checked
one by one, and nothing but plain files and folders is made.
"""

import errno
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO

from app.exchange.errors import ArchiveInvalid, ArchiveTooLarge, ArchiveUnsafe

CHUNK_BYTES = 1 << 20
NAMED_ENTRIES = 10  # of the bad ones, in the message
# what zipfile raises on bytes that are not what they claim to be; found by changing bytes
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
END_RECORD = b"PK\x05\x06"
END_RECORD_BYTES, LONGEST_COMMENT = 22, 65_535


@dataclass(frozen=True)
class Limits:
    """How much may come out of an archive.

    directory_bytes   size of the list of entries, looked at first: a million empty files are refused early
    ratio             of bytes out to bytes in, once `free_bytes` are out; pictures have 1, tables about 10
    """

    entries: int = 100_000
    directory_bytes: int = 24 * 2**20
    total_bytes: int = 16 * 2**30
    ratio: float = 100
    free_bytes: int = 64 * 2**20


def unpack(archive: Path, into: Path, *, limits: Limits | None = None) -> None:
    """Write the files of `archive` below the new folder `into`.

    Raises:
        ArchiveInvalid: not a ZIP file, damaged, or encrypted.
        ArchiveUnsafe: an entry that would leave the folder, a link, a device, or two names for one file.
        ArchiveTooLarge: more than `limits`, by what really came out.

    """
    limits = limits or Limits()
    into.mkdir(parents=True)
    with archive.open("rb") as file, _opened(file, limits) as opened:
        budget = _Budget(limits, packed_bytes=archive.stat().st_size)
        for entry in opened.infolist():
            _unpack_one(opened, entry, into, budget)


def check_archive(file: BinaryIO, *, limits: Limits | None = None) -> None:
    """Look at an archive's list of entries alone; what comes out of it is counted when it is unpacked.

    Raises:
        ArchiveInvalid, ArchiveUnsafe, ArchiveTooLarge: as `unpack` does.

    """
    with _opened(file, limits or Limits()):
        file.seek(0)


@contextmanager
def _opened(file: BinaryIO, limits: Limits) -> Iterator[zipfile.ZipFile]:
    _check_directory(file, limits)
    try:
        with zipfile.ZipFile(file) as opened:
            entries = opened.infolist()
            if len(entries) > limits.entries:
                raise ArchiveTooLarge(what=f"{len(entries)} entries")
            _check_names(entries)
            yield opened
    except BROKEN as error:
        raise ArchiveInvalid(reason=f"it is damaged: {str(error) or type(error).__name__}") from error
    except OSError as error:
        if error.errno == errno.EINVAL:  # an offset before the beginning
            raise ArchiveInvalid(reason="an entry lies outside of it") from error
        raise


class _Budget:
    """Counts what comes out, over all entries."""

    def __init__(self, limits: Limits, *, packed_bytes: int) -> None:
        self._limits = limits
        by_ratio = limits.free_bytes + int(limits.ratio * packed_bytes)
        self._left = min(limits.total_bytes, by_ratio)
        self._allowed = self._left

    def spend(self, byte_count: int) -> None:
        self._left -= byte_count
        if self._left < 0:
            raise ArchiveTooLarge(what=f"{self._allowed} bytes")


def _check_directory(file: BinaryIO, limits: Limits) -> None:
    """Look at the size of the list of entries before `zipfile` reads it all."""
    size = file.seek(0, 2)
    file.seek(max(0, size - END_RECORD_BYTES - LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(END_RECORD)
    if at < 0 or len(tail) - at < END_RECORD_BYTES:
        raise ArchiveInvalid(reason="it has no list of entries")
    directory_bytes = int.from_bytes(tail[at + 12 : at + 16], "little")
    if directory_bytes > limits.directory_bytes:
        raise ArchiveTooLarge(what=f"a list of entries of {directory_bytes} bytes")


def _check_names(entries: Sequence[zipfile.ZipInfo]) -> None:
    bad = [f"{entry.filename!r:.80}: {fault}" for entry in entries if (fault := _fault_of(entry))]
    seen: set[str] = set()
    for entry in entries:
        folded = entry.filename.casefold()
        if folded in seen:
            bad.append(f"{entry.filename!r:.80}: twice, on some systems")
        seen.add(folded)
    if bad:
        more = f" and {len(bad) - NAMED_ENTRIES} more" if len(bad) > NAMED_ENTRIES else ""
        raise ArchiveUnsafe(entries="; ".join(bad[:NAMED_ENTRIES]) + more)


def _fault_of(entry: zipfile.ZipInfo) -> str | None:
    name = getattr(
        entry, "orig_filename", entry.filename
    )  # `filename` is cut at NUL and has \\ turned into /
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in {0, stat.S_IFREG, stat.S_IFDIR}:
        return "a link or device"
    if "\\" in name or "\0" in name or any(ord(each) < 32 for each in name):
        return "characters that no name has"
    if PurePosixPath(name).is_absolute() or PureWindowsPath(name).drive or ".." in PurePosixPath(name).parts:
        return "leads out of the archive"
    if entry.flag_bits & 1:
        return "encrypted"
    return None


def _unpack_one(opened: zipfile.ZipFile, entry: zipfile.ZipInfo, into: Path, budget: _Budget) -> None:
    parts = PurePosixPath(entry.filename).parts
    if entry.is_dir() or not parts:
        return
    target = into.joinpath(*parts)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry) as source, target.open("xb") as file:
            while chunk := source.read(CHUNK_BYTES):
                budget.spend(len(chunk))
                file.write(chunk)
    except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise ArchiveUnsafe(entries=f"{entry.filename!r:.80}: a file and a folder at once") from error
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise ArchiveUnsafe(entries=f"{entry.filename!r:.80}: too long a name") from error
        raise
