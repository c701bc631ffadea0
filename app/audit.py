"""Who did what, and when: one row a change, in the same transaction as the change."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, BigId, Id, JsonValue, UtcDateTime


class AuditEntry(Base):
    """One change. Rows are only ever inserted."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_project_id_id", "project_id", "id"),
        # few entries, looked up by their image: app/insights/skipped.py
        Index(
            "ix_audit_entries_skips",
            "project_id",
            "subject",
            sqlite_where=text("action = 'ask.skipped'"),
            postgresql_where=text("action = 'ask.skipped'"),
        ),
    )

    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    project_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("projects.id"))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(128))
    detail: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)


def record(
    session: Session,
    *,
    at: datetime,
    user_id: int | None,
    project_id: int | None,
    action: str,
    subject: str,
    **detail: Any,
) -> None:
    """Add one entry, e.g. action `revision.added`, subject `image:12`."""
    entry = AuditEntry(
        at=at, user_id=user_id, project_id=project_id, action=action, subject=subject, detail=detail
    )
    session.add(entry)


def entries_of(
    session: Session, project_id: int, *, before_id: int | None, limit: int
) -> Sequence[AuditEntry]:
    """What happened in a project, newest first."""
    listed = select(AuditEntry).where(AuditEntry.project_id == project_id)
    if before_id is not None:
        listed = listed.where(AuditEntry.id < before_id)
    return session.scalars(listed.order_by(AuditEntry.id.desc()).limit(limit)).all()
