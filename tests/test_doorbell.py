"""The doorbell rings after the commit, and nobody waits for it."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app import doorbell, jobs
from app.db import Database, after_commit
from app.doorbell import BrokerUnknown, BrokerUnprotected, BrokerUnreachable, Doorbell, check_broker_url
from app.jobs import Job, JobKind
from app.main import create_app
from app.settings import Settings
from tests.factories import FACE, NOW, jpeg_bytes, landmarks_body, make_project
from tests.redis_server import RedisServer
from tests.source import ROOT
from tests.worker.running import until


class Undone(Exception):
    """Something went wrong before the commit."""


BROKER_SECONDS = 30.0  # what an unanswered ring waits here; a commit that waited too would take as long


@pytest.fixture
def patient_doorbell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rings that wait far longer than a busy machine needs for a request; closing does not wait for them."""
    monkeypatch.setattr(doorbell, "ANSWER_SECONDS", BROKER_SECONDS)
    monkeypatch.setattr(doorbell, "CLOSE_SECONDS", 0.1)


@pytest.fixture
def rung_database(sqlite_url: str, broker: RedisServer) -> Iterator[Database]:
    """A database whose jobs ring a real broker."""
    database = Database(sqlite_url, doorbell=Doorbell(broker.url))
    yield database
    database.close()


def add_job(database: Database, kind: JobKind = JobKind.TRAIN, *, fails: bool = False) -> int:
    with database.unit_of_work() as session:
        project = make_project(session)
        job = jobs.enqueue(session, kind, project_id=project.id, subject_id=1, now=NOW)
        if fails:
            raise Undone
        return job.id


@pytest.mark.parametrize(
    ("kind", "queue"), [("train", "train"), ("predict", "predict"), ("rank", "light"), ("import", "light")]
)
def test_a_committed_job_rings_once_on_the_queue_of_its_kind(
    rung_database: Database, broker: RedisServer, kind: str, queue: str
):
    job_id = add_job(rung_database, JobKind(kind))

    until(lambda: broker.client().llen(queue))
    assert rung_database.doorbell.messages(queue) == 1
    assert f"[[{job_id}]".encode() in decoded(broker, queue)


def decoded(broker: RedisServer, queue: str) -> bytes:
    import base64
    import json

    return base64.b64decode(json.loads(broker.client().lindex(queue, 0))["body"])


def test_case_032_a_job_of_a_rolled_back_transaction_rings_nothing(
    rung_database: Database, broker: RedisServer
):
    with pytest.raises(Undone):
        add_job(rung_database, fails=True)
    rung_database.close()  # whatever was rung has left by then

    with rung_database.reading() as session:
        assert session.scalars(select(Job)).all() == []
    assert broker.client().keys() == []


def test_a_job_that_is_handed_back_rings_for_another_worker(rung_database: Database, broker: RedisServer):
    add_job(rung_database)
    until(lambda: broker.client().lpop("train"))

    with rung_database.unit_of_work() as session:
        claim = jobs.claim_next(session, worker="a", now=NOW, lease=timedelta(seconds=30))
    with rung_database.unit_of_work() as session:
        assert jobs.hand_back(session, claim, now=NOW)

    until(lambda: broker.client().llen("train") == 1)


def test_case_032_a_savepoint_rings_nothing_before_the_commit_and_nothing_when_it_is_taken_back(
    any_database: Database,
):
    rung: list[str] = []

    with any_database.unit_of_work() as session:
        after_commit(session, lambda: rung.append("before"))
        with session.begin_nested():
            after_commit(session, lambda: rung.append("kept"))
        savepoint = session.begin_nested()
        after_commit(session, lambda: rung.append("taken back"))
        savepoint.rollback()
        with session.begin_nested():
            session.begin_nested().rollback()
        rung_early = list(rung)

    assert (rung_early, rung) == ([], ["before", "kept"])


