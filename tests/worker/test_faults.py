"""Workers that are killed, stopped or starved, as processes of their own."""

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

import psutil
from sqlalchemy import func, select

from app.db import Database, utc_now
from app.predictions import repository as predictions
from app.predictions.tables import Network, Promotion
from app.settings import Settings
from app.storage import Storage
from app.training import repository as runs
from tests.worker.conftest import TINY, find_run, make_rectangles, request_run
from tests.worker.running import environment, serving, until

LONG_RUN = replace(TINY, steps=60)
ENDED = {"succeeded", "failed", "cancelled"}


@contextmanager
def working(
    settings: Settings, *, name: str, file_limit_bytes: int | None = None
) -> Iterator[subprocess.Popen]:
    """`python -m worker`; killed at the end, however it stands."""
    command = [sys.executable, "-m", "worker", "--name", name]
    with (settings.home_dir.parent / f"{name}.log").open("w") as log:
        process = subprocess.Popen(command, env=environment(settings), stderr=log)
    if file_limit_bytes is not None:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (file_limit_bytes, file_limit_bytes))
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def suspend_between_writes(pid: int, settings: Settings) -> None:
    """Stop a process while it does not hold SQLite's one write lock.

    Who is stopped within a write keeps the lock, and nobody else writes until it wakes; what a
    lease promises is about those who can write.
    """
    process = psutil.Process(pid)
    for _ in range(1_000):
        process.suspend()
        with closing(sqlite3.connect(settings.home_dir / "equimark.sqlite3", timeout=0)) as probe:
            try:
                probe.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                process.resume()
                time.sleep(0.01)
            else:
                return
    raise AssertionError("the process never let go of the lock")


def counted(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_case_024_a_killed_training_child_is_replaced_and_the_run_resumes_once(
    database: Database, storage: Storage, settings: Settings
):
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id, LONG_RUN)

    with serving(settings) as service:
        until(lambda: find_run(database, run_id).step >= 12)
        worker = service.worker()
        os.kill(worker.pid, signal.SIGKILL)
        killed, killed_at = utc_now(), find_run(database, run_id).step
        until(lambda: find_run(database, run_id).status in ENDED)
        page = service.text(f"/projects/{project_id}/training")

    run = find_run(database, run_id)
    with database.reading() as session:
        later = [point.step for point in runs.points_of(session, run_id) if point.at > killed]
    assert (run.status, run.error_detail) == ("succeeded", None)
    assert run.attempt == 2
    assert min(later) > killed_at - LONG_RUN.save_every  # it went on from the last state
    assert (counted(database, Network), counted(database, Promotion)) == (1, 1)
    assert "attempt 2" in page


def test_case_024_a_run_whose_worker_is_lost_twice_fails_with_a_code(
    database: Database, storage: Storage, settings: Settings
):
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id, replace(TINY, steps=100_000))

    for attempt in (1, 2):
        with working(settings, name=f"worker-{attempt}"):
            until(lambda: find_run(database, run_id).attempt == attempt)  # noqa: B023  # asked at once
    with working(settings, name="worker-3"):
        until(lambda: find_run(database, run_id).status in ENDED)

    assert (find_run(database, run_id).status, find_run(database, run_id).error_code) == (
        "failed",
        "worker_lost",
    )
    assert counted(database, Network) == 0


def test_case_027_a_worker_that_slept_past_its_lease_publishes_nothing(
    database: Database, storage: Storage, settings: Settings
):
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id, LONG_RUN)

    with working(settings, name="sleeper") as sleeper:
        until(lambda: find_run(database, run_id).step >= 12)
        suspend_between_writes(sleeper.pid, settings)
        with working(settings, name="other"):
            until(lambda: find_run(database, run_id).status in ENDED)
        ended = find_run(database, run_id)
        psutil.Process(sleeper.pid).resume()
        log = settings.home_dir.parent / "sleeper.log"
        until(lambda: "stale_attempt" in log.read_text())

    run = find_run(database, run_id)
    assert (run.status, run.attempt, run.finished_at) == ("succeeded", 2, ended.finished_at)
    assert (counted(database, Network), counted(database, Promotion)) == (1, 1)
    with database.reading() as session:
        assert max(point.at for point in runs.points_of(session, run_id)) <= ended.finished_at


def test_case_028_a_job_that_nobody_announced_is_found_in_the_table(
    database: Database, storage: Storage, settings: Settings
):
    project_id = make_rectangles(database, storage)

    with working(settings, name="worker"):
        run_id = request_run(database, project_id)
        until(lambda: find_run(database, run_id).status in ENDED)

    assert find_run(database, run_id).status == "succeeded"


def test_case_037_a_full_disk_fails_the_run_and_leaves_the_current_network(
    database: Database, storage: Storage, settings: Settings
):
    project_id = make_rectangles(database, storage)
    first = request_run(database, project_id)
    with working(settings, name="before"):
        until(lambda: find_run(database, first).status in ENDED)
    run_id = request_run(database, project_id, replace(TINY, steps=8, save_every=2))

    with working(settings, name="starved", file_limit_bytes=1_000_000):
        until(lambda: find_run(database, run_id).status in ENDED)

    assert (find_run(database, run_id).status, find_run(database, run_id).error_code) == (
        "failed",
        "no_space",
    )
    with database.reading() as session:
        current = predictions.find_current_network(session, project_id)
        assert current is not None
        assert current.run_id == first
    assert [path for path in settings.home_dir.rglob("*") if path.name.endswith((".tmp", ".part"))] == []
