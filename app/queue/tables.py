"""Rows of asks, leases and holds."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Id, UtcDateTime


class AskStatus(StrEnum):
    """Life of a question."""

    OPEN = "open"
    ANSWERED = "answered"
    SET_ASIDE = "set_aside"  # skipped twice


class LeaseOutcome(StrEnum):
    """How a lease ended; one that just ran out has none."""

    ANSWERED = "answered"
    SKIPPED = "skipped"
    RELEASED = "released"


class Ask(Base):
    """A question that could be put to an annotator: one image, one kind.

    score          worth relative to the other open asks of its kind, mean about 1; higher comes first
    reason_code    why it has this score; app/queue/reasons.py turns it into words
    reason_amount  the number in those words
    """

    __tablename__ = "asks"
    __table_args__ = (
        UniqueConstraint("image_id", "kind"),
        CheckConstraint("status IN ('open','answered','set_aside')", name="status"),
        Index("ix_asks_next", "project_id", "kind", "status", "skip_count", "rank_key", "id"),
        # what is not answered yet, by image: the last few of a million are found without a look at the rest
        Index(
            "ix_asks_unanswered",
            "project_id",
            "kind",
            "image_id",
            sqlite_where=text("status <> 'answered'"),
            postgresql_where=text("status <> 'answered'"),
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    image_id: Mapped[int] = mapped_column(BigId, ForeignKey("images.id"))
    kind: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16), default=AskStatus.OPEN)
    skip_count: Mapped[int] = mapped_column(default=0)
    rank_key: Mapped[float] = mapped_column(default=0.0)  # -score: an ascending index serves both databases
    reason_code: Mapped[str] = mapped_column(String(32), default="new")
    reason_amount: Mapped[float | None]


class Lease(Base):
    """One ask in somebody's hands; kept for ever, as the record of who was shown what and why.

    prediction_id   what the network says of it; the annotator saw it unless `is_control`
    is_control      drawn for the control arm: its prediction is kept from the annotator
    """

    __tablename__ = "leases"
    __table_args__ = (
        CheckConstraint("outcome IN ('answered','skipped','released')", name="outcome"),
        Index("ix_leases_ask_id", "ask_id"),
        Index("ix_leases_after_id", "after_id"),
        Index("ix_leases_project_id_leased_at", "project_id", "leased_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    ask_id: Mapped[int] = mapped_column(BigId, ForeignKey("asks.id"))
    image_id: Mapped[int] = mapped_column(BigId, ForeignKey("images.id"))
    kind: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    leased_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outcome: Mapped[str | None] = mapped_column(String(16))
    prediction_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("predictions.id"))
    is_control: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(String(500))
    reason_code: Mapped[str] = mapped_column(String(32))
    after_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)  # the answer or skipped lease that brought it


class Hold(Base):
    """Who holds an image now. One row at most an image: that is what keeps two people off it."""

    __tablename__ = "holds"
    __table_args__ = (Index("ix_holds_expires_at", "expires_at"),)

    image_id: Mapped[int] = mapped_column(BigId, ForeignKey("images.id"), primary_key=True)
    lease_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("leases.id"))
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ArmSums(Base):
    """Sums over the first landmark answers for which there was a prediction, shown or hidden (`is_control`).

    answer_count   and the sums of their active seconds and of the squares
    placed_count   of them with a predicted landmark placed, and the sums of their mean distances from the
                   prediction and of the squares
    """

    __tablename__ = "arm_sums"

    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"), primary_key=True)
    is_control: Mapped[bool] = mapped_column(primary_key=True)
    answer_count: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(default=0.0)
    seconds_squared: Mapped[float] = mapped_column(default=0.0)
    placed_count: Mapped[int] = mapped_column(default=0)
    distance_px: Mapped[float] = mapped_column(default=0.0)
    distance_px_squared: Mapped[float] = mapped_column(default=0.0)
