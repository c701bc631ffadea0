"""Replays of writes that carry an `Idempotency-Key` instead of an id of their own."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, String, delete, select, tuple_
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, BigId, JsonValue, UtcDateTime, changed_rows
from app.errors import Invalid

KEEP = timedelta(days=7)  # who was cut off on the last day before a holiday may still ask what became of it
FORGOTTEN_AT_ONCE = 500  # rows of a transaction: a longer one would keep people on SQLite waiting


class IdempotencyKeyReused(Invalid):
    """The same key came with another request."""

    message = "This Idempotency-Key was used for another request."


class KeptAnswer(Base):
    """The answer that was given to a keyed request."""

    __tablename__ = "kept_answers"

    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    request_sha256: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


def find_answer(session: Session, *, user_id: int, key: str, request_sha256: str) -> dict[str, Any] | None:
    """The answer kept for this key, if there is one.

    Raises:
        IdempotencyKeyReused: the key belongs to another request.

    """
    kept = session.get(KeptAnswer, (user_id, key))
    if kept is None:
        return None
    if kept.request_sha256 != request_sha256:
        raise IdempotencyKeyReused
    return kept.answer


def keep_answer(
    session: Session, *, user_id: int, key: str, request_sha256: str, answer: dict[str, Any], now: datetime
) -> None:
    """Remember the answer, in the transaction that made it true."""
    kept = KeptAnswer(user_id=user_id, key=key, request_sha256=request_sha256, answer=answer, created_at=now)
    session.add(kept)


def forget_old(session: Session, *, now: datetime) -> int:
    """Upkeep: delete some of the answers that nobody will ask for again; returns how many, 0 at the end."""
    found = select(KeptAnswer.user_id, KeptAnswer.key).where(KeptAnswer.created_at < now - KEEP)
    rows = session.execute(found.limit(FORGOTTEN_AT_ONCE)).all()
    old = delete(KeptAnswer).where(tuple_(KeptAnswer.user_id, KeptAnswer.key).in_(rows))
    return changed_rows(session.execute(old)) if rows else 0
