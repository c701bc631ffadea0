"""The drill: back up while people label, restore into an empty place, and compare."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

from app import backup, jobs, migrate
from app.annotations.tables import Revision
from app.db import Database
from app.images.tables import Image
from app.insights import verify
from app.jobs import JobKind
from app.storage import FolderStorage, Storage
from tests.backup.conftest import Empty, back_up, findings, restore, rows
from tests.factories import NOW, later, make_image, make_project


def test_case_138_what_is_restored_is_what_was_backed_up(
    any_database: Database, storage: Storage, place: Path, lab: object, empty: Empty, elsewhere: Storage
):
    back_up(any_database, storage, place)
    restored = empty()

    report = restore(restored, elsewhere, place)

    assert report.is_whole
    assert rows(restored) == rows(any_database)
    assert list(elsewhere.keys("")) == list(storage.keys(""))
    assert findings(restored, elsewhere) == []
    migrate.check_schema(restored)


def test_case_138_a_backup_under_writes_is_one_instant_with_all_its_blobs(
    any_database: Database,
    storage: Storage,
    place: Path,
    lab: Callable[[], None],
    empty: Empty,
    elsewhere: Storage,
):
    is_over = threading.Event()

    def write() -> None:
        while not is_over.wait(0.01):  # SQLite lets whoever asks in time write: without a pause only this one
            lab()

    def labels(database: Database) -> int:
        with database.reading() as session:
            return session.scalar(select(func.count()).select_from(Revision)) or 0

    writer = threading.Thread(target=write)
    writer.start()
    at_least = labels(any_database)
    try:  # at every step of the backup somebody labels another image
        backup.back_up(
            any_database,
            storage,
            place,
            now=NOW,
            keep=0,
            on_progress=lambda _: lab() if labels(any_database) < 60 else None,
        )
    finally:
        is_over.set()
        writer.join()
    at_most = labels(any_database)
    restored = empty()

    restore(restored, elsewhere, place)

    assert [each for each in findings(restored, elsewhere) if each[0] != "blob_unnamed"] == []
    assert at_least <= labels(restored) <= at_most


def test_the_restored_service_goes_on_where_the_other_stopped(
    any_database: Database, storage: Storage, place: Path, lab: object, empty: Empty, elsewhere: Storage
):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        jobs.enqueue(session, JobKind.RANK, project_id=project.id, subject_id=1, now=NOW)
        claim = jobs.claim_next(session, worker="dead", now=NOW, lease=timedelta(seconds=30))
    back_up(any_database, storage, place)
    restored = empty()
    restore(restored, elsewhere, place)

    with restored.unit_of_work() as session:  # new rows do not collide, and a job that ran is taken up again
        image = make_image(session, make_project(session))
        again = jobs.claim_next(session, worker="new", now=later(31), lease=timedelta(seconds=30))
        with any_database.reading() as before:
            highest = before.scalar(select(func.max(Image.id)))

    assert highest is not None
    assert image.id == highest + 1
    assert claim is not None
    assert again is not None
    assert (again.job_id, again.attempt) == (claim.job_id, 2)


def test_case_139_a_message_that_the_broker_kept_changes_nothing_that_was_done(
    any_database: Database, storage: Storage, place: Path, lab: object, empty: Empty, elsewhere: Storage
):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        job = jobs.enqueue(session, JobKind.RANK, project_id=project.id, subject_id=1, now=NOW)
        claim = jobs.claim_next(session, worker="one", now=NOW, lease=timedelta(seconds=30))
        assert claim is not None
        jobs.finish(session, claim, now=NOW)
    back_up(any_database, storage, place)
    restored = empty()
    restore(restored, elsewhere, place)

    lease = timedelta(seconds=30)
    with restored.unit_of_work() as session:
        done = jobs.claim_rung(session, job.id, worker="two", now=later(1), lease=lease)
        newer = jobs.claim_rung(session, job.id + 100, worker="two", now=later(1), lease=lease)

    assert (done, newer) == (None, None)


def test_case_139_rows_without_their_blobs_are_named_one_by_one(
    any_database: Database, storage: Storage, place: Path, lab: object, empty: Empty, elsewhere: Storage
):
    back_up(any_database, storage, place)
    restored = empty()
    restore(restored, elsewhere, place)
    gone = list(elsewhere.keys("images"))[:2]
    for key in gone:
        elsewhere.discard(key)

    named = findings(restored, elsewhere)

    assert [code for code, _ in named] == ["blob_missing", "blob_missing"]
    assert {detail.partition(": ")[2] for _, detail in named} == set(gone)


def test_case_139_blobs_without_their_rows_are_named_one_by_one(
    any_database: Database,
    storage: Storage,
    place: Path,
    lab: Callable[[], None],
    empty: Empty,
):
    back_up(any_database, storage, place)
    before = set(storage.keys("images"))
    lab()
    newer = set(storage.keys("")) - set(before)
    restored = empty()

    restore(restored, storage, place)  # the older database beside the blobs of today

    with restored.reading() as session:
        said = verify.findings(session, storage, reads_blobs=True)
    assert all(each.is_harmless for each in said)
    assert {each.detail for each in said if each.code == "blob_unnamed"} == {
        key for key in newer if not any(name.rpartition("/")[2] in key for name in before)
    }


def test_a_second_backup_copies_only_what_is_new_and_old_ones_are_removed(
    any_database: Database,
    storage: Storage,
    place: Path,
    lab: Callable[[], None],
    empty: Empty,
    elsewhere: Storage,
):
    first = back_up(any_database, storage, place)
    lab()
    second = back_up(any_database, storage, place, at=60)
    older = FolderStorage(place / "older")
    older_database = empty()
    restore(older_database, older, place, name=first.name)
    third = back_up(any_database, storage, place, at=120, keep=1)

    assert (first.copied, second.copied, third.copied) == (6, 2, 0)  # an image and its thumbnail each
    assert len(list(older.keys(""))) == 6
    assert backup.snapshots(place) == [third.name]
    assert restore(empty(), elsewhere, place).is_whole


def test_blobs_that_no_kept_backup_needs_go_with_the_last_that_did(
    any_database: Database, storage: Storage, place: Path, lab: object
):
    back_up(any_database, storage, place)
    gone = next(storage.keys("images"))
    storage.discard(gone)

    back_up(any_database, storage, place, at=60, keep=1)

    assert not FolderStorage(place / "blobs").has(gone)
