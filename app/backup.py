"""Backups: a folder with the blobs of all snapshots, each once, and a folder for each snapshot.

    blobs/images/ab/ab12...       shared, since blobs never change
    20261125T120000Z/             one instant of the database
        manifest.json             version, schema, rows of each table, hashes of the files
        blobs.txt                 the keys that belong to it
        rows/...                  app/snapshot.py

Blobs first, since they take long, then the database, then the blobs that came meanwhile: a blob is durable
before a row names it, so all that the rows name is there. At most what came after the instant is lost.
"""

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from app import __version__, migrate, snapshot
from app.db import Database
from app.errors import Conflict, Invalid, NotFound
from app.snapshot import Rows
from app.storage import HASHED_FAMILIES, BlobMissing, FolderStorage, Storage

MANIFEST, KEYS, ROWS, BLOBS, LOCK = "manifest.json", "blobs.txt", "rows", "blobs", ".lock"
FORMAT = 1
CHUNK_BYTES = 2**20
Progress = Callable[[str], None]


class BackupNotFound(NotFound):
    """No snapshot of this name, or none at all."""

    message = "There is no backup {name} in {place}."


class BackupRunning(Conflict):
    """Two at once would remove what the other needs."""

    message = "Another backup is being written to {place}."


class BackupTooNew(Invalid):
    """It was written by a later version."""

    message = "This backup has format {format}; this version reads format 1."


@dataclass(frozen=True)
class Manifest:
    """What a snapshot says of itself."""

    format: int
    version: str
    database: str
    schema: str
    taken_at: str
    tables: dict[str, Rows]
    files: dict[str, str]
    blob_count: int