@pytest.mark.usefixtures("patient_doorbell")
@pytest.mark.parametrize("trouble", ["killed", "stopped"])
def test_case_028_a_broker_that_is_gone_or_silent_neither_fails_nor_delays_a_commit(
    rung_database: Database, broker: RedisServer, trouble: str
):
    add_job(rung_database)
    broker.kill() if trouble == "killed" else broker.send_signal(signal.SIGSTOP)

    began = time.monotonic()
    job_ids = [add_job(rung_database) for _ in range(5)]
    took = time.monotonic() - began

    assert took < BROKER_SECONDS  # one of them alone would have waited so long
    with rung_database.reading() as session:
        assert {job.id for job in session.scalars(select(Job))} >= set(job_ids)


@pytest.mark.parametrize("trouble", ["killed", "stopped"])
def test_asking_a_broker_that_is_gone_or_silent_says_so(broker: RedisServer, trouble: str):
    broker.kill() if trouble == "killed" else broker.send_signal(signal.SIGSTOP)

    with pytest.raises(BrokerUnreachable):
        Doorbell(broker.url).messages("train")


@pytest.mark.usefixtures("patient_doorbell")
@pytest.mark.parametrize("trouble", ["killed", "stopped"])
def test_case_028_labelling_goes_on_as_quick_as_before_while_the_broker_is_away(
    settings: Settings, sqlite_url: str, broker: RedisServer, trouble: str
):
    given = settings.model_copy(update={"broker_url": broker.url})
    with TestClient(create_app(given), base_url="http://127.0.0.1") as client:
        ids = [
            client.post("/api/v1/projects", json={"name": name, "schema": FACE}).json()["id"] for name in "ab"
        ]
        labelled, changed = (f"/api/v1/projects/{project_id}" for project_id in ids)
        files = [("files", ("a.jpg", jpeg_bytes(), "image/jpeg"))]
        image = client.post(f"{labelled}/images", files=files).json()["items"][0]["image"]
        broker.kill() if trouble == "killed" else broker.send_signal(signal.SIGSTOP)

        began = time.monotonic()
        rings = client.patch(changed, json={"name": "other faces"})  # adds a job
        saved = client.put(f"/api/v1/images/{image['id']}/landmarks", json=landmarks_body())
        took = time.monotonic() - began

    assert (saved.status_code, rings.status_code) == (200, 200), saved.text
    assert took < BROKER_SECONDS


def test_rings_beyond_what_may_wait_are_dropped_and_stay_in_the_table(broker: RedisServer):
    bell = Doorbell(broker.url)
    broker.send_signal(signal.SIGSTOP)

    for number in range(doorbell.WAITING_AT_MOST + 10):
        bell.ring("train", number)

    bell.close()


@pytest.mark.parametrize("url", ["redis://cache.example.org/0", "redis://192.168.1.5:6379", "rediss://redis"])
def test_case_094_a_broker_that_others_reach_needs_a_password(url: str):
    with pytest.raises(BrokerUnprotected):
        check_broker_url(url)


@pytest.mark.parametrize("url", ["redis://127.0.0.1/0", "redis://localhost", "redis://:x@redis:6379/0"])
def test_a_broker_of_this_machine_or_with_a_password_is_taken(url: str):
    check_broker_url(url)


@pytest.mark.parametrize("url", ["amqp://guest@localhost", "memory://", "localhost:6379"])
def test_another_kind_of_broker_is_refused_by_name(url: str):
    with pytest.raises(BrokerUnknown):
        check_broker_url(url)


def test_without_a_broker_no_client_of_one_is_imported(tmp_path):
    program = """
import sys
from pathlib import Path
from app.db import open_database
from app.settings import Settings
assert open_database(Settings(home_dir=Path(sys.argv[1]))).doorbell is None
open_database(Settings(home_dir=Path(sys.argv[1]), broker_url="redis://localhost")).close()
print(sorted({"celery", "kombu", "redis"} & set(sys.modules)))
"""
    command = [sys.executable, "-c", program, str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
