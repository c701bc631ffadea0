"""What a job function gets: a way to record under its fence, and the question whether to go on."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy.orm import Session

from app import jobs
from app.db import Database
from app.jobs import Claim, Job, JobStatus
from app.settings import Settings
from app.storage import Storage

LOOK_EVERY_SECONDS = 0.5  # how often a job asks the database whether somebody cancelled it


class Interrupted(Exception):  # not an error: somebody wants the job to end
    """The job has to end early. `code` is for the log."""

    code = "interrupted"


class Cancelled(Interrupted):
    """Somebody asked to cancel it."""

    code = "cancelled"


class ShuttingDown(Interrupted):
    """The worker ends; the job goes back to the queue."""

    code = "shutting_down"


class FenceLost(Interrupted):
    """Another attempt owns the job: nothing may be recorded any more."""

    code = "stale_attempt"


class JobFailed(Exception):
    """The job cannot succeed; another attempt would not mend it. `code` is stable."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


class JobContext:
    """One attempt at one job."""

    def __init__(
        self,
        *,
        claim: Claim,
        database: Database,
        storage: Storage,
        settings: Settings,
        clock: Callable[[], datetime],
        is_stopping: threading.Event,
    ) -> None:
        self.claim = claim
        self.database = database
        self.storage = storage
        self.settings = settings
        self.clock = clock
        self.is_stopping = is_stopping
        self.has_lost_fence = threading.Event()
        self.moves = 0  # grows as the job does; whoever watches it sees by that that it is not stuck
        self._looked_at = 0.0

    @contextmanager
    def recording(self) -> Iterator[Session]:
        """A transaction in which this attempt owns the job until the commit.

        Raises:
            FenceLost: it does not; nothing is written.

        """
        self.moves += 1
        with self.database.unit_of_work() as session:
            if not jobs.holds_fence(session, self.claim):
                self.has_lost_fence.set()
                raise FenceLost
            yield session

    def check_wanted(self) -> None:
        """Ask whether to go on; cheap enough for inner loops.

        Raises:
            Cancelled, ShuttingDown, FenceLost: stop.

        """
        self.moves += 1
        if self.has_lost_fence.is_set():
            raise FenceLost
        if self.is_stopping.is_set():
            raise ShuttingDown
        if time.monotonic() - self._looked_at < LOOK_EVERY_SECONDS:
            return
        self._looked_at = time.monotonic()
        job = self._job()
        if self.has_lost_fence.is_set():
            raise FenceLost
        if job.wants_cancel:
            raise Cancelled

    def owns_job(self) -> bool:
        """Whether this attempt still owns the job."""
        self._job()
        return not self.has_lost_fence.is_set()

    def _job(self) -> Job:
        with self.database.reading() as session:
            job = session.get_one(Job, self.claim.job_id)
        if job.attempt != self.claim.attempt or job.status != JobStatus.RUNNING:
            self.has_lost_fence.set()
        return job
