"""One thread that takes jobs of some kinds from the table and does them, one after the other."""

import os
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy.exc import OperationalError
from structlog.contextvars import bound_contextvars

from app import jobs
from app.db import Database
from app.jobs import Claim, JobKind
from app.log import thread_with_ids
from app.settings import Settings
from app.storage import Storage
from worker import failures
from worker.context import FenceLost, Interrupted, JobContext
from worker.registry import FUNCTIONS

LOOK_EVERY_SECONDS = 0.5  # for due jobs; the table is the truth, so no doorbell can be lost
RECORD_TRIES = 3
# these look up at every batch, so minutes without that are a library or a driver that never comes back; the
# longest honest pause is the export of a network with the comparison of it
WATCHED = (JobKind.TRAIN, JobKind.PREDICT)
HUNG_AFTER_SECONDS = 15 * 60.0
log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """What all lanes of one worker share."""

    name: str
    database: Database
    storage: Storage
    settings: Settings
    clock: Callable[[], datetime]
    is_stopping: threading.Event

    @property
    def lease(self) -> timedelta:
        """How long a job is held without a heartbeat."""
        return timedelta(seconds=self.settings.job_lease_seconds)


def end_process() -> None:
    """A thread that hangs cannot be ended alone; what started this process starts another one."""
    os._exit(1)


class Lane:
    """Takes jobs until the worker stops. `on_hang` is called, in another thread, for one that never ends."""

    def __init__(
        self,
        place: Workplace,
        kinds: Sequence[JobKind],
        *,
        upkeep: Callable[[datetime], None] | None = None,
        on_hang: Callable[[], None] = end_process,
    ) -> None:
        self._place = place
        self._kinds = tuple(kinds)
        self._upkeep = upkeep
        self._on_hang = on_hang
        self.current: Claim | None = None

    def run(self) -> None:
        """Until the worker stops."""
        place = self._place
        while not place.is_stopping.is_set():
            try:
                if self._upkeep is not None:
                    self._upkeep(place.clock())
                if self.do_one():
                    continue
            except OperationalError as error:  # busy, or away for a moment: the table will be there again
                log.warning("database_unavailable", error=str(error.orig))
            place.is_stopping.wait(LOOK_EVERY_SECONDS)

    def do_one(self) -> bool:
        """Claim one job and do it; False when none is due."""
        claim = self._claim()
        if claim is not None:
            self._hold(claim)
        return claim is not None

    def do_rung(self, job_id: int) -> None:
        """Do the job that a message names, unless it is done already or somebody else has it."""
        place = self._place
        with place.database.unit_of_work() as session:
            claim = jobs.claim_rung(session, job_id, worker=place.name, now=place.clock(), lease=place.lease)
        if claim is not None:
            self._hold(claim)

    def give_back(self) -> None:
        """Put back the job that is still being done: the worker ends, and the fence stops what runs on."""
        if (claim := self.current) is not None:
            with self._place.database.unit_of_work() as session:
                failures.record_return(session, claim, now=self._place.clock())

    def _hold(self, claim: Claim) -> None:
        self.current = claim
        ids = {"job": claim.job_id, "kind": claim.kind, "attempt": claim.attempt}
        try:
            with bound_contextvars(**ids, project=claim.project_id):
                log.info("job_begins", worker=self._place.name)
                self._do(claim)
        finally:
            self.current = None

    def _claim(self) -> Claim | None:
        place, now = self._place, self._place.clock()
        with place.database.reading() as session:
            if not jobs.has_due(session, now=now, kinds=self._kinds):
                return None
        with place.database.unit_of_work() as session:
            return jobs.claim_next(session, worker=place.name, now=now, lease=place.lease, kinds=self._kinds)

    def _do(self, claim: Claim) -> None:
        context = JobContext(
            claim=claim,
            database=self._place.database,
            storage=self._place.storage,
            settings=self._place.settings,
            clock=self._place.clock,
            is_stopping=self._place.is_stopping,
        )
        with Heartbeat(self._place, context, on_hang=self._on_hang):
            ending = _ending_of(context)
        # where it cannot be recorded the lease runs out, and the job is taken up again or failed by upkeep
        for _ in range(RECORD_TRIES):
            try:
                with self._place.database.unit_of_work() as session:
                    ending(session, claim, now=self._place.clock())
            except OperationalError as error:
                log.warning("ending_not_recorded", error=str(error.orig))
            else:
                return


def _ending_of(context: JobContext) -> Callable[..., object]:
    """Do the job; what is to be recorded in the end."""
    claim = context.claim
    try:
        FUNCTIONS[JobKind(claim.kind)](context)
    except Interrupted as interruption:
        log.info("job_interrupted", by=interruption.code)
        return failures.INTERRUPTED[type(interruption)]
    except (
        Exception
    ) as error:  # a bug in one job must not end the worker, and the job has to say that it failed
        if not context.owns_job():  # e.g. the attempt that took over has removed the files
            log.info("job_interrupted", by=FenceLost.code)
            return failures.record_nothing
        if failures.is_passing(error):  # the lease runs out, and another attempt does it
            log.warning("job_interrupted", by=type(error).__name__, error=str(error))
            return failures.record_nothing
        code, detail = failures.code_and_detail(error)
        log.warning("job_failed", code=code, exc_info=error if code == "internal" else None)
        return partial(failures.record_failure, code=code, detail=detail)
    log.info("job_done")
    return jobs.finish


class Heartbeat:
    """Prolongs a job's lease in a thread of its own while the job is done, unless that has come to a halt."""

    def __init__(self, place: Workplace, context: JobContext, *, on_hang: Callable[[], None]) -> None:
        self._place = place
        self._context = context
        self._on_hang = on_hang
        self._moves, self._idle_seconds = 0, 0.0
        self._is_over = threading.Event()
        self._thread = thread_with_ids(self._beat, name="heartbeat")

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _beat(self) -> None:
        place = self._place
        every_seconds = place.settings.job_lease_seconds / 3
        while not self._is_over.wait(every_seconds):
            if self._hangs(every_seconds):
                log.error("job_hangs", seconds=self._idle_seconds)
                self._on_hang()
                return
            # a busy database: the next beat is in time, the lease is three of them long
            with suppress(OperationalError), place.database.unit_of_work() as session:
                claim, now = self._context.claim, place.clock()
                if not jobs.heartbeat(session, claim, now=now, lease=place.lease):
                    self._context.has_lost_fence.set()
                    return

    def _hangs(self, seconds: float) -> bool:
        """Counted in beats: a process that was stopped and woke again has its job's time before it."""
        is_watched = self._context.claim.kind in WATCHED
        has_moved = self._context.moves != self._moves
        self._moves = self._context.moves
        self._idle_seconds = 0.0 if has_moved or not is_watched else self._idle_seconds + seconds
        return self._idle_seconds >= HUNG_AFTER_SECONDS
