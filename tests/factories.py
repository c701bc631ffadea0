"""Test data: plain functions with defaults. Every call makes something new and valid; times are fixed."""

import io
import itertools
import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from PIL import Image as Pixels
from sqlalchemy.orm import Session

from app.images import service as images
from app.images.ingest import prepare
from app.images.tables import Image, Side
from app.projects import service as projects
from app.projects.schemas import Schema
from app.projects.tables import Project
from app.settings import Settings
from app.storage import Storage, sha256_hex
from app.users import service as users
from app.users.tables import User

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
_count = itertools.count(1)

FACE: dict[str, Any] = {
    "landmarks": ["eye_l", "eye_r", "mouth"],
    "edges": [["eye_l", "mouth"], ["eye_r", "mouth"]],
    "mirror_pairs": [["eye_l", "eye_r"]],
    "attributes": [
        {"name": "pose", "question": "Where does it look?", "kind": "classes", "classes": ["front", "side"]},
        {"name": "yaw", "question": "How far is it turned?", "kind": "scale", "minimum": -90, "maximum": 90,
         "unit": "deg"},
    ],
    "normaliser": {"kind": "landmarks", "between": ["eye_l", "eye_r"]},
}  # fmt: skip


def later(seconds: float) -> datetime:
    """So many seconds after NOW."""
    return NOW + timedelta(seconds=seconds)


def make_user(session: Session, *, name: str | None = None) -> User:
    """A person; the name is new unless given."""
    return users.add(session, name=name or f"annotator {next(_count)}", now=NOW)


def make_project(
    session: Session,
    *,
    name: str | None = None,
    schema: Schema | Mapping[str, Any] = FACE,
    by: User | None = None,
    control_share: float = 0.0,
) -> Project:
    """A project of faces with two attributes unless a schema is given; chance hides no prediction."""
    by = by or make_user(session)
    return projects.create(
        session,
        name=name or f"project {next(_count)}",
        schema=Schema.model_validate(schema),
        by=by.id,
        now=NOW,
        control_share=control_share,
    )


def make_image(
    session: Session,
    project: Project,
    *,
    name: str | None = None,
    storage: Storage | None = None,
    width_px: int = 64,
    height_px: int = 48,
    side: Side = Side.TRAIN,
    content: bytes | None = None,
) -> Image:
    """The row of an image; with a `storage`, its JPEG lies there too."""
    number = next(_count)
    if content is None:
        content = jpeg_bytes(width_px, height_px, seed=number) if storage else f"image {number}".encode()
    image = Image(
        project_id=project.id,
        sha256=sha256_hex(content),
        name=name or f"image {number}.jpg",
        format="JPEG",
        byte_count=len(content),
        width_px=width_px,
        height_px=height_px,
        side=side,
        created_at=NOW,
    )
    if storage:
        images.store_blobs(storage, content, prepare(content, image.name, Settings()))
    session.add(image)
    session.flush()
    projects.count_images(session, project.id, 1)
    return image


def pixels(width_px: int, height_px: int, *, seed: int = 0) -> Pixels.Image:
    """A coarse random pattern in RGB, the same for the same seed."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Pixels.fromarray(coarse).resize((width_px, height_px), Pixels.Resampling.BILINEAR)


def jpeg_bytes(width_px: int = 64, height_px: int = 48, *, seed: int = 0, **options: Any) -> bytes:
    """A JPEG file."""
    return encoded(pixels(width_px, height_px, seed=seed), "JPEG", **options)


def png_bytes(width_px: int = 64, height_px: int = 48, *, seed: int = 0, mode: str = "RGB") -> bytes:
    """A PNG file."""
    return encoded(pixels(width_px, height_px, seed=seed).convert(mode), "PNG")


def encoded(image: Pixels.Image, file_format: str, **options: Any) -> bytes:
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def point(
    name: str, x: float | None = None, y: float | None = None, *, state: str = "visible"
) -> dict[str, Any]:
    """One answered landmark; `absent` ones have no position."""
    return {"name": name, "state": state} | ({} if x is None else {"x": x, "y": y})


FACE_POINTS = (point("eye_l", 20, 20), point("eye_r", 40, 20), point("mouth", 30, 35))


def landmarks_body(
    points: Iterable[Mapping[str, Any]] = FACE_POINTS, *, answer_id: uuid.UUID | None = None, **changes: Any
) -> dict[str, Any]:
    """Body of PUT /images/{id}/landmarks."""
    return _body(answer_id, points=[dict(each) for each in points], active_seconds=30.0) | changes


def attribute_body(
    value: str | float | None = "front", *, answer_id: uuid.UUID | None = None, **changes: Any
) -> dict[str, Any]:
    """Body of PUT /images/{id}/attributes/{name}."""
    return _body(answer_id, value=value, active_seconds=1.0) | changes


def _body(answer_id: uuid.UUID | None, **answer: Any) -> dict[str, Any]:
    return {
        "id": str(answer_id or uuid.uuid4()),
        "base_revision": 0,
        "lease_id": None,
        "assist": {"kind": "none", "prediction_id": None},
        "next_kinds": [],
        **answer,
    }
