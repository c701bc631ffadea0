"""A job that never comes back loses its lease, and its process ends, so that another attempt is made."""

import threading
import time
from datetime import timedelta

import pytest

from app import jobs
from app.db import Database, utc_now
from app.jobs import Job, JobKind, JobStatus
from tests.factories import make_project
from worker import lane, loop
from worker.context import JobContext
from worker.lane import Lane, Workplace
from worker.loop import Worker
from worker.registry import FUNCTIONS


@pytest.fixture
def wakes(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """A second without a move is too long; training hangs until this is set."""
    wakes = threading.Event()
    monkeypatch.setattr(lane, "HUNG_AFTER_SECONDS", 1.0)
    monkeypatch.setitem(FUNCTIONS, JobKind.TRAIN, lambda _: wakes.wait(60))
    return wakes


def enqueue(database: Database, kind: JobKind) -> int:
    with database.unit_of_work() as session:
        project_id = make_project(session).id
        job = jobs.enqueue(session, kind, project_id=project_id, subject_id=project_id, now=utc_now())
        return job.id


def found(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def test_case_036_a_job_that_hangs_keeps_its_lease_no_longer_and_is_done_by_another_attempt(
    database: Database, place: Workplace, wakes: threading.Event
):
    job_id = enqueue(database, JobKind.TRAIN)
    has_ended = threading.Event()
    hung = Lane(place, [JobKind.TRAIN], on_hang=has_ended.set)
    thread = threading.Thread(target=hung.do_one)
    thread.start()

    assert has_ended.wait(30)
    lease_until = found(database, job_id).lease_until
    assert lease_until is not None
    time.sleep(place.lease.total_seconds() / 2)
    assert found(database, job_id).lease_until == lease_until
    with database.unit_of_work() as session:
        later = lease_until + timedelta(seconds=1)
        again = jobs.claim_next(session, worker="another", now=later, lease=place.lease)
    wakes.set()
    thread.join()

    assert again is not None
    assert (again.job_id, again.attempt) == (job_id, 2)
    assert found(database, job_id).status == JobStatus.RUNNING


def test_case_036_a_job_that_moves_may_take_as_long_as_it_likes(
    database: Database, place: Workplace, monkeypatch: pytest.MonkeyPatch
):
    def long(context: JobContext) -> None:
        for _ in range(30):
            context.check_wanted()
            time.sleep(0.1)

    monkeypatch.setattr(lane, "HUNG_AFTER_SECONDS", 2.0)
    monkeypatch.setitem(FUNCTIONS, JobKind.TRAIN, long)
    job_id = enqueue(database, JobKind.TRAIN)
    has_ended = threading.Event()

    Lane(place, [JobKind.TRAIN], on_hang=has_ended.set).do_one()

    assert not has_ended.is_set()
    assert found(database, job_id).status == JobStatus.DONE


def test_case_036_the_other_lane_s_job_goes_back_unharmed(
    database: Database, place: Workplace, wakes: threading.Event, monkeypatch: pytest.MonkeyPatch
):
    has_ended, has_begun = threading.Event(), threading.Event()

    def rank(_: JobContext) -> None:
        has_begun.set()
        wakes.wait(60)

    def train(context: JobContext) -> None:
        while not has_begun.wait(0.1):
            context.check_wanted()
        wakes.wait(60)

    monkeypatch.setattr(loop, "end_process", has_ended.set)
    monkeypatch.setitem(FUNCTIONS, JobKind.RANK, rank)
    monkeypatch.setitem(FUNCTIONS, JobKind.TRAIN, train)
    enqueue(database, JobKind.TRAIN)
    other = enqueue(database, JobKind.RANK)
    thread = threading.Thread(target=Worker(place).run, kwargs={"parent_pid": None})
    thread.start()

    assert has_ended.wait(60)
    given_back = found(database, other)
    place.is_stopping.set()
    wakes.set()
    thread.join()

    assert (given_back.status, given_back.max_attempts) == (JobStatus.QUEUED, 3)
