"""The worker's lanes as threads."""

import json
import threading
from collections.abc import Callable

import pytest

from app import jobs, log
from app.db import Database, utc_now
from app.jobs import JobKind
from app.settings import Settings
from app.storage import Storage
from tests.factories import NOW, make_project
from worker.lane import Workplace
from worker.loop import LaneDied, Worker


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_worker_whose_lane_died_ends_so_that_the_supervisor_replaces_it(
    database: Database, storage: Storage, settings: Settings
):
    place = Workplace(
        name="a worker",
        database=database,
        storage=storage,
        settings=settings,
        clock=lambda: NOW,
        is_stopping=threading.Event(),
    )
    worker = Worker(place)
    worker._lanes[1]._upkeep = lambda _: 1 / 0

    with pytest.raises(LaneDied):
        worker.run(parent_pid=None)

    place.is_stopping.set()
    for thread in worker._threads:
        thread.join()


def test_every_line_about_a_job_carries_its_id(
    database: Database, work: Callable[[], int], capsys: pytest.CaptureFixture[str]
):
    with database.unit_of_work() as session:
        project_id = make_project(session).id
        job = jobs.enqueue(session, JobKind.RANK, project_id=project_id, subject_id=project_id, now=utc_now())
    log.configure()
    capsys.readouterr()

    work()

    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in said] == ["job_begins", "job_done"]
    assert {(line["job"], line["kind"], line["attempt"]) for line in said} == {(job.id, "rank", 1)}