@dataclass
class Report:
    """What was done, and which blobs are not as their names say; those are not copied."""

    name: str
    rows: int = 0
    blobs: int = 0
    copied: int = 0
    damaged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether everything was there and as it should be."""
        return not (self.damaged or self.missing)


def back_up(
    database: Database, storage: Storage, place: Path, *, now: datetime, keep: int, on_progress: Progress
) -> Report:
    """Take a snapshot while the service works, and remove all but the newest `keep` (0: none).

    Raises:
        BackupRunning, SchemaMismatch.

    """
    migrate.check_schema(database)
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(place):
        report = Report(f"{now:%Y%m%dT%H%M%SZ}")
        kept = FolderStorage(place / BLOBS)
        _copy_blobs(storage, kept, storage.keys(""), report, on_progress)
        unfinished = place / f"{report.name}.part"
        shutil.rmtree(unfinished, ignore_errors=True)
        on_progress("rows")
        tables = snapshot.dump(database, unfinished / ROWS)
        came_meanwhile = list(storage.keys(""))
        _copy_blobs(storage, kept, came_meanwhile, report, on_progress)
        keys = [key for key in came_meanwhile if kept.has(key)]
        report.missing.clear()  # an uploaded archive goes away once it is imported, be it listed or not
        report.rows, report.blobs = sum(rows.count for rows in tables.values()), len(keys)
        (unfinished / KEYS).write_text("".join(f"{key}\n" for key in keys))
        _write_manifest(unfinished, database, tables, now=now, blob_count=len(keys))
        unfinished.rename(place / report.name)
        _sync(place)
        if keep:
            _remove_old(place, kept, keep=keep)
    return report


def restore(
    database: Database, storage: Storage, place: Path, *, name: str | None, on_progress: Progress
) -> Report:
    """Bring a snapshot, the newest by default, into an empty database and its blobs beside those there are.

    Blobs first: a restore that was cut off left the database empty and can be repeated.

    Raises:
        BackupNotFound, BackupTooNew, NotEmpty, OtherDatabase, SnapshotIncomplete.

    """
    folder = find_snapshot(place, name)
    manifest = read_manifest(folder)
    if manifest.database != database.engine.dialect.name:
        raise snapshot.OtherDatabase(kept=manifest.database, given=database.engine.dialect.name)
    snapshot.check_empty(database)
    report = Report(folder.name, rows=sum(rows.count for rows in manifest.tables.values()))
    keys = _keys_of(folder)
    report.blobs = len(keys)
    _copy_blobs(FolderStorage(place / BLOBS), storage, keys, report, on_progress)
    on_progress("rows")
    snapshot.load(database, folder / ROWS, manifest.tables, schema=manifest.schema)
    return report


def examine(place: Path, *, name: str | None) -> Report:
    """Read a snapshot and its blobs and compare them with what they say of themselves.

    Raises:
        BackupNotFound, BackupTooNew.

    """
    folder = find_snapshot(place, name)
    manifest, keys = read_manifest(folder), _keys_of(folder)
    report = Report(folder.name, rows=sum(rows.count for rows in manifest.tables.values()), blobs=len(keys))
    for file, sha256 in manifest.files.items():
        path = folder / file
        if not path.is_file():
            report.missing.append(f"{folder.name}/{file}")
        elif _sha256_of(path) != sha256:
            report.damaged.append(f"{folder.name}/{file}")
    kept = FolderStorage(place / BLOBS)
    for key in keys:
        if not kept.has(key):
            report.missing.append(key)
        elif not _is_as_named(key, kept.path_of(key)):
            report.damaged.append(key)
    return report


def snapshots(place: Path) -> list[str]:
    """Names of the finished ones, oldest first."""
    return sorted(path.parent.name for path in place.glob(f"*/{MANIFEST}") if path.parent.suffix != ".part")


def find_snapshot(place: Path, name: str | None) -> Path:
    """The folder of one of them, of the newest by default.

    Raises:
        BackupNotFound.

    """
    there = snapshots(place)
    if not there or (name is not None and name not in there):
        raise BackupNotFound(name=name or "at all", place=place)
    return place / (name or there[-1])


def read_manifest(folder: Path) -> Manifest:
    """What the snapshot says of itself.

    Raises:
        BackupTooNew.

    """
    said: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    if said["format"] != FORMAT:
        raise BackupTooNew(format=said["format"])
    tables = {name: Rows(rows["count"], rows["columns"]) for name, rows in said.pop("tables").items()}
    return Manifest(tables=tables, **said)


def _write_manifest(
    folder: Path, database: Database, tables: dict[str, Rows], *, now: datetime, blob_count: int
) -> None:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    manifest = Manifest(
        format=FORMAT,
        version=__version__,
        database=database.engine.dialect.name,
        schema=migrate.find_schema(database) or "",
        taken_at=now.isoformat(),
        tables=tables,
        files={path.relative_to(folder).as_posix(): _sha256_of(path) for path in files},
        blob_count=blob_count,
    )
    (folder / MANIFEST).write_text(json.dumps(asdict(manifest), indent=1))
    for path in (*files, folder / MANIFEST, *{each.parent for each in files}):
        _sync(path)


def _copy_blobs(
    source: Storage, target: Storage, keys: Iterable[str], report: Report, on_progress: Progress
) -> None:
    for key in keys:
        if target.has(key) or key in report.damaged:
            continue
        try:
            path = source.fetched(key)
        except BlobMissing:
            report.missing.append(key)
            continue
        if not _is_as_named(key, path):
            report.damaged.append(key)
            continue
        with path.open("rb") as file, target.writing(key) as copy:
            shutil.copyfileobj(file, copy, CHUNK_BYTES)
        report.copied += 1
        on_progress(key)


def _is_as_named(key: str, path: Path) -> bool:
    family, _, name = key.partition("/")
    return family not in HASHED_FAMILIES or _sha256_of(path) == name.rpartition("/")[2].partition(".")[0]


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keys_of(folder: Path) -> list[str]:
    return (folder / KEYS).read_text().split("\n")[:-1]


def _remove_old(place: Path, kept: FolderStorage, *, keep: int) -> None:
    """Remove snapshots past the newest, then the blobs that none of the rest has."""
    there = snapshots(place)
    for name in there[:-keep]:
        shutil.rmtree(place / name)
    needed = {key for name in there[-keep:] for key in _keys_of(place / name)}
    for key in list(kept.keys("")):
        if key not in needed:
            kept.discard(key)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    with (place / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupRunning(place=place) from error
        yield


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    with suppress(OSError):  # some network file systems do not sync folders
        os.fsync(descriptor)
    os.close(descriptor)
