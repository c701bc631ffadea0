"""Rows of imports and exports."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Id, JsonValue, UtcDateTime


class Import(Base):
    """One import and its counts by outcome."""

    __tablename__ = "imports"
    __table_args__ = (
        CheckConstraint("status IN ('queued','running','done','failed')", name="status"),
        Index("ix_imports_project_id_id", "project_id", "id"),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    format: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(
        String(1000)
    )  # what the person named; shown, never used as a path again
    blob_key: Mapped[str | None] = mapped_column(String(200))  # the uploaded archive, or
    folder: Mapped[str | None] = mapped_column(String(1000))  # an allowed server folder
    options: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)  # app.exchange.source.Options
    status: Mapped[str] = mapped_column(String(16))
    file_count: Mapped[int] = mapped_column(default=0)
    outcome_counts: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_detail: Mapped[str | None] = mapped_column(String(2000))
    created_by: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportedFile(Base):
    """What became of one file of an import."""

    __tablename__ = "imported_files"
    __table_args__ = (CheckConstraint("outcome IN ('added','known','updated','refused')", name="outcome"),)

    import_id: Mapped[int] = mapped_column(BigId, ForeignKey("imports.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(500), primary_key=True)
    outcome: Mapped[str] = mapped_column(String(16))
    code: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[str | None] = mapped_column(String(1000))
    image_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("images.id"))


class Export(Base):
    """One export: a single instant of the project, in one file."""

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint("status IN ('queued','running','done','failed')", name="status"),
        Index("ix_exports_project_id_id", "project_id", "id"),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    format: Mapped[str] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16))
    blob_key: Mapped[str | None] = mapped_column(String(200))
    file_name: Mapped[str | None] = mapped_column(String(200))
    counts: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)
    error_code: Mapped[str | None] = mapped_column(String(64))
    error_detail: Mapped[str | None] = mapped_column(String(2000))
    created_by: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
