"""Blobs in a local folder, most by their content: durable before any row names them, never changed."""

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from app.errors import InsufficientStorage, NotFound, Unavailable

NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # the disk, the quota or the process's limit is reached


class BlobMissing(NotFound):
    """A row names a blob that is not on the disk."""

    message = "The stored file {key} is missing on the server."


class BlobCorrupt(Unavailable):
    """A blob's bytes are not those that were stored."""

    message = "The stored file {key} is damaged on the server."


class Storage:
    """Blobs by key. Keys are made by the service (hashes), never by a client."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, content: bytes) -> bool:
        """Store `content` under `key` unless it is there; True if it was new.

        Raises:
            InsufficientStorage: the disk is full; nothing is left behind.

        """
        if self.has(key):
            return False
        with self.writing(key) as file:
            file.write(content)
        return True

    @contextmanager
    def writing(self, key: str) -> Iterator[BinaryIO]:
        """A file that becomes `key` when the block ends well; whatever lies under `key` already stays.

        Temporary file, fsync, link, fsync of the folder: after the block the bytes survive a power cut.

        Raises:
            InsufficientStorage: the disk is full; nothing is left behind.

        """
        target = self.path_of(key)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("x+b") as file:
                    yield file
                    file.flush()
                    os.fsync(file.fileno())
                with suppress(FileExistsError):
                    os.link(temporary, target)
            finally:
                temporary.unlink(missing_ok=True)
            _sync_folder(target.parent)
        except OSError as error:
            if error.errno in NO_SPACE:
                raise InsufficientStorage from error
            raise

    def discard(self, key: str) -> None:
        """Remove what was kept for the time being, e.g. an uploaded archive; gone already is fine."""
        self.path_of(key).unlink(missing_ok=True)

    def get(self, key: str) -> bytes:
        """The bytes under `key`.

        Raises:
            BlobMissing: there are none.

        """
        try:
            return self.path_of(key).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(key=key) from error

    def open(self, key: str) -> BinaryIO:
        """A file to stream from."""
        try:
            return self.path_of(key).open("rb")
        except FileNotFoundError as error:
            raise BlobMissing(key=key) from error

    def has(self, key: str) -> bool:
        """Whether something is stored under `key`."""
        return self.path_of(key).exists()

    def path_of(self, key: str) -> Path:
        """Where `key` lies; keys with a way out of the root are a programming error."""
        parts = key.split("/")
        if not all(
            part and part not in {".", ".."} and "\\" not in part and "\0" not in part for part in parts
        ):
            raise ValueError(f"not a storage key: {key!r}")
        return self._root.joinpath(*parts)

    def keys(self, prefix: str) -> Iterator[str]:
        """All keys under a prefix, for the scrubber."""
        for path in sorted((self._root / prefix).rglob("*")):
            if path.is_file() and not path.name.endswith(".part"):
                yield path.relative_to(self._root).as_posix()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sha256_hex(content: bytes) -> str:
    """Content address."""
    return hashlib.sha256(content).hexdigest()


def blob_key(family: str, sha256: str, suffix: str = "") -> str:
    """`images/ab/abcdef...`: two levels, so that no folder grows without bound."""
    return f"{family}/{sha256[:2]}/{sha256}{suffix}"
