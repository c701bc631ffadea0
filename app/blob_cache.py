"""Blobs of another machine in a local folder: each fetched once, the folder bounded.

What was not used for longest goes first. A file that a job holds (a second hard link to it, see `fetched` in
app/storage.py) stays, and so does one that was used a moment ago, since somebody may be about to open it: the
folder may outgrow its limit by those. Several processes may share a folder.
"""

import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.errors import InsufficientStorage
from app.storage import NO_SPACE, parts_of

SPARED_SECONDS = 600.0  # between a file's last use and its removal
KEPT_SHARE = 0.9  # of the limit after tidying, so that not every new file makes the next one leave
LOOKS_PER_LIMIT = 20  # how often the folder is looked through while as much as the limit comes in
PART = ".part"


@dataclass(frozen=True)
class Kept:
    """One file of the folder."""

    path: Path
    used_at: float
    byte_count: int
    is_held: bool


class BlobCache:
    """A bounded folder of files by key."""

    def __init__(self, root: Path, limit_bytes: int) -> None:
        self.root, self._limit_bytes = root, limit_bytes
        self._unseen_bytes = limit_bytes  # came in since the folder was looked through: at first, who knows
        self._lock = threading.Lock()

    def path_of(self, key: str) -> Path:
        """Where `key` lies or would lie."""
        return self.root.joinpath(*parts_of(key))

    def find(self, key: str) -> Path | None:
        """The file of `key`, noted as used just now."""
        path = self.path_of(key)
        try:
            # the time of the last use alone: that of the last change tells ml's picture cache what it knows
            os.utime(path, ns=(time.time_ns(), path.stat().st_mtime_ns))
        except FileNotFoundError:
            return None
        return path

    @contextmanager
    def scratch(self) -> Iterator[BinaryIO]:
        """A file for the time being; what a killed process leaves of it goes with the next tidying.

        Raises:
            InsufficientStorage: the disk is full.

        """
        path = self.root / f".{secrets.token_hex(8)}{PART}"
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with path.open("x+b") as file:
                yield file
        except OSError as error:
            if error.errno in NO_SPACE:
                raise InsufficientStorage from error
            raise
        finally:
            path.unlink(missing_ok=True)

    def take(self, key: str, part: Path, *, changed_at: float) -> Path:
        """Make a whole file that of `key`, and tidy when it is time."""
        path, byte_count = self.path_of(key), part.stat().st_size
        path.parent.mkdir(parents=True, exist_ok=True)
        os.utime(part, (time.time(), changed_at))
        with suppress(FileExistsError):  # another thread was quicker; its bytes are the same
            os.link(part, path)
        with self._lock:
            self._unseen_bytes += byte_count
            is_time = self._unseen_bytes >= self._limit_bytes / LOOKS_PER_LIMIT
            if is_time:
                self._unseen_bytes = 0
        if is_time:
            self.tidy()
        return path

    def forget(self, key: str) -> None:
        """Remove the file of `key`; gone already is fine."""
        self.path_of(key).unlink(missing_ok=True)

    def tidy(self) -> None:
        """Remove the files that were not used for longest until the folder is within its limit."""
        spared_since = time.time() - SPARED_SECONDS
        kept = sorted(self._files(), key=lambda each: each.used_at)
        too_many = sum(each.byte_count for each in kept) - self._limit_bytes
        if too_many > 0:
            too_many += int(self._limit_bytes * (1 - KEPT_SHARE))
        for each in kept:
            is_left_over = each.path.name.endswith(PART)
            if each.is_held or each.used_at > spared_since or not (too_many > 0 or is_left_over):
                continue
            each.path.unlink(missing_ok=True)
            too_many -= each.byte_count

    def _files(self) -> Iterator[Kept]:
        for path in self.root.rglob("*"):
            with suppress(FileNotFoundError):  # somebody else tidies, too
                about = path.stat()
                is_taken_already = path.name.endswith(PART) and about.st_nlink > 1
                if path.is_file() and not is_taken_already:
                    yield Kept(
                        path, max(about.st_atime, about.st_mtime), about.st_size, is_held=about.st_nlink > 1
                    )
