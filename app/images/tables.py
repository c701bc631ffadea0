"""Rows of images."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Id, UtcDateTime


class Side(StrEnum):
    """What an image serves for; fixed at import, by its content hash unless the source says otherwise."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Image(Base):
    """One picture. Sizes are those of the upright image (after EXIF).

    is_waiting   recorded from its header: nobody has decoded it yet, so there is no descriptor, and a
                 thumbnail only where somebody looked
    problem      code of why it cannot be decoded: nothing is asked about it
    """

    __tablename__ = "images"
    __table_args__ = (
        UniqueConstraint("project_id", "sha256"),
        CheckConstraint("side IN ('train','validation','test')", name="side"),
        CheckConstraint("width_px > 0 AND height_px > 0", name="measured"),
        Index("ix_images_project_id_id", "project_id", "id"),
        Index("ix_images_project_id_name", "project_id", "name"),
        Index("ix_images_project_id_side", "project_id", "side", "id"),
        Index(
            "ix_images_waiting",
            "project_id",
            "id",
            sqlite_where=text("is_waiting = 1"),
            postgresql_where=text("is_waiting"),
        ),
        # and on PostgreSQL ix_images_name_trigrams, for parts of names: migration 0006
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    sha256: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(500))
    format: Mapped[str] = mapped_column(String(16))
    byte_count: Mapped[int] = mapped_column(BigId)
    width_px: Mapped[int]
    height_px: Mapped[int]
    exif_orientation: Mapped[int] = mapped_column(default=1)
    side: Mapped[str] = mapped_column(String(16))
    descriptor: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    is_waiting: Mapped[bool] = mapped_column(default=False)
    problem: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
