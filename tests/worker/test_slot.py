"""One process of a Celery worker, without Celery."""

import threading
import time

import pytest

from app import jobs
from app.db import Database, utc_now
from app.jobs import Job, JobKind, JobStatus
from app.settings import Settings
from app.storage import Storage
from tests.factories import make_project
from tests.worker.running import until
from worker.context import JobContext
from worker.lane import Workplace
from worker.registry import FUNCTIONS
from worker.slot import Slot


def make_place(
    database: Database, storage: Storage, settings: Settings, *, name: str = "host:1:0"
) -> Workplace:
    return Workplace(
        name=name,
        database=database,
        storage=storage,
        settings=settings.model_copy(update={"table_look_seconds": 3600}),
        clock=utc_now,
        is_stopping=threading.Event(),
    )


def test_a_slot_begins_although_the_database_is_away(storage: Storage, settings: Settings):
    away = Database("postgresql+psycopg://equimark@127.0.0.1:1/equimark")
    slot = Slot(make_place(away, storage, settings), ["light"])

    slot.start()
    slot.do_rung(1)
    slot.end()


def test_a_slot_takes_up_at_once_what_its_dead_predecessor_held(
    database: Database, storage: Storage, settings: Settings
):
    place = make_place(database, storage, settings)
    with database.unit_of_work() as session:
        project_id = make_project(session).id
        job_id = jobs.enqueue(
            session, JobKind.RANK, project_id=project_id, subject_id=project_id, now=utc_now()
        ).id
    with database.unit_of_work() as session:
        jobs.claim_next(session, worker=place.name, now=utc_now(), lease=place.lease * 100)

    slot = Slot(place, ["light"])
    slot.start()
    until(lambda: found(database, job_id).status == JobStatus.DONE)
    slot.end()

    assert found(database, job_id).attempt == 2


def test_a_slot_frees_its_predecessor_s_jobs_before_it_takes_one_and_never_its_own(
    database: Database, storage: Storage, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    """The database was away at the start; the first thing that reaches it is a message."""
    place = make_place(database, storage, settings)
    slot = Slot(place, ["light"])
    with database.unit_of_work() as session:
        held, rung = (
            jobs.enqueue(
                session, JobKind.RANK, project_id=project_id, subject_id=project_id, now=utc_now()
            ).id
            for project_id in [make_project(session).id, make_project(session).id]
        )
    with database.unit_of_work() as session:
        jobs.claim_next(session, worker=place.name, now=utc_now(), lease=place.lease * 100)

    leases = []

    def look_meanwhile(context: JobContext) -> None:
        if context.claim.job_id == rung:
            slot.start()
            time.sleep(0.5)
            leases.append(found(database, rung).lease_until)

    monkeypatch.setitem(FUNCTIONS, JobKind.RANK, look_meanwhile)
    slot.do_rung(rung)
    own = found(database, rung)
    until(lambda: found(database, held).attempt == 2)
    slot.end()

    assert (own.status, own.attempt) == (JobStatus.DONE, 1)
    assert leases[0] > utc_now()


def test_a_slot_that_stops_takes_no_more_jobs(database: Database, storage: Storage, settings: Settings):
    slot = Slot(make_place(database, storage, settings), ["light"])
    slot.stop()
    with database.unit_of_work() as session:
        project_id = make_project(session).id
        job_id = jobs.enqueue(
            session, JobKind.RANK, project_id=project_id, subject_id=project_id, now=utc_now()
        ).id

    slot.do_rung(job_id)

    assert found(database, job_id).status == JobStatus.QUEUED


def found(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)
