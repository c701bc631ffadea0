"""Decoded pictures on disk: decoded once, read by every later run, never all in memory.

Two files for each picture side: rows of side * side * 3 bytes, and a record a row that says whose it is. Both
only grow. Rows are on the disk before their records are written, so that a process or a machine that dies
leaves at most a tail, which the next one cuts off. One process appends at a time; reading needs no lock.
Their names carry the version of the format: files of another one are removed unread.
"""

import fcntl
import hashlib
import os
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ml.coords import Letterbox
from ml.durable import full_disk_is_no_space
from ml.errors import PictureRejected
from ml.pixels import read_letterboxed

# to be raised with any change of rows, records or keys, and of how `ml.pixels` decodes and scales a picture
VERSION = 2  # 1 had no version in its names
KEY_BYTES = 16
RECORD = np.dtype([("key", f"V{KEY_BYTES}"), ("width", "<i4"), ("height", "<i4")])
# a cache with more rows than this, of which the pool needs less than half, is begun again
STALE_ROWS = 10_000
ROWS_A_FLUSH = 1000  # what a killed process has to decode again at most


class PagedPictures:
    """Pictures in a file, (N, S, S, 3) uint8: indexing reads the rows asked for, into a new array."""

    def __init__(self, path: Path, rows: NDArray[np.int64], side_px: int) -> None:
        self.rows, self.side_px = rows, side_px
        self.row_bytes = side_px * side_px * 3
        self.descriptor = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self.descriptor)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, asked: NDArray[np.int64] | slice) -> NDArray[np.uint8]:
        rows = self.rows[asked]
        pictures = np.empty((len(rows), self.side_px, self.side_px, 3), dtype=np.uint8)
        flat = pictures.reshape(len(rows), self.row_bytes)
        for index, row in enumerate(rows):
            read = os.preadv(self.descriptor, [memoryview(flat[index])], int(row) * self.row_bytes)
            if read != self.row_bytes:
                raise PictureRejected("the picture cache is shorter than it was; empty its folder")
        return pictures


class PictureCache:
    """The pictures of one side length in a folder. Open to append; what it gives can be read later."""

    def __init__(self, folder: Path, side_px: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.side_px = side_px
        self.row_bytes = side_px * side_px * 3
        self.rows_path = folder / f"{side_px}.v{VERSION}.pictures"
        self.records_path = folder / f"{side_px}.v{VERSION}.records"
        self.lock_path = folder / f"{side_px}.lock"  # of all versions: none removes what another writes
        self.known: dict[bytes, tuple[int, tuple[int, int]]] = {}
        self.count = 0  # rows; more than are known where a record says nothing
        self.waiting: list[tuple[np.void, int, int]] = []  # records whose rows are not yet on the disk

    def __enter__(self) -> Self:
        self.lock = self.lock_path.open("w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self._remove_other_versions()
        self.rows = self.rows_path.open("ab")
        self.records = self.records_path.open("ab")
        self._recover()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._flush()
        finally:
            for file in (self.rows, self.records, self.lock):
                with suppress(OSError):  # closing tries once more to write what did not go
                    file.close()

    def _remove_other_versions(self) -> None:
        kept = {self.rows_path, self.records_path, self.lock_path}
        for path in self.lock_path.parent.glob(f"{self.side_px}.*"):
            if path not in kept:
                path.unlink()  # who reads it now goes on reading

    def _recover(self) -> None:
        """Learn what is there, and cut off what a killed process left half-written."""
        count = min(self.rows.tell() // self.row_bytes, self.records.tell() // RECORD.itemsize)
        self.rows.truncate(count * self.row_bytes)
        self.records.truncate(count * RECORD.itemsize)
        records = np.fromfile(self.records_path, dtype=RECORD, count=count)
        for row, record in enumerate(records):
            self.known[record["key"].tobytes()] = (row, (int(record["width"]), int(record["height"])))
        self.count = count

    def forget_if_stale(self, wanted: int) -> None:
        """Begin again when most rows are of images that the pool of `wanted` images has no more."""
        if len(self.known) > max(STALE_ROWS, 2 * wanted):
            for file in (self.rows, self.records):
                file.close()
                Path(file.name).unlink()  # who reads it now goes on reading
            self.rows, self.records = self.rows_path.open("ab"), self.records_path.open("ab")
            self.known, self.count = {}, 0

    def row_of(self, image: Path) -> tuple[int, Letterbox]:
        """The row of an image and its letterbox; decodes it the first time. Raises PictureRejected."""
        key = _key(image)
        if key not in self.known:
            picture, letterbox = read_letterboxed(image, self.side_px)
            wh = letterbox.image_wh
            with full_disk_is_no_space("decoded pictures"):
                self.rows.write(picture.tobytes())
            self.waiting.append((np.void(key), *wh))
            self.known[key] = (self.count, wh)
            self.count += 1
            if len(self.waiting) == ROWS_A_FLUSH:
                self._flush()
        row, wh = self.known[key]
        return row, Letterbox.fitting(wh, self.side_px)

    def pictures(self, rows: Sequence[int]) -> PagedPictures:
        """The pictures of these rows."""
        self._flush()
        return PagedPictures(self.rows_path, np.array(rows, dtype=np.int64), self.side_px)

    def _flush(self) -> None:
        with full_disk_is_no_space("decoded pictures"):
            self.rows.flush()
            os.fsync(self.rows.fileno())
            self.records.write(np.array(self.waiting, dtype=RECORD).tobytes())
            self.records.flush()
            os.fsync(self.records.fileno())
        self.waiting = []


def _key(image: Path) -> bytes:
    """Names a version of a file: another content has another size or time. Raises PictureRejected."""
    try:
        about = image.stat()
    except OSError as reason:
        raise PictureRejected(f"{image.name}: {reason.strerror}") from reason
    said = f"{image.absolute()}\0{about.st_size}\0{about.st_mtime_ns}"
    return hashlib.blake2b(said.encode(), digest_size=KEY_BYTES).digest()
