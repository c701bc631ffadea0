"""What is due without anybody asking. Looks first without a lock, writes only where something is to do."""

import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog

from app import events, heartbeats, idempotency, jobs
from app.db import Database
from app.images import repository as images
from app.jobs import JobKind
from app.queue import service as queue
from app.settings import Settings
from app.training import repository as runs
from app.training import service as training
from app.training.targets import networks_behind
from app.users import limits
from worker.failures import record_loss

UPKEEP_EVERY = timedelta(seconds=2)
FORGET_EVERY = timedelta(minutes=10)
SCRATCH_KEPT = timedelta(days=1)
log = structlog.get_logger()


class Upkeep:
    """One worker's upkeep; several workers may do it at once."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._settings = settings
        self._forgot_at: datetime | None = None
        self._swept_at: datetime | None = None

    def run(self, now: datetime) -> None:
        """Everything that is due at `now`."""
        self._fail_lost_jobs(now)
        if self._settings.auto_train:
            self._consider_runs(now)
        self._consider_predictions(now)
        if self._forgot_at is None or now - self._forgot_at >= FORGET_EVERY:
            self._forget(now)
            self._consider_waiting_images(now)
            self._forgot_at = now

    def _fail_lost_jobs(self, now: datetime) -> None:
        with self._database.reading() as session:
            if not jobs.has_lost(session, now=now):
                return
        with self._database.unit_of_work() as session:
            for job in jobs.lost_jobs(session, now=now):
                log.warning("job_lost", job=job.id, kind=job.kind, attempts=job.attempt)
                record_loss(session, job, now=now)

    def _consider_runs(self, now: datetime) -> None:
        with self._database.reading() as session:
            if not training.due_runs(session):
                return
        # another worker may have seen the same labels at the same moment
        with suppress(training.TrainingAlreadyRunning), self._database.unit_of_work() as session:
            training.consider_runs(session, now=now)

    def _consider_predictions(self, now: datetime) -> None:
        with self._database.reading() as session:
            if not networks_behind(session):
                return
        with self._database.unit_of_work() as session:
            for network in networks_behind(session):
                jobs.enqueue_once(
                    session, JobKind.PREDICT, project_id=network.project_id, subject_id=network.id, now=now
                )

    def _consider_waiting_images(self, now: datetime) -> None:
        """Images that an import left behind, be it that it broke off or that their files were away."""
        with self._database.reading() as session:
            if not images.projects_waiting(session):
                return
        with self._database.unit_of_work() as session:
            for project_id in images.projects_waiting(session):
                jobs.enqueue_once(
                    session, JobKind.PREPARE, project_id=project_id, subject_id=project_id, now=now
                )

    def _forget(self, now: datetime) -> None:
        with self._database.unit_of_work() as session:
            events.forget_old(session, now=now)
            queue.forget_expired_holds(session, now=now)
            limits.forget_old(session, now=now)
        self._forget_answers(now)
        self._remove_old_states()
        self._remove_old_scratch(now)
        heartbeats.forget_old(self._settings.work_dir, now=now)
        if self._swept_at is None or now - self._swept_at >= SCRATCH_KEPT:  # it walks through all blobs
            self._remove_old_parts(now)
            self._swept_at = now

    def _forget_answers(self, now: datetime) -> None:
        """In small transactions, since there may be many the first time."""
        is_left = True
        while is_left:
            with self._database.unit_of_work() as session:
                is_left = idempotency.forget_old(session, now=now) > 0

    def _remove_old_scratch(self, now: datetime) -> None:
        """Remove what a killed import or export left unpacked; none takes a day."""
        for folder in self._settings.work_dir.glob("exchange-*"):
            if datetime.fromtimestamp(folder.stat().st_mtime, UTC) < now - SCRATCH_KEPT:
                shutil.rmtree(folder, ignore_errors=True)

    def _remove_old_parts(self, now: datetime) -> None:
        """Remove files that a killed process had begun to store."""
        for part in self._settings.blobs_dir.rglob(".*.part"):
            with suppress(FileNotFoundError):  # its writer, or another worker
                if datetime.fromtimestamp(part.stat().st_mtime, UTC) < now - SCRATCH_KEPT:
                    part.unlink()

    def _remove_old_states(self) -> None:
        """Remove the folders of runs that have ended; the state of an active one is needed to resume it."""
        for folder in self._settings.work_dir.glob("run-*"):
            with self._database.reading() as session:
                run = runs.find_run(session, int(folder.name.removeprefix("run-")))
            if run is None or run.status not in runs.ACTIVE:
                shutil.rmtree(folder, ignore_errors=True)
