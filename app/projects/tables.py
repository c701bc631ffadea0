"""Rows of projects."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Id, JsonValue, UtcDateTime


class Project(Base):
    """A set of images with one schema."""

    __tablename__ = "projects"
    __table_args__ = (
        UniqueConstraint("name"),
        CheckConstraint("schema_version >= 1", name="schema_version"),
    )

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(200))
    schema: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    schema_version: Mapped[int] = mapped_column(default=1)
    image_count: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
