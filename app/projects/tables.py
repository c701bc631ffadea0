"""Rows of projects."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Id, JsonValue, UtcDateTime


class Project(Base):
    """A set of images with one schema.

    control_share   of the asks on which the prediction is kept from the annotator, to measure what it saves
    """

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("schema_version >= 1", name="schema_version"),
        CheckConstraint("control_share >= 0 AND control_share <= 1", name="control_share"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    schema: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    schema_version: Mapped[int] = mapped_column(default=1)
    image_count: Mapped[int] = mapped_column(default=0)
    control_share: Mapped[float]
    created_by: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
