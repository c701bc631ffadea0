"""The job table: claims, fences, and every job done twice."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app import jobs
from app.annotations import service as annotations
from app.annotations.schemas import AttributeAnswer
from app.audit import AuditEntry
from app.db import Base, Database, utc_now
from app.errors import StorageUnavailable
from app.exchange import service as exchange
from app.exchange.imports import Options
from app.exchange.tables import Export, Import
from app.images.tables import Image
from app.jobs import Claim, Job, JobKind
from app.predictions.tables import Network, Prediction, Promotion
from app.queue.tables import Ask
from app.settings import Settings
from app.storage import Storage
from app.training.tables import Run
from tests.factories import NOW, attribute_body, later, make_image, make_project, png_bytes
from tests.worker.conftest import find_run, make_rectangles, request_run
from worker.context import FenceLost, JobContext
from worker.lane import Lane, Workplace
from worker.loop import LONG, SHORT
from worker.registry import FUNCTIONS
from worker.upkeep import Upkeep

LEASE = timedelta(seconds=30)
COUNTED: tuple[type[Base], ...] = (Run, Network, Promotion, Prediction, Ask, Import, Export)


@pytest.fixture
def job(any_session: Session) -> Job:
    """A queued job."""
    project = make_project(any_session)
    return jobs.enqueue(any_session, JobKind.RANK, project_id=project.id, subject_id=project.id, now=NOW)


def claim(session: Session, worker: str, at: float = 0) -> Claim | None:
    return jobs.claim_next(session, worker=worker, now=later(at), lease=LEASE)


def test_case_026_a_job_with_a_live_lease_is_not_handed_out_again(any_session: Session, job: Job):
    first = claim(any_session, "one")

    assert first is not None
    assert claim(any_session, "two", at=29) is None
    assert jobs.heartbeat(any_session, first, now=later(29), lease=LEASE)
    assert claim(any_session, "two", at=58) is None


def test_a_silent_job_is_taken_over_once_and_the_first_attempt_loses_its_fence(
    any_session: Session, job: Job
):
    first = claim(any_session, "one")
    second = claim(any_session, "two", at=31)

    assert first is not None
    assert second is not None
    assert second.attempt == 2
    assert not jobs.heartbeat(any_session, first, now=later(32), lease=LEASE)
    assert not jobs.finish(any_session, first, now=later(32))
    assert jobs.finish(any_session, second, now=later(33))
    assert claim(any_session, "three", at=99) is None


def test_the_jobs_of_a_dead_worker_are_free_at_once(any_session: Session, job: Job):
    claim(any_session, "dead")

    released = jobs.release_dead(any_session, worker="dead", now=later(1))

    assert released == 1
    assert claim(any_session, "next", at=1) is not None


def test_a_job_given_back_keeps_its_attempts(any_session: Session, job: Job):
    for number in range(5):
        held = claim(any_session, "one", at=number)
        assert held is not None
        assert jobs.hand_back(any_session, held, now=later(number))

    assert claim(any_session, "one", at=9) is not None


def test_urgent_jobs_come_first_then_old_ones(any_session: Session, job: Job):
    urgent = jobs.enqueue(
        any_session, JobKind.RANK, project_id=job.project_id, subject_id=1, now=NOW, priority=5
    )

    order = [held.job_id for worker in ("one", "two") if (held := claim(any_session, worker))]

    assert order == [urgent.id, job.id]


def test_case_027_nothing_is_recorded_without_the_fence(place: Workplace, database: Database):
    with database.unit_of_work() as session:
        project = make_project(session)
        jobs.enqueue(session, JobKind.RANK, project_id=project.id, subject_id=project.id, now=NOW)
        first = claim(session, "one")
        assert first is not None
        claim(session, "two", at=31)
    context = JobContext(
        claim=first,
        database=database,
        storage=place.storage,
        settings=place.settings,
        clock=utc_now,
        is_stopping=place.is_stopping,
    )

    with pytest.raises(FenceLost), context.recording() as session:
        make_project(session, name="of a zombie")

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1
    assert not context.owns_job()


def test_upkeep_fails_a_lost_run_with_its_code(database: Database, storage: Storage, settings: Settings):
    run_id = request_run(database, make_rectangles(database, storage))
    with database.unit_of_work() as session:
        for at in (0.0, 31.0):
            jobs.claim_next(session, worker="gone", now=utc_now() + timedelta(seconds=at), lease=LEASE)

    Upkeep(database, settings).run(utc_now() + timedelta(seconds=99))

    assert (find_run(database, run_id).status, find_run(database, run_id).error_code) == (
        "failed",
        "worker_lost",
    )


def state_of(database: Database, storage: Storage) -> tuple[dict[str, int], int, list[Any]]:
    """What a job may leave: how many rows, how many files, and the order of the queue."""
    with database.reading() as session:
        rows = {
            table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0
            for table in COUNTED
        }
        asks = session.execute(select(Ask.id, Ask.rank_key, Ask.status).order_by(Ask.id)).all()
    return rows, len(list(storage.keys("."))), [tuple(ask) for ask in asks]


def prepare(
    kind: JobKind, database: Database, storage: Storage, settings: Settings, place: Workplace
) -> tuple[int, int]:
    """A queued job of the kind: its project and its subject."""
    project_id = make_rectangles(database, storage)
    if kind is JobKind.TRAIN:
        return project_id, request_run(database, project_id)
    if kind is JobKind.PREDICT:
        request_run(database, project_id)
        Lane(place, LONG).do_one()
        return project_id, 1  # the network that the run gave, with its job waiting
    with database.unit_of_work() as session:
        if kind is JobKind.RANK:
            jobs.enqueue(session, kind, project_id=project_id, subject_id=project_id, now=utc_now())
            return project_id, project_id
        if kind is JobKind.PREPARE:
            session.execute(update(Image).where(Image.id == 1).values(is_waiting=True))
            jobs.enqueue(session, kind, project_id=project_id, subject_id=project_id, now=utc_now())
            return project_id, project_id
        if kind is JobKind.EXPORT:
            row = exchange.start_export(
                session, project_id=project_id, format_name="coco", by=1, now=utc_now()
            )
            return project_id, row.id
        folder = settings.home_dir / "folder"
        folder.mkdir()
        (folder / "a.png").write_bytes(png_bytes())
        origin = exchange.Place(shown="folder", folder=folder)
        options = Options(is_confined=False)
        row = exchange.start_import(
            session, project_id=project_id, place=origin, options=options, by=1, now=utc_now()
        )
        jobs.enqueue(session, kind, project_id=project_id, subject_id=row.id, now=utc_now())
        return project_id, row.id


@pytest.mark.parametrize("kind", JobKind)
def test_case_031_a_job_done_again_changes_nothing(
    database: Database,
    storage: Storage,
    settings: Settings,
    place: Workplace,
    work: Callable[[], int],
    kind: JobKind,
):
    project_id, subject_id = prepare(kind, database, storage, settings, place)
    work()
    once = state_of(database, storage)
    with database.unit_of_work() as session:
        again = jobs.enqueue(session, kind, project_id=project_id, subject_id=subject_id, now=utc_now())

    work()

    assert state_of(database, storage) == once
    with database.reading() as session:
        assert session.get_one(Job, again.id).status == "done"


# two attempts at one run at the same time are two processes: test_case_027 in test_faults.py
@pytest.mark.parametrize("kind", SHORT)
def test_case_031_a_job_done_twice_at_once_counts_once(
    database: Database,
    storage: Storage,
    settings: Settings,
    place: Workplace,
    work: Callable[[], int],
    kind: JobKind,
):
    project_id, subject_id = prepare(kind, database, storage, settings, place)
    with database.unit_of_work() as session:
        jobs.enqueue(session, kind, project_id=project_id, subject_id=subject_id, now=utc_now())
    threads = [threading.Thread(target=Lane(place, [kind]).do_one) for _ in range(2)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    work()

    rows, _, asks = state_of(database, storage)
    with database.reading() as session:
        statuses = session.scalars(select(Job.status)).all()
    assert set(statuses) == {"done"}
    assert rows["predictions"] == (15 if kind is JobKind.PREDICT else 0)
    assert (rows["imports"], rows["exports"]) == (kind is JobKind.IMPORT, kind is JobKind.EXPORT)
    assert len(asks) == 2 * (16 if kind is JobKind.IMPORT else 15)


@pytest.mark.parametrize("kind", [JobKind.IMPORT, JobKind.EXPORT])
def test_case_027_an_attempt_that_wakes_after_the_end_changes_nothing(
    database: Database, storage: Storage, settings: Settings, place: Workplace, kind: JobKind
):
    _, subject_id = prepare(kind, database, storage, settings, place)
    subject: type[Import | Export] = Import if kind is JobKind.IMPORT else Export
    with database.unit_of_work() as session:
        overtaken = jobs.claim_next(session, worker="sleeper", now=utc_now(), lease=-LEASE, kinds=[kind])
    assert overtaken is not None
    context = JobContext(
        claim=overtaken, database=database, storage=storage, settings=settings, clock=utc_now,
        is_stopping=threading.Event(),
    )  # fmt: skip

    def seen() -> dict[str, Any]:
        with database.reading() as session:
            row = session.get_one(subject, subject_id)
            entries = session.scalar(select(func.count()).select_from(AuditEntry))
            return {"entries": entries, **{each.name: getattr(row, each.name) for each in row.__table__.c}}

    ended: list[dict[str, Any]] = []

    def sleep_while_another_does_it() -> None:
        if not ended:
            assert Lane(place, [kind]).do_one()
            ended.append(seen())

    context.check_wanted = sleep_while_another_does_it  # type: ignore[method-assign]  # it looks at its files

    with pytest.raises(FenceLost):
        FUNCTIONS[kind](context)

    assert ended[0]["status"] == "done"
    assert seen() == ended[0]


@pytest.mark.parametrize(
    "broken",
    [
        OperationalError("SELECT 1", {}, Exception("terminating connection"), connection_invalidated=True),
        StorageUnavailable(reason="does not answer"),
    ],
    ids=["database", "bucket"],
)
def test_a_job_whose_connection_is_cut_is_done_by_another_attempt(
    database: Database,
    storage: Storage,
    settings: Settings,
    place: Workplace,
    monkeypatch: pytest.MonkeyPatch,
    broken: Exception,
):
    prepare(JobKind.EXPORT, database, storage, settings, place)
    export = FUNCTIONS[JobKind.EXPORT]

    def be_cut_off(_context: JobContext) -> None:
        monkeypatch.setitem(FUNCTIONS, JobKind.EXPORT, export)
        raise broken

    monkeypatch.setitem(FUNCTIONS, JobKind.EXPORT, be_cut_off)
    lane = Lane(place, [JobKind.EXPORT])
    assert lane.do_one()

    with database.unit_of_work() as session:
        (interrupted,) = session.scalars(select(Job).where(Job.kind == JobKind.EXPORT))
        assert interrupted.status == "running"
        interrupted.lease_until = utc_now() - LEASE
    assert lane.do_one()

    with database.reading() as session:
        (done,) = session.scalars(select(Job).where(Job.kind == JobKind.EXPORT))
        assert (done.status, done.attempt) == ("done", 2)


def test_attributes_alone_are_no_reason_for_a_run(database: Database, settings: Settings):
    with database.unit_of_work() as session:
        project = make_project(session)
        for _ in range(20):
            image = make_image(session, project)
            answer = AttributeAnswer.model_validate(attribute_body("front"))
            annotations.submit(
                session, image_id=image.id, kind="pose", answer=answer, by=1, is_late=False, now=NOW
            )

    Upkeep(database, settings.model_copy(update={"auto_train": True})).run(utc_now())

    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Run)) == 0
