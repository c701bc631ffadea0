"""Rows of training runs."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Id, JsonValue, UtcDateTime


class RunStatus(StrEnum):
    """Life of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Run(Base):
    """One training run of one project.

    pool_sha256   content address of the frozen pool (blob family `pools`): immutable revision ids and image
                  hashes; frozen by the first attempt, used again by the second
    pool_counts   {"images", "landmarks", "attributes": {name: n}, "validation", "revisions": {kind: n}};
                  until the pool is frozen only "revisions", the number of answers when the run was asked for
    """

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("project_id", "number"),
        CheckConstraint("status IN ('queued','running','succeeded','failed','cancelled')", name="status"),
        # one run at a time a project, whoever asks
        Index(
            "uq_runs_active",
            "project_id",
            unique=True,
            sqlite_where=text("status IN ('queued','running')"),
            postgresql_where=text("status IN ('queued','running')"),
        ),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    number: Mapped[int]
    status: Mapped[str] = mapped_column(String(16), default=RunStatus.QUEUED)
    reason: Mapped[str] = mapped_column(String(300))
    requested_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    requested_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    options: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    config: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    config_reason: Mapped[str | None] = mapped_column(String(1000))
    pool_sha256: Mapped[str | None] = mapped_column(String(64))
    pool_counts: Mapped[dict[str, Any] | None] = mapped_column(JsonValue)
    label_revisions: Mapped[int] = mapped_column(
        default=0
    )  # revisions of the project when the pool was frozen
    attempt: Mapped[int] = mapped_column(default=0)
    step: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_detail: Mapped[str | None] = mapped_column(String(2000))
    outcome: Mapped[str | None] = mapped_column(String(300))  # "promoted: 12.1 % after 13.4 %", in words


class RunPoint(Base):
    """One point of a run's curves."""

    __tablename__ = "run_points"

    run_id: Mapped[int] = mapped_column(BigId, ForeignKey("runs.id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    losses: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    nme: Mapped[float | None]  # validation error, fraction of the normaliser
    images_per_second: Mapped[float | None]
