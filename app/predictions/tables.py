"""Rows of networks, promotions and predictions."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Id, JsonValue, UtcDateTime


class Network(Base):
    """One trained version, immutable: its weights (safetensors) and its ONNX file are blobs by hash."""

    __tablename__ = "networks"
    __table_args__ = (UniqueConstraint("project_id", "number"), UniqueConstraint("run_id"))

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    run_id: Mapped[int] = mapped_column(BigId, ForeignKey("runs.id"))
    number: Mapped[int]
    weights_sha256: Mapped[str] = mapped_column(String(64))
    onnx_sha256: Mapped[str] = mapped_column(String(64))
    schema_version: Mapped[int]
    landmarks: Mapped[list[str]] = mapped_column(JsonValue)
    config: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    scores: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Promotion(Base):
    """One step of the project's pointer to its current network; the newest row is the current one."""

    __tablename__ = "promotions"
    __table_args__ = (UniqueConstraint("project_id", "number"),)

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    number: Mapped[int]
    network_id: Mapped[int] = mapped_column(BigId, ForeignKey("networks.id"))
    by_user_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class UnpredictedList(Base):
    """How far the list of a project's unpredicted images goes; app/predictions/unpredicted.py keeps it.

    network_id   whose predictions are missing; the list is of no use for another network
    through_id   up to this image all that are missing stand on the list; of later ones it says nothing
    """

    __tablename__ = "unpredicted_lists"

    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"), primary_key=True)
    network_id: Mapped[int] = mapped_column(BigId, ForeignKey("networks.id"))
    through_id: Mapped[int] = mapped_column(BigId)


class Unpredicted(Base):
    """An image that stands on the list of a network, with its name, by which lists are sorted.

    Without foreign keys: rows are made of images that never go, and each key would be looked up once more.
    """

    __tablename__ = "unpredicted"
    __table_args__ = (Index("ix_unpredicted_network_id_name", "network_id", "name", "image_id"),)

    network_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    image_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(500))


class Prediction(Base):
    """What one network says of one image.

    points       [{"name", "x", "y", "doubt_px" | null, "confidence"}], image px of the upright image
    attributes   {name: {class: probability} | value}
    doubt        mean doubt over landmarks divided by the image's diagonal; orders the queue
    """

    __tablename__ = "predictions"
    __table_args__ = (
        UniqueConstraint("image_id", "network_id"),
        Index("ix_predictions_network_id_image_id", "network_id", "image_id"),
    )

    id: Mapped[Id]
    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"))
    image_id: Mapped[int] = mapped_column(BigId, ForeignKey("images.id"))
    network_id: Mapped[int] = mapped_column(BigId, ForeignKey("networks.id"))
    points: Mapped[list[dict[str, Any]]] = mapped_column(JsonValue)
    attributes: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    doubt: Mapped[float | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
