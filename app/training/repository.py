"""Queries about runs."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.annotations.tables import LANDMARKS, LabelHead
from app.images.tables import Image, Side
from app.training.tables import Run, RunPoint, RunStatus

ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)


def find_run(session: Session, run_id: int) -> Run | None:
    """The run of this id."""
    return session.get(Run, run_id)


def find_active(session: Session, project_id: int) -> Run | None:
    """The one run that waits or runs."""
    active = select(Run).where(Run.project_id == project_id, Run.status.in_(ACTIVE))
    return session.scalars(active).first()


def find_newest_run(session: Session, project_id: int) -> Run | None:
    """The last run that was asked for."""
    return session.scalars(
        select(Run).where(Run.project_id == project_id).order_by(Run.number.desc()).limit(1)
    ).first()


def newest_number(session: Session, project_id: int) -> int:
    """Number of the newest run; 0 before the first."""
    return session.scalar(select(func.max(Run.number)).where(Run.project_id == project_id)) or 0


def runs_of(
    session: Session, project_id: int, *, before_id: int | None = None, limit: int = 50
) -> Sequence[Run]:
    """Runs, newest first."""
    wanted = select(Run).where(Run.project_id == project_id)
    if before_id is not None:
        wanted = wanted.where(Run.id < before_id)
    return session.scalars(wanted.order_by(Run.id.desc()).limit(limit)).all()


def points_of(session: Session, run_id: int) -> Sequence[RunPoint]:
    """The curves of a run, by step."""
    return session.scalars(select(RunPoint).where(RunPoint.run_id == run_id).order_by(RunPoint.step)).all()


def count_landmark_labels(session: Session, project_id: int, *, limit: int) -> int:
    """How many training images have a landmark label, counted up to `limit`."""
    labelled = (
        select(LabelHead.image_id)
        .join(Image, Image.id == LabelHead.image_id)
        .where(
            LabelHead.project_id == project_id,
            LabelHead.kind == LANDMARKS,
            Image.side == Side.TRAIN,
            Image.archived_at.is_(None),
        )
        .limit(limit)
    )
    return session.scalar(select(func.count()).select_from(labelled.subquery())) or 0
