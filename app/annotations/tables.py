"""Rows of labels."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, JsonValue, UtcDateTime

LANDMARKS = "landmarks"  # the one kind that is not an attribute's name


class PointState(StrEnum):
    """State of one answered landmark. A landmark without an answer is not in the list at all."""

    VISIBLE = "visible"  # placed where it is seen
    HIDDEN = "hidden"  # placed where it must be, behind something
    ABSENT = "absent"  # not in the picture; has no position


class Assist(StrEnum):
    """What help was on the screen."""

    NONE = "none"
    PREDICTION = "prediction"
    PREVIOUS_IMAGE = "previous_image"


class Origin(StrEnum):
    """Where a label comes from."""

    ANNOTATOR = "annotator"
    IMPORT = "import"


class Revision(Base):
    """One answer, never changed. `id` is made by the client, so a repeated request is recognised.

    body   {"points": [{"name", "state", "x", "y"}]} or {"value": class | number | null (cannot tell)}
    """

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("image_id", "kind", "number"),
        CheckConstraint("number >= 1", name="number"),
        CheckConstraint("active_seconds >= 0", name="active_seconds"),
        CheckConstraint("assist IN ('none','prediction','previous_image')", name="assist"),
        CheckConstraint("origin IN ('annotator','import')", name="origin"),
        Index("ix_revisions_project_id_created_at", "project_id", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    image_id: Mapped[int] = mapped_column(BigId, ForeignKey("images.id"))
    kind: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    active_seconds: Mapped[float | None]
    assist: Mapped[str] = mapped_column(String(16), default=Assist.NONE)
    prediction_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("predictions.id"), index=True)
    origin: Mapped[str] = mapped_column(String(16), default=Origin.ANNOTATOR)
    lease_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    is_late: Mapped[bool] = mapped_column(default=False)
    schema_version: Mapped[int]
    body: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    request_sha256: Mapped[str] = mapped_column(String(64))


class UnmergedAnswer(Base):
    """An answer that came too late: somebody else had answered first. Kept, so that nobody's work is lost."""

    __tablename__ = "unmerged_answers"
    __table_args__ = (Index("ix_unmerged_answers_image_id", "image_id"),)

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    image_id: Mapped[int] = mapped_column(BigId, ForeignKey("images.id"))
    kind: Mapped[str] = mapped_column(String(64))
    base_number: Mapped[int]
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    active_seconds: Mapped[float | None]
    body: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    request_sha256: Mapped[str] = mapped_column(String(64))


class Note(Base):
    """What somebody said about an image, never changed. `id` is made by the client, as that of a revision.

    is_flagged   somebody should look at the image; such a note may have no words
    """

    __tablename__ = "notes"
    __table_args__ = (
        CheckConstraint("is_flagged OR text != ''", name="says_something"),
        Index("ix_notes_image_id", "image_id"),
        Index("ix_notes_project_id_created_at", "project_id", "created_at"),
        Index("ix_notes_project_id_is_flagged", "project_id", "is_flagged", "image_id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    image_id: Mapped[int] = mapped_column(BigId, ForeignKey("images.id"))
    author_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    text: Mapped[str] = mapped_column(String(500))
    is_flagged: Mapped[bool]


class SettledFlag(Base):
    """Somebody has seen to a note that flags its image. The note stays as it was said."""

    __tablename__ = "settled_flags"

    note_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("notes.id"), primary_key=True)
    by_user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class LabelHead(Base):
    """The newest revision of one image and kind, so that the current labels are one indexed read."""

    __tablename__ = "label_heads"
    __table_args__ = (Index("ix_label_heads_project_id_kind", "project_id", "kind", "image_id"),)

    image_id: Mapped[int] = mapped_column(BigId, ForeignKey("images.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    number: Mapped[int]
    revision_id: Mapped[uuid.UUID] = mapped_column(Uuid, ForeignKey("revisions.id"))


class Tally(Base):
    """Counters of one kind of label: what the overview shows and what the queue's prices come from.

    labelled_count    images with an answer, "cannot tell" included
    timed_count       answers by annotators with active seconds, and their sum
    """

    __tablename__ = "tallies"

    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(64), primary_key=True)
    labelled_count: Mapped[int] = mapped_column(default=0)
    revision_count: Mapped[int] = mapped_column(default=0)
    timed_count: Mapped[int] = mapped_column(default=0)
    active_seconds: Mapped[float] = mapped_column(default=0.0)
