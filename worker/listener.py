"""From the progress of a fit to the database, in short transactions and not too many of them."""

import time

import structlog
from sqlalchemy.exc import OperationalError

from app.training import lifecycle
from ml.types import Progress
from worker.context import Interrupted, JobContext

RECORD_EVERY_SECONDS = 1.0
log = structlog.get_logger()


class RunListener:
    """Records progress under the fence; keeps why the fit has to stop."""

    def __init__(self, context: JobContext) -> None:
        self._context = context
        self._recorded_at = 0.0
        self.interruption: Interrupted | None = None

    def progressed(self, progress: Progress) -> None:
        """Record about one report a second, and every one with a validation error."""
        if progress.validation is None and time.monotonic() - self._recorded_at < RECORD_EVERY_SECONDS:
            return
        self._recorded_at = time.monotonic()
        try:
            self._record(progress)
        except Interrupted as interruption:
            self.interruption = interruption
        except OperationalError as error:  # a busy database costs a point of the curve, not the run
            log.warning("progress_not_recorded", error=str(error.orig))

    def wants_stop(self) -> bool:
        """Whether the run was cancelled, taken over, or the worker ends."""
        if self.interruption is not None:
            return True
        try:
            self._context.check_wanted()
        except Interrupted as interruption:
            self.interruption = interruption
        except OperationalError as error:
            log.warning("cancel_not_looked_at", error=str(error.orig))
        return self.interruption is not None

    def _record(self, progress: Progress) -> None:
        with self._context.recording() as session:
            lifecycle.record_progress(
                session,
                self._context.claim.subject_id,
                step=progress.step,
                losses=progress.losses,
                validation=progress.validation.to_json() if progress.validation else None,
                images_per_second=progress.images_per_second,
                now=self._context.clock(),
            )
