"""Upkeep as a process of its own: where Celery workers do the jobs, somebody has to see what is due.

Celery's own beat would put the upkeep behind the broker, and then nobody would see that it is gone.
"""

import os
import signal
import socket
import threading
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import OperationalError

from app import jobs, migrate
from app import log as log_format
from app.db import Database, open_database, utc_now
from app.doorbell import QUEUES, BrokerUnreachable
from app.durability import check_durable
from app.heartbeats import UPKEEP, Pulse
from app.settings import Settings
from worker.slot import kinds_of
from worker.upkeep import UPKEEP_EVERY, Upkeep

OVERDUE = timedelta(seconds=5)  # a worker that hears the doorbell takes a job within milliseconds
log = structlog.get_logger()


class Watchdog:
    """Rings again where a job waits and the broker holds no message: it has forgotten, or was away."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._looked_at: datetime | None = None

    def look(self, now: datetime) -> None:
        """Once in a while; a worker that is only busy has a message waiting already."""
        if self._looked_at is not None and now - self._looked_at < OVERDUE:
            return
        self._looked_at = now
        for name in QUEUES:
            with self._database.reading() as session:
                due = jobs.longest_due(session, now=now, kinds=kinds_of([name]))
            if due is not None and due.waited >= OVERDUE:
                self._ring_again(name, due)

    def _ring_again(self, name: str, due: jobs.Due) -> None:
        doorbell = self._database.doorbell
        if doorbell is None:
            return
        try:
            is_forgotten = doorbell.messages(name) == 0
        except BrokerUnreachable as error:
            log.warning("broker_unreachable", error=str(error))
            return
        if is_forgotten:
            log.warning("job_waits", job=due.job_id, queue=name, seconds=round(due.waited.total_seconds(), 1))
            doorbell.ring(due.kind, due.job_id)


def run_upkeep(settings: Settings) -> None:
    """Keep up until SIGTERM or SIGINT."""
    log_format.configure()
    database = open_database(settings)
    migrate.await_schema(database)
    check_durable(database, settings)
    is_stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: is_stopping.set())
    name = f"{socket.gethostname()}:{os.getpid()}"
    upkeep, watchdog = Upkeep(database, settings), Watchdog(database)
    pulse = Pulse(settings.work_dir, name, does=[UPKEEP])
    log.info("upkeep_ready", worker=name)
    while not is_stopping.is_set():
        try:
            pulse.beat()
            upkeep.run(utc_now())
            watchdog.look(utc_now())
        except (OperationalError, OSError) as error:  # away for a moment, or a full disk
            log.warning("upkeep_disturbed", error=str(error))
        is_stopping.wait(UPKEEP_EVERY.total_seconds())
    pulse.stop()
    database.close()
