"""Blobs, most by their content: durable before any row names them, never changed.

`Storage` is what the service asks for; `FolderStorage` keeps blobs in a local folder, `app/object_storage.py`
in a bucket. `open_storage` gives the one that the settings name.
"""

import errno
import hashlib
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO

from app.errors import InsufficientStorage, Invalid, NotFound, StorageUnavailable, Unavailable
from app.settings import Settings

HASHED_FAMILIES = ("images", "networks", "pools")  # their keys are the hashes of their bytes

BROKEN = {errno.EIO, errno.EROFS, errno.ESTALE}  # the disk, or the machine that a folder is mounted from
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # the disk, the quota or the process's limit is reached


class BlobMissing(NotFound):
    """A row names a blob that is not on the disk."""

    message = "The stored file {key} is missing on the server."


class BlobCorrupt(Unavailable):
    """A blob's bytes are not those that were stored."""

    message = "The stored file {key} is damaged on the server."


class ObjectStoreClientMissing(Invalid):
    """A bucket is set, and nothing is there to talk to it."""

    message = "EQUIMARK_BLOBS_URL needs more packages: pip install 'equimark[s3]'"


class Storage(ABC):
    """Blobs by key. Keys are made by the service (hashes), never by a client.

    Every verb may raise StorageUnavailable: the other machine, or the disk, does not do what it should.
    """

    place: str  # for people: where the blobs lie

    def put(self, key: str, content: bytes) -> bool:
        """Store `content` under `key` unless it is there; True if it was new. It is durable afterwards.

        Raises:
            InsufficientStorage: the disk is full; nothing is left behind.

        """
        if self.has(key):
            return False
        with self.writing(key) as file:
            file.write(content)
        return True

    @abstractmethod
    def writing(self, key: str) -> AbstractContextManager[BinaryIO]:
        """A file that becomes `key` when the block ends well; whatever lies under `key` already stays.

        Raises:
            InsufficientStorage: the disk is full; nothing is left behind.

        """

    @abstractmethod
    def discard(self, key: str) -> None:
        """Remove what was kept for the time being, e.g. an uploaded archive; gone already is fine."""

    @abstractmethod
    def get(self, key: str) -> bytes:
        """The bytes under `key`.

        Raises:
            BlobMissing: there are none.

        """

    @abstractmethod
    def has(self, key: str) -> bool:
        """Whether something is stored under `key`."""

    @abstractmethod
    def fetched(self, key: str, *, hold: Path | None = None) -> Path:
        """A file of this machine with the bytes under `key`, to be read and never to be written.

        hold   a folder: as long as it exists, the file stays. Without it, it stays some minutes at least

        Raises:
            BlobMissing: there are none.

        """

    @abstractmethod
    def path_of(self, key: str) -> Path:
        """Where `fetched` puts `key`, be it there or not."""

    @abstractmethod
    def keys(self, prefix: str) -> Iterator[str]:
        """All keys under a prefix, for the scrubber."""


def open_storage(settings: Settings) -> Storage:
    """The blobs of these settings; nothing is asked of another machine yet.

    Raises:
        ObjectStoreClientMissing, BlobsUrlUnknown.

    """
    if not settings.blobs_url:
        return FolderStorage(settings.blobs_dir)
    if find_spec("obstore") is None:
        raise ObjectStoreClientMissing
    from app.object_storage import ObjectStorage  # noqa: PLC0415  # 30 MB that a local folder does not need

    return ObjectStorage(settings)


class FolderStorage(Storage):
    """Blobs in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lasting: set[Path] = set()  # folders whose names survive a power cut, as far as we know
        self.place = str(root)

    def put(self, key: str, content: bytes) -> bool:
        """As in any store. Who wrote what is there already may not have come to the fsync of its folder."""
        is_new = super().put(key, content)
        if not is_new:
            try:
                self._make_folder(self.path_of(key).parent)
                _sync_folder(self.path_of(key).parent)
            except OSError as error:
                if error.errno in BROKEN:
                    raise StorageUnavailable(reason="cannot be written") from error
                raise
        return is_new

    @contextmanager
    def writing(self, key: str) -> Iterator[BinaryIO]:
        """Temporary file, fsync, link, fsync of the folder: afterwards the bytes survive a power cut."""
        target = self.path_of(key)
        temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
        try:
            self._make_folder(target.parent)
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
            if error.errno in BROKEN:
                raise StorageUnavailable(reason="cannot be written") from error
            raise

    def _make_folder(self, folder: Path) -> None:
        """Its name stands in the folder above: that is synced too, once a process, up to the root."""
        if folder in self._lasting and folder.is_dir():
            return
        if folder == self._root:
            folder.parent.mkdir(parents=True, exist_ok=True)
        else:
            self._make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)
        self._lasting.add(folder)

    def discard(self, key: str) -> None:
        """Remove the file."""
        self.path_of(key).unlink(missing_ok=True)

    def get(self, key: str) -> bytes:
        """Read the file."""
        try:
            return self.path_of(key).read_bytes()
        except FileNotFoundError as error:
            raise BlobMissing(key=key) from error

    def has(self, key: str) -> bool:
        """Whether the file is there."""
        return self.path_of(key).exists()

    def fetched(self, key: str, *, hold: Path | None = None) -> Path:  # noqa: ARG002  # what is here stays here
        """The file itself."""
        if not self.has(key):
            raise BlobMissing(key=key)
        return self.path_of(key)

    def path_of(self, key: str) -> Path:
        """Where `key` lies; keys with a way out of the root are a programming error."""
        return self._root.joinpath(*parts_of(key))

    def keys(self, prefix: str) -> Iterator[str]:
        """All files but those that are being written."""
        for path in sorted((self._root / prefix).rglob("*")):
            if path.is_file() and not path.name.endswith(".part"):
                yield path.relative_to(self._root).as_posix()


def parts_of(key: str) -> list[str]:
    """The steps of a key.

    Raises:
        ValueError: one of them leads out.

    """
    parts = key.split("/")
    if not all(part and part not in {".", ".."} and "\\" not in part and "\0" not in part for part in parts):
        raise ValueError(f"not a storage key: {key!r}")
    return parts


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
