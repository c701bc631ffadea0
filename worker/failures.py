"""What a job that ended without success leaves in its own table and in that of its subject."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import cast

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app import jobs
from app.errors import DomainError, InsufficientStorage, StorageUnavailable
from app.exchange.tables import Export, Import
from app.jobs import Claim, Job, JobKind, JobStatus
from app.storage import NO_SPACE
from app.training import lifecycle
from worker.context import Cancelled, FenceLost, Interrupted, JobFailed, ShuttingDown

SUBJECTS: Mapping[str, type[Import] | type[Export]] = {JobKind.IMPORT: Import, JobKind.EXPORT: Export}
TRAINING_PACKAGES = {"torch", "safetensors", "onnx", "onnxscript"}
LOST = "The worker ended while it was doing this, more than once."


BROKE = "Something broke in the worker; its log says what."


def code_and_detail(error: Exception) -> tuple[str, str]:
    """The stable code of a failure and the sentence for people."""
    if isinstance(error, JobFailed):
        return error.code, str(error)
    if isinstance(error, InsufficientStorage) or _is_full(error):
        return "no_space", "The disk of the worker is full; nothing was changed."
    if isinstance(error, ImportError) and error.name in TRAINING_PACKAGES:
        return "training_not_installed", "Training needs more packages: pip install 'equimark[train]'"
    if isinstance(error, DomainError):
        return error.code(), str(error)
    return "internal", BROKE


def is_passing(error: Exception) -> bool:
    """Whether the same may well succeed soon: the database cut the connection, or the bucket is away."""
    if isinstance(error, StorageUnavailable):
        return True
    return isinstance(error, DBAPIError) and error.connection_invalidated and not _is_full(error)


def _is_full(error: Exception) -> bool:
    if isinstance(error, OSError):
        return error.errno in NO_SPACE
    return isinstance(error, DBAPIError) and "disk is full" in str(error.orig)


def record_failure(session: Session, claim: Claim, *, code: str, detail: str, now: datetime) -> None:
    """The job failed for good."""
    if jobs.fail(session, claim, now=now, code=code, detail=detail):
        _fail_subject(session, claim.kind, claim.subject_id, code=code, detail=detail, now=now)


def record_cancel(session: Session, claim: Claim, *, now: datetime) -> None:
    """The job stopped because somebody asked."""
    if not jobs.mark_cancelled(session, claim, now=now):
        return
    if claim.kind == JobKind.TRAIN:
        lifecycle.stop(session, claim.subject_id, now=now)
    else:
        _fail_subject(session, claim.kind, claim.subject_id, code="cancelled", detail="Cancelled.", now=now)


def record_return(session: Session, claim: Claim, *, now: datetime) -> None:
    """The job goes back to the queue, because the worker ends."""
    if not jobs.hand_back(session, claim, now=now):
        return
    if claim.kind == JobKind.TRAIN:
        lifecycle.wait_again(session, claim.subject_id, now=now)
    elif (row := _find_subject(session, claim.kind, claim.subject_id)) is not None:
        row.status = "queued"


def record_loss(session: Session, job: Job, *, now: datetime) -> None:
    """No worker came back from this job."""
    job.status, job.finished_at, job.lease_until = JobStatus.FAILED, now, None
    job.error_code, job.error_detail = "worker_lost", LOST
    _fail_subject(session, job.kind, job.subject_id, code="worker_lost", detail=LOST, now=now)


def record_nothing(_session: Session, _claim: Claim, *, now: datetime) -> None:
    """Another attempt owns the job: it is not ours to say anything about it."""


INTERRUPTED: Mapping[type[Interrupted], Callable[..., None]] = {
    Cancelled: record_cancel,
    ShuttingDown: record_return,
    FenceLost: record_nothing,
}


def _fail_subject(
    session: Session, kind: str, subject_id: int, *, code: str, detail: str, now: datetime
) -> None:
    if kind == JobKind.TRAIN:
        lifecycle.fail(session, subject_id, code=code, detail=detail, now=now)
    elif (row := _find_subject(session, kind, subject_id)) is not None and row.status != "done":
        row.status, row.finished_at = "failed", now
        row.error_code, row.error_detail = code[:64], detail[:2000]


def _find_subject(session: Session, kind: str, subject_id: int) -> Import | Export | None:
    table = SUBJECTS.get(kind)
    return cast("Import | Export | None", session.get(table, subject_id) if table else None)
