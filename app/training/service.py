"""Verbs about runs for people: ask for one, cancel it. What the worker records is in lifecycle.py."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import audit, events, jobs
from app.annotations.tables import LANDMARKS, Tally
from app.errors import Conflict, Invalid, NotFound
from app.jobs import JobKind, JobStatus
from app.projects import service as projects
from app.training import pool, repository
from app.training.schemas import RunOptions
from app.training.tables import Run, RunStatus

FIRST_RUN_LABELS = 5  # below, even the mean shape is guesswork
COUNTED = 10_000  # more than this are not told apart in words
NEW_LABELS_MIN = 5
NEW_LABELS_SHARE = 0.15  # the error falls slowly with the number of labels: fewer would not show
ATTRIBUTES_A_LANDMARK = 10  # an attribute costs a second, landmarks a minute; ten of them are worth a look


class RunNotFound(NotFound):
    """No such run."""

    message = "There is no run {run}."


class TrainingAlreadyRunning(Conflict):
    """One run at a time a project."""

    message = "Run {run} of this project is still going on."


class NotEnoughLabels(Invalid):
    """Nothing to learn landmarks from."""

    message = "No training image has its landmarks labelled yet. Label some, then train."


def get_run(session: Session, run_id: int) -> Run:
    """The run.

    Raises:
        RunNotFound: there is none.

    """
    if run := repository.find_run(session, run_id):
        return run
    raise RunNotFound(run=run_id)


def request_run(
    session: Session, *, project_id: int, options: RunOptions, reason: str, by: int | None, now: datetime
) -> Run:
    """Queue a run of what is labelled when it begins.

    Raises:
        NotEnoughLabels: it could not learn anything.
        TrainingAlreadyRunning: one waits or runs already, whoever asked for it.

    """
    projects.get_project(session, project_id)
    if active := repository.find_active(session, project_id):
        raise TrainingAlreadyRunning(run=active.id)
    if not repository.count_landmark_labels(session, project_id, limit=1):
        raise NotEnoughLabels
    revisions = pool.revision_counts(session, project_id)
    run = Run(
        project_id=project_id,
        number=repository.newest_number(session, project_id) + 1,
        reason=reason,
        requested_by=by,
        requested_at=now,
        options=options.model_dump(exclude_none=True),
        label_revisions=sum(revisions.values()),
        pool_counts={"revisions": revisions},
    )
    try:
        with session.begin_nested():
            session.add(run)
    except IntegrityError as error:  # on PostgreSQL somebody else asked at the same moment
        active = repository.find_active(session, project_id)
        raise TrainingAlreadyRunning(run=active.id if active else None) from error
    jobs.enqueue(session, JobKind.TRAIN, project_id=project_id, subject_id=run.id, now=now)
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=project_id,
        action="run.requested",
        subject=f"run:{run.id}",
        reason=reason,
    )
    announce(session, run, now=now)
    return run


def cancel(session: Session, run_id: int, *, by: int, now: datetime) -> Run:
    """Cancel a waiting run at once, ask a running one to stop; nothing happens to one that has ended."""
    run = get_run(session, run_id)
    job = jobs.find_job(session, JobKind.TRAIN, run.id)
    if job is None or run.status not in repository.ACTIVE:
        return run
    jobs.request_cancel(session, job, now=now)
    session.refresh(run, with_for_update=True)
    if job.status == JobStatus.CANCELLED and run.status in repository.ACTIVE:
        run.status, run.finished_at = RunStatus.CANCELLED, now
        run.outcome = "cancelled before it began"
        announce(session, run, now=now)
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=run.project_id,
        action="run.cancelled",
        subject=f"run:{run.id}",
    )
    session.flush()
    return run


def announce(session: Session, run: Run, *, now: datetime) -> None:
    """Tell the browsers about the state of a run."""
    events.publish(
        session,
        project_id=run.project_id,
        at=now,
        name="run",
        body={"run_id": run.id, "number": run.number, "status": run.status},
    )


def due_runs(session: Session) -> dict[int, str]:
    """Projects in which enough is new since the labels of the last run were counted, and why in words.

    The first network is due with five landmark-labelled training images. Later ones are due with as many new
    landmark answers as 15 % of those the last run had (at least five), or with ten times as many new
    attribute answers. A run that failed or was cancelled counts like any other: the same labels would end
    the same way.
    """
    labelled = select(Tally.project_id).where(
        Tally.kind == LANDMARKS, Tally.labelled_count >= FIRST_RUN_LABELS
    )
    project_ids = session.scalars(labelled.order_by(Tally.project_id)).all()
    reasons = {project_id: _why_now(session, project_id) for project_id in project_ids}
    return {project_id: reason for project_id, reason in reasons.items() if reason is not None}


def consider_runs(session: Session, *, now: datetime) -> Sequence[Run]:
    """Queue a run in every project where one is due, see `due_runs`."""
    return [
        request_run(session, project_id=project_id, options=RunOptions(), reason=reason, by=None, now=now)
        for project_id, reason in due_runs(session).items()
    ]


def _why_now(session: Session, project_id: int) -> str | None:
    """The reason for a run in words; None when none is due."""
    last = repository.find_newest_run(session, project_id)
    if last is None:
        count = repository.count_landmark_labels(session, project_id, limit=COUNTED)
        return f"the first {count} training images have landmarks" if count >= FIRST_RUN_LABELS else None
    if last.status in repository.ACTIVE:
        return None
    before = (last.pool_counts or {}).get("revisions", {})
    new = {
        kind: count - before.get(kind, 0) for kind, count in pool.revision_counts(session, project_id).items()
    }
    new_landmarks = new.pop(LANDMARKS, 0)
    due_at = max(NEW_LABELS_MIN, round(NEW_LABELS_SHARE * before.get(LANDMARKS, 0)))
    if new_landmarks >= due_at:
        return f"{new_landmarks} new landmark answers since run {last.number}"
    new_attributes = sum(new.values())
    if new_attributes >= ATTRIBUTES_A_LANDMARK * due_at:
        return f"{new_attributes} new attribute answers since run {last.number}"
    return None
