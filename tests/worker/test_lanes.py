"""The worker's lanes as threads."""

import threading

import pytest

from app.db import Database
from app.settings import Settings
from app.storage import Storage
from tests.factories import NOW
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
