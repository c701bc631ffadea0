"""What a worker records about a run. Every verb is called in a transaction that holds the job's fence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app import events
from app.training.pool import FrozenPool
from app.training.repository import ACTIVE, find_run
from app.training.service import announce, get_run
from app.training.tables import Run, RunPoint, RunStatus


def begin(session: Session, run_id: int, *, attempt: int, now: datetime) -> Run:
    """The run has started, or starts again; one that has ended stays as it is."""
    run = get_run(session, run_id)
    if run.status not in ACTIVE:
        return run
    run.status, run.attempt = RunStatus.RUNNING, attempt
    run.started_at = run.started_at or now
    announce(session, run, now=now)
    return run


def record_pool(session: Session, run_id: int, pool: FrozenPool) -> str:
    """Tie the run to its pool and return its address; an earlier attempt's pool stays."""
    run = get_run(session, run_id)
    if run.pool_sha256 is None:
        run.pool_sha256, run.pool_counts = pool.sha256, pool.counts
        run.label_revisions = sum(pool.revisions.values())
    return run.pool_sha256


def record_config(session: Session, run_id: int, config: Mapping[str, Any]) -> None:
    """Tie the run to its settings, so that a second attempt goes on with the same."""
    run = get_run(session, run_id)
    run.config, run.config_reason, run.steps = dict(config), config.get("reason"), config["steps"]


def record_progress(
    session: Session,
    run_id: int,
    *,
    step: int,
    losses: Mapping[str, float],
    validation: Mapping[str, Any] | None,
    images_per_second: float,
    now: datetime,
) -> None:
    """Add a point to the curves and tell the browsers."""
    run = get_run(session, run_id)
    run.step = step
    nme = validation.get("nme") if validation else None
    session.merge(
        RunPoint(
            run_id=run_id,
            step=step,
            at=now,
            losses=dict(losses),
            nme=nme,
            images_per_second=images_per_second,
        )
    )
    body = {
        "run_id": run_id,
        "step": step,
        "steps": run.steps,
        "losses": dict(losses),
        "validation": {"nme": nme} if nme is not None else None,
        "images_per_second": images_per_second,
    }
    events.publish(session, project_id=run.project_id, at=now, name="epoch", body=body)


def wait_again(session: Session, run_id: int, *, now: datetime) -> None:
    """The job went back to the queue unharmed."""
    run = find_run(session, run_id)
    if run is not None and run.status == RunStatus.RUNNING:
        run.status = RunStatus.QUEUED
        announce(session, run, now=now)


def succeed(session: Session, run_id: int, *, outcome: str, now: datetime) -> None:
    """The run gave a network, promoted or not."""
    if run := _end(session, run_id, RunStatus.SUCCEEDED, now=now):
        run.outcome, run.step = outcome, run.steps


def fail(session: Session, run_id: int, *, code: str, detail: str, now: datetime) -> None:
    """The run ended without a network."""
    if run := _end(session, run_id, RunStatus.FAILED, now=now):
        run.error_code, run.error_detail = code[:64], detail[:2000]


def stop(session: Session, run_id: int, *, now: datetime) -> None:
    """Somebody asked to cancel it."""
    if run := _end(session, run_id, RunStatus.CANCELLED, now=now):
        run.outcome = f"cancelled at step {run.step}"


def _end(session: Session, run_id: int, status: RunStatus, *, now: datetime) -> Run | None:
    """Change the status, unless the run has ended already: a job may be done twice, its run ends once."""
    run = find_run(session, run_id)
    if run is None or run.status not in ACTIVE:
        return None
    run.status, run.finished_at = status, now
    announce(session, run, now=now)
    return run
