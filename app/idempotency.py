"""Replays of writes that carry an `Idempotency-Key` instead of an id of their own."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.db import Base, BigId, JsonValue, UtcDateTime
from app.errors import Invalid


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
