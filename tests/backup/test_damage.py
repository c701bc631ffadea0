"""Backups that are damaged, cut off, of other versions, or would be restored over something."""

import gzip
import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from app import backup, migrate
from app.backup import BackupNotFound, BackupRunning, BackupTooNew
from app.db import Database
from app.snapshot import NotEmpty, OtherDatabase, SnapshotIncomplete
from app.storage import FolderStorage, Storage
from tests.backup.conftest import Empty, back_up, restore, rows
from tests.factories import NOW


def test_a_damaged_blob_is_named_and_not_copied(
    any_database: Database, storage: Storage, place: Path, lab: object
):
    bad = next(storage.keys("images"))
    storage.path_of(bad).write_bytes(b"something else")

    report = back_up(any_database, storage, place)

    assert (report.is_whole, report.damaged) == (False, [bad])
    assert not FolderStorage(place / "blobs").has(bad)


@pytest.mark.parametrize("part", ["rows", "blob", "lost blob"])
def test_a_backup_that_was_damaged_says_where(
    any_database: Database, storage: Storage, place: Path, lab: object, part: str
):
    report = back_up(any_database, storage, place)
    assert backup.examine(place, name=None).is_whole
    key = next(storage.keys("images"))
    blob = place / "blobs" / key
    file = next((place / report.name / "rows").iterdir())
    if part == "lost blob":
        blob.unlink()
    else:
        path = file if part == "rows" else blob
        path.write_bytes(path.read_bytes()[:-1] + b"?")

    said = backup.examine(place, name=report.name)

    name = f"{report.name}/rows/{file.name}"
    expected = {"rows": ([name], []), "blob": ([key], []), "lost blob": ([], [key])}
    assert (said.damaged, said.missing) == expected[part]


def test_nothing_is_restored_over_rows(
    any_database: Database, storage: Storage, place: Path, lab: object, elsewhere: Storage
):
    back_up(any_database, storage, place)
    before = rows(any_database)

    with pytest.raises(NotEmpty):
        restore(any_database, elsewhere, place)

    assert rows(any_database) == before
    assert list(elsewhere.keys("")) == []


def test_a_database_with_tables_and_no_rows_is_empty(
    any_database: Database, storage: Storage, place: Path, lab: object, empty: Empty, elsewhere: Storage
):
    back_up(any_database, storage, place)
    migrated = empty()
    migrate.upgrade(migrated)

    restore(migrated, elsewhere, place)

    assert rows(migrated) == rows(any_database)


def test_a_backup_with_too_few_rows_leaves_the_database_empty(
    any_database: Database, storage: Storage, place: Path, lab: object, empty: Empty, elsewhere: Storage
):
    report = back_up(any_database, storage, place)
    path = place / report.name / backup.MANIFEST
    said = json.loads(path.read_text())
    said["tables"]["revisions"]["count"] += 1
    path.write_text(json.dumps(said))
    restored = empty()

    with pytest.raises(SnapshotIncomplete):
        restore(restored, elsewhere, place)
    said["tables"]["revisions"]["count"] -= 1
    path.write_text(json.dumps(said))

    assert restore(restored, elsewhere, place).is_whole  # so it can be tried again


def test_an_older_schema_comes_back_at_this_versions(
    any_database: Database, storage: Storage, place: Path, lab: object, empty: Empty, elsewhere: Storage
):
    old = empty()
    migrate.upgrade(old, "0002")
    with old.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO users (id, name, created_at) VALUES (7, 'ada', '2026-01-01 00:00:00+00:00')")
        )
    report = back_up(any_database, storage, place)
    folder = place / report.name / "rows"
    shutil.rmtree(folder)
    folder.mkdir()
    _dump_as_version_0002(old, folder, place / report.name / backup.MANIFEST)
    restored = empty()

    restore(restored, elsewhere, place)

    migrate.check_schema(restored)
    with restored.reading() as session:
        assert session.scalars(text("SELECT name FROM users")).all() == ["ada"]


def _dump_as_version_0002(old: Database, folder: Path, manifest: Path) -> None:
    """What a program of that version would have written."""
    said = json.loads(manifest.read_text()) | {"schema": "0002"}
    if old.is_sqlite:
        old.close()
        shutil.copy(str(old.engine.url.database), folder / "database.sqlite3")
        said["tables"] = {"users": {"count": 1, "columns": []}}
    else:
        row = b"7\tada\t2026-01-01 00:00:00+00\n"
        (folder / "users.copy.gz").write_bytes(gzip.compress(row))
        said["tables"] = {"users": {"count": 1, "columns": ["id", "name", "created_at"]}}
    manifest.write_text(json.dumps(said))


def test_a_backup_that_was_cut_off_is_none(
    any_database: Database, storage: Storage, place: Path, lab: object, monkeypatch: pytest.MonkeyPatch
):
    def cut_off(what: str) -> None:
        if what == "rows":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backup.back_up(any_database, storage, place, now=NOW, keep=0, on_progress=cut_off)

    assert backup.snapshots(place) == []
    with pytest.raises(BackupNotFound):
        backup.examine(place, name=None)
    assert back_up(any_database, storage, place).copied == 0  # the blobs need not be copied again


def test_two_backups_do_not_write_to_one_place_at_once(database: Database, storage: Storage, place: Path):
    def another(_: str) -> None:
        with pytest.raises(BackupRunning):
            back_up(database, storage, place)

    report = backup.back_up(database, storage, place, now=NOW, keep=0, on_progress=another)

    assert backup.snapshots(place) == [report.name]


def test_a_backup_of_another_kind_of_database_or_of_a_later_version_is_refused(
    database: Database, storage: Storage, place: Path, elsewhere: Storage, tmp_path: Path
):
    report = back_up(database, storage, place)
    path = place / report.name / backup.MANIFEST
    said = json.loads(path.read_text())
    other = Database(f"sqlite:///{tmp_path / 'other.sqlite3'}")

    path.write_text(json.dumps({**said, "database": "postgresql"}))
    with pytest.raises(OtherDatabase):
        restore(other, elsewhere, place)
    path.write_text(json.dumps({**said, "format": 2}))
    with pytest.raises(BackupTooNew):
        restore(other, elsewhere, place)
    other.close()


def test_a_backup_is_not_for_everybody_to_read(database: Database, storage: Storage, place: Path):
    back_up(database, storage, place)

    assert place.stat().st_mode & 0o077 == 0
