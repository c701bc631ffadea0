"""What happened in a project, in order: the source of the live pages' server-sent events.

Any process may publish: the row is the message, so a worker on another machine needs no channel of its own,
and a browser that was away resumes after the last id it saw.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, BigId, Id, JsonValue, UtcDateTime, changed_rows

KEEP = timedelta(days=2)
ORDER_LOCK = 7_261_002  # any number, the same in every process: first half of PostgreSQL's advisory lock


class ProjectEvent(Base):
    """One message to the browsers that watch a project."""

    __tablename__ = "project_events"
    __table_args__ = (
        Index("ix_project_events_project_id_id", "project_id", "id"),
        Index("ix_project_events_at", "at"),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(32))
    body: Mapped[dict[str, Any]] = mapped_column(JsonValue)


def publish(session: Session, *, project_id: int, at: datetime, name: str, body: dict[str, Any]) -> None:
    """Tell the browsers, once this transaction is committed.

    Publishers of a project commit one after the other: a lower id that appeared after a higher one had been
    read would never reach the browser. SQLite has one writer at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(ORDER_LOCK, project_id % 2**31)))
    session.add(ProjectEvent(project_id=project_id, at=at, name=name, body=body))


def events_after(
    session: Session, project_id: int, last_id: int, *, limit: int = 200
) -> Sequence[ProjectEvent]:
    """Events newer than `last_id`, oldest first."""
    newer = select(ProjectEvent).where(ProjectEvent.project_id == project_id, ProjectEvent.id > last_id)
    return session.scalars(newer.order_by(ProjectEvent.id).limit(limit)).all()


def newest_event_id(session: Session, project_id: int) -> int:
    """Where a browser starts that has seen nothing; 0 when nothing ever happened."""
    newest = select(func.max(ProjectEvent.id)).where(ProjectEvent.project_id == project_id)
    return session.scalar(newest) or 0


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete events that no browser will ask for any more; returns how many."""
    return changed_rows(session.execute(delete(ProjectEvent).where(ProjectEvent.at < now - KEEP)))
