"""One process of a Celery worker. What rings is done at once; what nobody rang for is found in the table.

So a broker that forgot everything, was away, or does not reach this worker any more costs seconds and no job.
"""

import os
import threading
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import OperationalError

from app import jobs
from app.doorbell import queue_of
from app.jobs import JobKind
from worker.lane import Lane, Workplace

END_SECONDS = 8.0  # whoever stops containers waits ten seconds, if nobody told it otherwise
log = structlog.get_logger()


def kinds_of(queues: Sequence[str]) -> tuple[JobKind, ...]:
    """The kinds of job that are rung on these queues."""
    return tuple(kind for kind in JobKind if queue_of(kind) in queues)


class Slot:
    """Does one job at a time: in the main thread what rings, in a second one what the table has."""

    def __init__(self, place: Workplace, queues: Sequence[str]) -> None:
        self._place = place
        self._lane = Lane(place, kinds_of(queues))
        self._turn = threading.Lock()
        self._is_alone = False  # no job is held any more by the process that stood here before
        self._looker = threading.Thread(target=self._look, name="looker", daemon=True)

    def start(self) -> None:
        """Begin to look; returns at once, also where the database is away."""
        self._looker.start()

    def do_rung(self, job_id: int) -> None:
        """Do the job that a message names. Where the database is away, the table brings it later."""
        with self._turn:
            if self._place.is_stopping.is_set():
                return
            try:
                self._release_predecessor()
                self._lane.do_rung(job_id)
            except OperationalError as error:
                log.warning("database_unavailable", error=str(error.orig))

    def stop(self) -> None:
        """Ask what runs to come to an end; returns at once."""
        self._place.is_stopping.set()

    def end(self) -> None:
        """Wait a little for what runs, then give it back."""
        self.stop()
        self._looker.join(END_SECONDS)
        self._lane.give_back()
        self._place.database.close()

    def _look(self) -> None:
        place = self._place
        while not place.is_stopping.is_set():
            has_found = False
            try:
                with self._turn:
                    self._release_predecessor()
                    has_found = self._lane.do_one()
            except OperationalError as error:
                log.warning("database_unavailable", error=str(error.orig))
            except Exception:  # a bug outside any job
                log.exception("looker_died")
                os._exit(1)  # half a worker looks healthy; Celery starts a whole one
            if not has_found:
                place.is_stopping.wait(place.settings.table_look_seconds)

    def _release_predecessor(self) -> None:
        """Free what the process held that stood here before and died, or its lease would have to run out.

        Once, and before this one takes a job: it has the same name, and would lose what it has just begun.
        """
        if self._is_alone:
            return
        with self._place.database.unit_of_work() as session:
            jobs.release_dead(session, worker=self._place.name, now=self._place.clock())
        self._is_alone = True
