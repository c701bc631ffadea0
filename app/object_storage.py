"""Blobs in a bucket of an S3-compatible store, read through a bounded local folder.

What is promised (docs/deploy.md says it for operators):

- A put is one request with `If-None-Match: *`: the store itself refuses a second object under the same key.
  The body carries its SHA-256, which the store checks. Once it has answered, HEAD must show the same entity
  tag and size: only then is the blob taken to be durable, and a row may name it.
- A file that is too large for one request goes in parts; the store shows all of it or nothing. Its key is
  new each time (exports, uploaded archives), so that there is nothing to overwrite.
- The local copy of what lies under a hash is compared with it before anybody sees it.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import obstore
import structlog
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from app.blob_cache import BlobCache
from app.errors import Invalid, StorageUnavailable
from app.settings import Settings
from app.storage import HASHED_FAMILIES, BlobCorrupt, BlobMissing, Storage, parts_of

ONE_REQUEST_BYTES = 64 * 2**20  # what is larger goes in parts
PART_BYTES = 16 * 2**20
ASKED_FIRST_BYTES = 2**20
RETRIES = 3
GIVE_UP_AFTER = timedelta(seconds=20)  # all tries together; whoever waits is told to come again
CONNECT_TIMEOUT, REQUEST_TIMEOUT = timedelta(seconds=3), timedelta(minutes=2)
READ_TIMEOUT = timedelta(seconds=15)  # without a byte
REASON_LENGTH = 300
log = structlog.get_logger()


class BlobsUrlUnknown(Invalid):
    """Another kind of store."""

    message = "EQUIMARK_BLOBS_URL must look like s3://bucket or s3://bucket/folder, not {url!r}."


class ObjectStorage(Storage):
    """Blobs in a bucket."""

    def __init__(self, settings: Settings) -> None:
        bucket, prefix = _bucket_of(settings.blobs_url)
        self.place = settings.blobs_url + (f" at {settings.s3_endpoint}" if settings.s3_endpoint else "")
        self._cache = BlobCache(settings.blob_cache_dir, settings.blob_cache_bytes)
        self._store = _store_of(settings, bucket, prefix)

    def put(self, key: str, content: bytes) -> bool:
        """The store itself decides whether the key is new; a large body is not sent in vain."""
        if len(content) > ASKED_FIRST_BYTES and self.has(key):
            return False
        return self._create(key, content, len(content))

    @contextmanager
    def writing(self, key: str) -> Iterator[BinaryIO]:
        """A local file first: the store gets it when it is whole."""
        with self._cache.scratch() as file:
            yield file
            byte_count = file.seek(0, os.SEEK_END)
            file.seek(0)
            if byte_count <= ONE_REQUEST_BYTES:
                self._create(key, file.read(), byte_count)
            elif not self.has(key):
                with _told(key):
                    told = obstore.put(
                        self._store, key, file, use_multipart=True, chunk_size=PART_BYTES, max_concurrency=2
                    )
                self._check_durable(key, told["e_tag"], byte_count)

    def discard(self, key: str) -> None:
        """Remove the object and the local copy."""
        with _told(key), suppress(FileNotFoundError):
            obstore.delete(self._store, key)
        self._cache.forget(key)

    def get(self, key: str) -> bytes:
        """Read the object."""
        with _told(key):
            return obstore.get(self._store, key).bytes().to_bytes()

    def has(self, key: str) -> bool:
        """Ask the store, since a local copy proves nothing."""
        with suppress(BlobMissing), _told(key):
            obstore.head(self._store, key)
            return True
        return False

    def fetched(self, key: str, *, hold: Path | None = None) -> Path:
        """The local copy, fetched if need be."""
        path = self._cache.find(key) or self._fetch(key)
        if hold is not None:
            hold.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.link(path, hold / path.name)
        return path

    def path_of(self, key: str) -> Path:
        """Where the local copy lies."""
        return self._cache.path_of(key)

    def keys(self, prefix: str) -> Iterator[str]:
        """Page by page."""
        with _told(prefix):
            for page in obstore.list(self._store, prefix):
                yield from sorted(each["path"] for each in page)

    def _create(self, key: str, content: bytes, byte_count: int) -> bool:
        try:
            with _told(key):
                told = obstore.put(self._store, key, content, mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        self._check_durable(key, told["e_tag"], byte_count)
        return True

    def _check_durable(self, key: str, e_tag: str | None, byte_count: int) -> None:
        with _told(key):
            seen = obstore.head(self._store, key)
        if (seen["e_tag"], seen["size"]) != (e_tag, byte_count):
            raise StorageUnavailable(reason="shows another object than the one that it took")

    def _fetch(self, key: str) -> Path:
        with self._cache.scratch() as file:
            digest = hashlib.sha256()
            with _told(key):
                got = obstore.get(self._store, key)
                for chunk in got.stream():
                    digest.update(chunk)
                    file.write(chunk)
            file.flush()
            if _is_hash(key) and digest.hexdigest() != _name_of(key):
                raise BlobCorrupt(key=key)
            changed_at = got.meta["last_modified"].timestamp()
            return self._cache.take(key, Path(file.name), changed_at=changed_at)


def _bucket_of(url: str) -> tuple[str, str | None]:
    parts = urlsplit(url)
    if parts.scheme != "s3" or not parts.netloc or parts.query or parts.fragment or "@" in parts.netloc:
        raise BlobsUrlUnknown(url=url)
    return parts.netloc, parts.path.strip("/") or None


def _store_of(settings: Settings, bucket: str, prefix: str | None) -> S3Store:
    """Without a key of their own, the settings leave it to the machine (AWS_* variables, roles)."""
    given: dict[str, Any] = {"region": settings.s3_region, "checksum_algorithm": "SHA256"}
    if settings.s3_endpoint:
        given["endpoint"] = settings.s3_endpoint
    if settings.s3_access_key_id:
        given["access_key_id"] = settings.s3_access_key_id
        given["secret_access_key"] = settings.s3_secret_access_key.get_secret_value()
    return S3Store(
        bucket,
        prefix=prefix,
        client_options={
            "allow_http": settings.s3_endpoint.startswith("http://"),
            "connect_timeout": CONNECT_TIMEOUT,
            "read_timeout": READ_TIMEOUT,
            "timeout": REQUEST_TIMEOUT,
        },
        retry_config={"max_retries": RETRIES, "retry_timeout": GIVE_UP_AFTER},
        **given,
    )


@contextmanager
def _told(key: str) -> Iterator[None]:
    """The store's failures as ours; that a key is taken is none."""
    parts_of(key)  # a key with a way out is a programming error here, too
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):
            raise StorageUnavailable(reason="has no such bucket") from error
        raise BlobMissing(key=key) from error
    except AlreadyExistsError:
        raise
    except (PermissionDeniedError, UnauthenticatedError) as error:
        log.warning("storage_refuses", key=key, error=str(error)[:REASON_LENGTH])
        raise StorageUnavailable(reason="refuses our key") from error
    except BaseError as error:
        log.warning("storage_unavailable", key=key, error=str(error)[:REASON_LENGTH])
        raise StorageUnavailable(reason="does not answer as it should") from error


def _is_hash(key: str) -> bool:
    return key.partition("/")[0] in HASHED_FAMILIES


def _name_of(key: str) -> str:
    return key.rpartition("/")[2].partition(".")[0]
