"""The embedded worker: two lanes on one table, so that an import need not wait for a training run."""

import os
import signal
import socket
import threading
from contextlib import suppress
from datetime import datetime

import structlog
from sqlalchemy.exc import OperationalError

from app import jobs, migrate
from app import log as log_format
from app import tables as _all_tables
from app.db import open_database, utc_now
from app.durability import check_durable
from app.heartbeats import DUTIES, Pulse
from app.jobs import JobKind
from app.settings import Settings
from app.storage import open_storage
from worker.gpus import GpuWatch
from worker.lane import Lane, Workplace, end_process
from worker.upkeep import UPKEEP_EVERY, Upkeep

LONG = (JobKind.TRAIN,)
SHORT = tuple(kind for kind in JobKind if kind not in LONG)
END_SECONDS = 6.0  # after SIGTERM; the supervisor kills after ten
assert _all_tables.Base.metadata  # a foreign key to a table that nobody imported cannot be resolved
log = structlog.get_logger()


class LaneDied(RuntimeError):
    """A lane ended by an error; the supervisor starts the worker anew."""


class Worker:
    """Both lanes and the end of them."""

    def __init__(self, place: Workplace) -> None:
        self._place = place
        self._upkeep = Upkeep(place.database, place.settings)
        self._kept_up_at: datetime | None = None
        self._lanes = (
            Lane(place, LONG, on_hang=lambda: self._end_hung(0)),
            Lane(place, SHORT, on_hang=lambda: self._end_hung(1), upkeep=self._keep_up),
        )
        self._threads = [
            threading.Thread(target=lane.run, name=f"lane-{number}", daemon=True)
            for number, lane in enumerate(self._lanes)
        ]

    def run(self, *, parent_pid: int | None) -> bool:
        """Work until told to stop or until the parent is gone. Whether all lanes have come to an end."""
        for thread in self._threads:
            thread.start()
        pulse, gpus = Pulse(self._place.settings.work_dir, self._place.name, does=DUTIES), GpuWatch()
        gpus.start()
        while not self._place.is_stopping.wait(1.0):
            pulse.beat(gpus.seen)
            if not all(thread.is_alive() for thread in self._threads):
                # a bug outside any job: half a worker looks healthy and does nothing, so none is better
                raise LaneDied
            if parent_pid is not None and os.getppid() != parent_pid:
                log.warning("parent_gone")
                self._place.is_stopping.set()
        gpus.stop()
        pulse.stop()
        return self._end()

    def _keep_up(self, now: datetime) -> None:
        if self._kept_up_at is None or now - self._kept_up_at >= UPKEEP_EVERY:
            self._upkeep.run(now)
            self._kept_up_at = now

    def _end_hung(self, number: int) -> None:
        """End the process, as its lane hangs; the other lane's job goes back and loses no attempt by it."""
        with suppress(OperationalError):
            self._lanes[1 - number].give_back()
        end_process()

    def _end(self) -> bool:
        """Wait a little for the lanes, then give back what they hold: the fence stops whatever still runs."""
        for thread in self._threads:
            thread.join(END_SECONDS / len(self._threads))
        for lane in self._lanes:
            lane.give_back()
        return not any(thread.is_alive() for thread in self._threads)


def run_worker(
    settings: Settings,
    *,
    name: str | None = None,
    replaces: str | None = None,
    parent_pid: int | None = None,
) -> None:
    """Work on the table of these settings until SIGTERM or SIGINT.

    replaces     name of a worker that is known to be dead: its jobs are free at once
    parent_pid   end when this process is no longer the parent
    """
    log_format.configure()
    database = open_database(settings)
    migrate.await_schema(database)
    check_durable(database, settings)
    is_stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_stopping.set())
    if replaces is not None:
        with database.unit_of_work() as session:
            jobs.release_dead(session, worker=replaces, now=utc_now())
    place = Workplace(
        name=name or f"{socket.gethostname()}:{os.getpid()}",
        database=database,
        storage=open_storage(settings),
        settings=settings,
        clock=utc_now,
        is_stopping=is_stopping,
    )
    log.info("worker_ready", worker=place.name)
    if not Worker(place).run(parent_pid=parent_pid):
        os._exit(0)  # a lane is stuck in a long computation; its job has been given back
    database.close()
