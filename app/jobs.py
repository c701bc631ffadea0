"""The job table: the truth about background work. A broker, where there is one, only rings the doorbell.

A worker claims a job by compare-and-set and gets an attempt number, its fence: everything that it reports
later names that attempt and changes nothing once another worker has taken the job over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import structlog
from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    and_,
    case,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import DOORBELL, Base, BigId, Id, JsonValue, UtcDateTime, after_commit, changed_rows

log = structlog.get_logger()


class JobKind(StrEnum):
    """What can be done in the background; worker/registry.py names the function of each."""

    TRAIN = "train"
    PREDICT = "predict"
    RANK = "rank"
    IMPORT = "import"
    EXPORT = "export"
    PREPARE = "prepare"


class JobStatus(StrEnum):
    """Life of a job."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Job(Base):
    """One piece of background work about one row (`subject_id`) of its kind's own table."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint("status IN ('queued','running','done','failed','cancelled')", name="status"),
        Index("ix_jobs_status_due_at", "status", "due_at"),
        Index("ix_jobs_kind_subject_id", "kind", "subject_id"),
    )

    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(String(16))
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    subject_id: Mapped[int] = mapped_column(BigId)
    status: Mapped[str] = mapped_column(String(16), default=JobStatus.QUEUED)
    priority: Mapped[int] = mapped_column(default=0)
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=2)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    worker: Mapped[str | None] = mapped_column(String(128))
    wants_cancel: Mapped[bool] = mapped_column(default=False)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_detail: Mapped[str | None] = mapped_column(String(2000))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    payload: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)


@dataclass(frozen=True)
class Claim:
    """What a worker holds: the job and its fence."""

    job_id: int
    kind: str
    project_id: int
    subject_id: int
    attempt: int


@dataclass(frozen=True)
class Due:
    """A job that nobody has taken yet, and for how long it could have been."""

    job_id: int
    kind: JobKind
    waited: timedelta


def enqueue(
    session: Session,
    kind: JobKind,
    *,
    project_id: int,
    subject_id: int,
    now: datetime,
    priority: int = 0,
    max_attempts: int = 2,
) -> Job:
    """Add a job; workers see it, and the doorbell rings, once this transaction is committed."""
    job = Job(
        kind=kind,
        project_id=project_id,
        subject_id=subject_id,
        priority=priority,
        max_attempts=max_attempts,
        due_at=now,
        created_at=now,
    )
    session.add(job)
    session.flush()
    # whoever asked for it is bound to this line, and the job's own lines carry its id
    after_commit(session, partial(log.info, "job_added", job=job.id, kind=kind, project=project_id))
    _ring(session, kind, job.id)
    return job


def _ring(session: Session, kind: str, job_id: int) -> None:
    if (doorbell := session.info.get(DOORBELL)) is not None:
        after_commit(session, partial(doorbell.ring, kind, job_id))


def enqueue_once(session: Session, kind: JobKind, *, project_id: int, subject_id: int, now: datetime) -> Job:
    """Add a job unless the same one already waits; a running one may have read too early."""
    waiting = select(Job).where(
        Job.kind == kind, Job.subject_id == subject_id, Job.status == JobStatus.QUEUED
    )
    found = session.scalars(waiting.limit(1)).first()
    return found or enqueue(session, kind, project_id=project_id, subject_id=subject_id, now=now)


def find_job(session: Session, kind: JobKind, subject_id: int) -> Job | None:
    """The newest job of this kind about this subject."""
    same = select(Job).where(Job.kind == kind, Job.subject_id == subject_id)
    return session.scalars(same.order_by(Job.id.desc()).limit(1)).first()


def has_due(session: Session, *, now: datetime, kinds: Sequence[str] = tuple(JobKind)) -> bool:
    """Whether there is something to claim; a look that takes no lock."""
    return session.scalar(select(Job.id).where(_is_free(now), Job.kind.in_(kinds)).limit(1)) is not None


def longest_due(session: Session, *, now: datetime, kinds: Sequence[str] = tuple(JobKind)) -> Due | None:
    """The job that has waited longest for a worker, with its wait; one that lost its worker waits, too."""
    since = case((Job.status == JobStatus.QUEUED, Job.due_at), else_=Job.lease_until)
    due = select(Job.id, Job.kind, since).where(_is_free(now), Job.kind.in_(kinds))
    found = session.execute(due.order_by(since).limit(1)).first()
    return None if found is None else Due(found[0], JobKind(found[1]), now - found[2])


def claim_next(
    session: Session, *, worker: str, now: datetime, lease: timedelta, kinds: Sequence[str] = tuple(JobKind)
) -> Claim | None:
    """Take the most urgent due job, or one whose worker went silent and that has an attempt left."""
    free = _is_free(now)
    candidates = select(Job.id, Job.attempt).where(free, Job.kind.in_(kinds))
    candidates = candidates.order_by(Job.priority.desc(), Job.id).limit(8).with_for_update(skip_locked=True)
    for job_id, attempt in session.execute(candidates).all():
        by = {"worker": worker, "lease_until": now + lease, "started_at": now}
        if claim := _take(session, job_id, attempt, free, **by):
            return claim
    return None


def claim_rung(
    session: Session, job_id: int, *, worker: str, now: datetime, lease: timedelta
) -> Claim | None:
    """Take the job that a message names; None where it is not there, done, or in somebody's hands.

    Who rang knew that it is due: by this machine's clock it may be so only in a moment.
    """
    free = or_(Job.status == JobStatus.QUEUED, _is_free(now))
    attempt = session.scalar(select(Job.attempt).where(Job.id == job_id, free))
    if attempt is None:
        return None
    return _take(session, job_id, attempt, free, worker=worker, lease_until=now + lease, started_at=now)


def _take(session: Session, job_id: int, attempt: int, free: ColumnElement[bool], **by: Any) -> Claim | None:
    change = update(Job).where(Job.id == job_id, Job.attempt == attempt, free)
    taken = change.values(status=JobStatus.RUNNING, attempt=attempt + 1, **by)
    if changed_rows(session.execute(taken, execution_options={"synchronize_session": False})) != 1:
        return None
    job = session.get_one(Job, job_id, populate_existing=True)
    return Claim(job.id, job.kind, job.project_id, job.subject_id, job.attempt)


def heartbeat(session: Session, claim: Claim, *, now: datetime, lease: timedelta) -> bool:
    """Prolong the lease. False: the job was taken over, cancelled or finished; the worker must stop."""
    return _change(session, claim, lease_until=now + lease)


def holds_fence(session: Session, claim: Claim) -> bool:
    """Whether this attempt still owns the job; locks the row so that it stays so until the commit."""
    held = select(Job.id).where(*_fenced(claim)).with_for_update()
    return session.scalar(held) is not None


def wants_cancel(session: Session, claim: Claim) -> bool:
    """Whether somebody asked to cancel it, or it is no longer ours."""
    job = session.get_one(Job, claim.job_id, populate_existing=True)
    return job.wants_cancel or job.attempt != claim.attempt or job.status != JobStatus.RUNNING


def finish(session: Session, claim: Claim, *, now: datetime) -> bool:
    """Record success. False: another attempt owns the job and this result must be rolled back."""
    return _change(session, claim, status=JobStatus.DONE, finished_at=now, lease_until=None)


def fail(session: Session, claim: Claim, *, now: datetime, code: str, detail: str) -> bool:
    """Record a failure that another attempt would not mend."""
    return _change(
        session,
        claim,
        status=JobStatus.FAILED,
        finished_at=now,
        lease_until=None,
        error_code=code[:64],
        error_detail=detail[:2000],
    )


def mark_cancelled(session: Session, claim: Claim, *, now: datetime) -> bool:
    """Record that the worker stopped because it was asked to."""
    return _change(session, claim, status=JobStatus.CANCELLED, finished_at=now, lease_until=None)


def hand_back(session: Session, claim: Claim, *, now: datetime) -> bool:
    """Put a job back unharmed, e.g. at shutdown; the attempt does not count."""
    more = Job.max_attempts + 1
    is_back = _change(
        session, claim, status=JobStatus.QUEUED, due_at=now, lease_until=None, max_attempts=more
    )
    if is_back:
        _ring(session, claim.kind, claim.job_id)
    return is_back


def request_cancel(session: Session, job: Job, *, now: datetime) -> None:
    """Cancel a waiting job at once; ask a running one to stop."""
    session.refresh(job, with_for_update=True)
    if job.status == JobStatus.QUEUED:
        job.status, job.finished_at = JobStatus.CANCELLED, now
    elif job.status == JobStatus.RUNNING:
        job.wants_cancel = True
    session.flush()


def release_dead(session: Session, *, worker: str, now: datetime) -> int:
    """End the leases of a worker that is known to be dead: its jobs need not wait until they run out."""
    its = update(Job).where(Job.worker == worker, Job.status == JobStatus.RUNNING, Job.lease_until >= now)
    expired = its.values(lease_until=now - timedelta(seconds=1))
    return changed_rows(session.execute(expired, execution_options={"synchronize_session": False}))


def lost_jobs(session: Session, *, now: datetime) -> Sequence[Job]:
    """Running jobs without a heartbeat or an attempt left, locked; upkeep fails them with `worker_lost`."""
    return session.scalars(_lost(now).with_for_update(skip_locked=True)).all()


def has_lost(session: Session, *, now: datetime) -> bool:
    """Whether there are lost jobs; a look that takes no lock."""
    return session.scalars(_lost(now).limit(1)).first() is not None


def _lost(now: datetime) -> Select[Job]:
    return select(Job).where(
        Job.status == JobStatus.RUNNING, Job.lease_until < now, Job.attempt >= Job.max_attempts
    )


def _is_free(now: datetime) -> ColumnElement[bool]:
    silent = and_(Job.status == JobStatus.RUNNING, Job.lease_until < now, Job.attempt < Job.max_attempts)
    return or_(and_(Job.status == JobStatus.QUEUED, Job.due_at <= now), silent)


def _fenced(claim: Claim) -> tuple[Any, ...]:
    return Job.id == claim.job_id, Job.attempt == claim.attempt, Job.status == JobStatus.RUNNING


def _change(session: Session, claim: Claim, **values: Any) -> bool:
    change = update(Job).where(*_fenced(claim)).values(**values)
    return changed_rows(session.execute(change, execution_options={"synchronize_session": False})) == 1
