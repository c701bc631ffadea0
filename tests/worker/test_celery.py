"""Jobs in real Celery workers with a real broker: what rings is done once, what does not, too."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest
from sqlalchemy import func, select

from app import jobs
from app.db import Database, utc_now
from app.doorbell import Doorbell
from app.jobs import Job, JobKind, JobStatus
from app.predictions.tables import Network, Promotion
from app.settings import Settings
from app.storage import Storage
from tests.factories import make_project
from tests.redis_server import RedisServer
from tests.worker.celery_workers import celery_worker, running, upkeep
from tests.worker.conftest import TINY, find_run, make_rectangles, request_run
from tests.worker.running import environment, until
from worker.slot import kinds_of
from worker.watch import OVERDUE, Watchdog

SELDOM = 3600  # a worker that looks at the table so seldom does what rings and nothing else
LONG_RUN = replace(TINY, steps=40)
ENDED = {"succeeded", "failed", "cancelled"}


@pytest.fixture
def settings(settings: Settings, broker: RedisServer) -> Settings:
    """Those of the worker's tests, with a broker."""
    return settings.model_copy(update={"broker_url": broker.url, "table_look_seconds": SELDOM})


@pytest.fixture
def rung(database: Database, settings: Settings) -> Iterator[Database]:
    """The database whose jobs ring."""
    ringing = Database(settings.sqlalchemy_url, doorbell=Doorbell(settings.broker_url))
    yield ringing
    ringing.close()


def add_rank(database: Database, project_id: int | None = None) -> int:
    """A quick job; of a project of its own where none is named."""
    with database.unit_of_work() as session:
        project_id = project_id or make_project(session).id
        return jobs.enqueue(
            session, JobKind.RANK, project_id=project_id, subject_id=project_id, now=utc_now()
        ).id


def find_job(database: Database, job_id: int) -> Job:
    with database.reading() as session:
        return session.get_one(Job, job_id)


def is_done(database: Database, job_id: int) -> bool:
    return find_job(database, job_id).status == JobStatus.DONE


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def send(broker: RedisServer, queue: str, body: str, headers: dict, content_type: str = "application/json"):
    """A message as anybody could write it who reaches the broker."""
    message = {
        "body": body,
        "content-encoding": "utf-8",
        "content-type": content_type,
        "headers": headers,
        "properties": {"delivery_tag": os.urandom(8).hex(), "delivery_info": {}, "correlation_id": "a"},
    }
    broker.client().lpush(queue, json.dumps(message))


def test_every_kind_is_rung_on_exactly_one_queue():
    assert sorted(kinds_of(["train", "predict", "light"])) == sorted(JobKind)
    assert kinds_of(["train"]) == (JobKind.TRAIN,)


def test_case_026_a_job_that_is_delivered_three_times_is_done_once(rung: Database, settings: Settings):
    with celery_worker(settings, "light"):
        first = add_rank(rung)
        until(lambda: is_done(rung, first))
        for _ in range(3):
            rung.doorbell.ring(JobKind.RANK, first)
        second = add_rank(rung)
        for _ in range(2):
            rung.doorbell.ring(JobKind.RANK, second)
        until(lambda: is_done(rung, second))
        until(lambda: rung.doorbell.messages("light") == 0)

    assert [find_job(rung, job_id).attempt for job_id in (first, second)] == [1, 1]


@pytest.mark.postgres
def test_case_041_processes_of_a_worker_are_spawned_and_share_no_connection(
    postgres_url: str, settings: Settings
):
    given = settings.model_copy(update={"database_url": postgres_url})
    database = Database(postgres_url, doorbell=Doorbell(given.broker_url))
    log = given.home_dir.parent / "several.log"

    with running(given, log, "--queues", "light", "--processes", "2") as process:
        until(lambda: log.read_text().count("slot_ready") == 2)
        commands = [" ".join(each.cmdline()) for each in psutil.Process(process.pid).children()]
        job_ids = [add_rank(database) for _ in range(20)]
        until(lambda: all(is_done(database, job_id) for job_id in job_ids))
    attempts = {find_job(database, job_id).attempt for job_id in job_ids}
    database.close()

    assert sum("spawn_main" in command for command in commands) == 2
    assert not any("-m worker" in command for command in commands), (
        "a forked child keeps its parent's command"
    )
    assert attempts == {1}
    assert "job_failed" not in log.read_text()
    assert "database_unavailable" not in log.read_text()


def test_case_028_what_a_broker_has_forgotten_is_rung_again(
    rung: Database, settings: Settings, broker: RedisServer
):
    job_ids = [add_rank(rung) for _ in range(3)]
    until(lambda: rung.doorbell.messages("light") == len(job_ids))
    broker.client().flushall()

    with celery_worker(settings, "light"):  # at its start it looks at the table, whatever rang
        until(lambda: all(is_done(rung, job_id) for job_id in job_ids))
        silent = add_rank(Database(settings.sqlalchemy_url))
        with upkeep(settings):
            until(lambda: is_done(rung, silent))

    assert [find_job(rung, job_id).attempt for job_id in [*job_ids, silent]] == [1] * 4


def test_case_028_a_worker_without_its_broker_finds_jobs_in_the_table(
    rung: Database, settings: Settings, broker: RedisServer
):
    patient = settings.model_copy(update={"table_look_seconds": 1})

    with celery_worker(patient, "light") as worker:
        broker.kill()
        alone = add_rank(rung)
        until(lambda: is_done(rung, alone))
        broker.start()
        back = add_rank(rung)
        until(lambda: is_done(rung, back))

        assert worker.process.poll() is None


def test_case_029_a_worker_hears_again_after_its_broker_was_restarted_many_times(
    rung: Database, settings: Settings, broker: RedisServer
):
    with celery_worker(settings, "light") as worker, upkeep(settings):
        for _ in range(5):
            broker.kill()
            time.sleep(0.2)
            broker.start()
        began = time.monotonic()
        job_id = add_rank(rung)
        until(lambda: is_done(rung, job_id))

        assert time.monotonic() - began < 60  # promised are 30 s, on a machine that is not under load
        written = worker.log().splitlines()  # Celery's own lines, too
    assert [line for line in written if not line.startswith("{")] == []
    said = [json.loads(line) for line in written]
    assert any(line.get("logger", "").startswith("celery") for line in said)
    assert {line["event"] for line in said if line.get("job") == job_id} == {"job_begins", "job_done"}


def test_case_024_the_job_of_a_killed_celery_process_is_taken_up_again(
    rung: Database, storage: Storage, settings: Settings
):
    project_id = make_rectangles(rung, storage)

    with celery_worker(settings, "train") as worker:
        run_id = request_run(rung, project_id, LONG_RUN)
        until(lambda: find_run(rung, run_id).step >= 10)
        os.kill(worker.slot().pid, signal.SIGKILL)
        until(lambda: find_run(rung, run_id).status in ENDED)

    run = find_run(rung, run_id)
    assert (run.status, run.error_detail, run.attempt) == ("succeeded", None, 2)
    assert (count(rung, Network), count(rung, Promotion)) == (1, 1)


def test_case_024_the_job_of_a_killed_celery_worker_is_done_by_another(
    rung: Database, storage: Storage, settings: Settings
):
    project_id = make_rectangles(rung, storage)

    with celery_worker(settings, "train", name="first") as first:
        run_id = request_run(rung, project_id, LONG_RUN)
        until(lambda: find_run(rung, run_id).step >= 10)
        first.process.kill()
        until(lambda: first.process.poll() is not None)
    with celery_worker(settings, "train", name="second"), upkeep(settings):
        until(lambda: find_run(rung, run_id).status in ENDED)

    assert (find_run(rung, run_id).status, find_run(rung, run_id).attempt) == ("succeeded", 2)
    assert count(rung, Network) == 1


def test_case_128_a_worker_that_is_told_to_stop_gives_its_run_back(
    rung: Database, storage: Storage, settings: Settings
):
    project_id = make_rectangles(rung, storage)

    with celery_worker(settings, "train") as worker:
        run_id = request_run(rung, project_id, replace(TINY, steps=100_000))
        until(lambda: find_run(rung, run_id).step >= 5)
        worker.process.terminate()
        status = worker.process.wait(30)

    assert status == 0
    assert find_run(rung, run_id).status == "queued"
    with rung.reading() as session:
        job = jobs.find_job(session, JobKind.TRAIN, run_id)
        assert (job.status, job.max_attempts) == ("queued", 3)


def test_case_033_messages_that_are_no_jobs_are_refused_and_the_worker_goes_on(
    rung: Database, settings: Settings, broker: RedisServer
):
    task = {"task": "equimark.do_job", "id": "a", "lang": "py"}
    arguments = json.dumps([[7], {}, {}])
    pickled = "gASVIAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAV0b3VjaJSFlFKULg=="

    with celery_worker(settings, "light") as worker:
        send(broker, "light", pickled, task, "application/x-python-serialize")
        send(broker, "light", arguments, {"task": "os.system", "id": "b", "lang": "py"})
        send(broker, "light", "{not json", task)
        send(broker, "light", json.dumps([[{"a": 1}], {}, {}]), task)
        send(broker, "light", json.dumps([["1; DROP TABLE jobs"], {}, {}]), task)
        send(broker, "light", json.dumps([[10**30], {}, {}]), task)
        send(broker, "light", json.dumps([[99_999_999], {}, {}]), task)
        job_id = add_rank(rung)
        until(lambda: is_done(rung, job_id))

        assert worker.process.poll() is None


@pytest.mark.parametrize(
    ("queues", "broker_url", "code"),
    [
        ("train", "", "broker_missing"),
        ("train", "redis://redis.example.org", "broker_unprotected"),
        ("trains", "redis://localhost", "queue_unknown"),
    ],
)
def test_a_worker_that_could_never_work_refuses_in_one_line(
    database: Database, settings: Settings, queues: str, broker_url: str, code: str
):
    given = settings.model_copy(update={"broker_url": broker_url})
    command = [sys.executable, "-m", "worker", "--queues", queues]

    done = subprocess.run(command, env=environment(given), capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.strip().endswith(f"[{code}]")


class TestWatchdog:
    def test_it_rings_for_a_job_that_nobody_announced(
        self, rung: Database, settings: Settings, broker: RedisServer
    ):
        add_rank(Database(settings.sqlalchemy_url))
        later = utc_now() + OVERDUE

        Watchdog(rung).look(later)
        until(lambda: rung.doorbell.messages("light") == 1)
        Watchdog(rung).look(later)  # the message waits already: the worker is only busy
        rung.close()

        assert broker.client().llen("light") == 1

    def test_it_goes_on_while_the_broker_is_away(self, rung: Database, broker: RedisServer):
        add_rank(rung)
        broker.kill()

        Watchdog(rung).look(utc_now() + OVERDUE)

    def test_a_job_that_is_due_only_now_is_left_to_the_doorbell(
        self, rung: Database, settings: Settings, broker: RedisServer
    ):
        add_rank(Database(settings.sqlalchemy_url))

        Watchdog(rung).look(utc_now())
        rung.close()

        assert broker.client().llen("light") == 0
