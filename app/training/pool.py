"""Freeze what a run learns from: the ids of immutable revisions and the hashes of immutable images.

The pool is canonical JSON under its own sha256 (blob family `pools`):

    {"format": 1, "project_id", "schema_version", "schema",
     "images": [{"id", "sha256", "side", "revisions": {kind: revision id}}]}     by image id

In it are all images with a landmark label, validation images with any label, and up to `UNPLACED_LIMIT`
training images without landmarks (the attribute and equivariance losses learn from them), those with answered
attributes first, then by hash: a choice that needs no dice and favours no import. The test side is never in a
pool.
"""

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from app.annotations import repository as labels
from app.annotations.tables import LANDMARKS, LabelHead
from app.images.tables import Image, Side
from app.projects import service as projects
from app.storage import Storage, blob_key, sha256_hex

FORMAT = 1
UNPLACED_LIMIT = 10_000  # 96 px pictures of them take 280 MB; a run of 1000 steps sees each about once
ROWS_AT_ONCE = 2_000


@dataclass(frozen=True)
class FrozenPool:
    """A pool about to be stored. `revisions` is the number of revisions by kind at that instant."""

    content: bytes
    counts: dict[str, Any]
    revisions: dict[str, int]

    @property
    def sha256(self) -> str:
        """Its address."""
        return sha256_hex(self.content)


def freeze(session: Session, project_id: int) -> FrozenPool:
    """Read the current labels. `session` must be a snapshot: one instant for images, labels and counters."""
    project = projects.get_project(session, project_id)
    schema = projects.schema_of(project)
    images = sorted(_chosen(session, project_id, frozenset(schema.kinds)), key=lambda image: image["id"])
    pool = {
        "format": FORMAT,
        "project_id": project_id,
        "schema_version": project.schema_version,
        "schema": schema.model_dump(mode="json"),
        "images": images,
    }
    revisions = revision_counts(session, project_id)
    counts = _counts(images, [attribute.name for attribute in schema.attributes])
    content = orjson.dumps(pool, option=orjson.OPT_SORT_KEYS)
    return FrozenPool(content, {**counts, "revisions": revisions}, revisions)


def revision_counts(session: Session, project_id: int) -> dict[str, int]:
    """Revisions by kind so far: by how much they grow says whether a new run is worth it."""
    return {kind: tally.revision_count for kind, tally in labels.tallies_of(session, project_id).items()}


def store(storage: Storage, pool: FrozenPool) -> None:
    """Make it durable; the same pool is stored once."""
    storage.put(blob_key("pools", pool.sha256), pool.content)


def load(storage: Storage, sha256: str) -> dict[str, Any]:
    """The pool as plain values."""
    return parse(storage.get(blob_key("pools", sha256)))


def parse(content: bytes) -> dict[str, Any]:
    """Inverse of `FrozenPool.content`."""
    pool: dict[str, Any] = orjson.loads(content)
    return pool


def _chosen(session: Session, project_id: int, kinds: frozenset[str]) -> list[dict[str, Any]]:
    """The images of the pool, in no particular order."""
    kept: list[dict[str, Any]] = []
    unplaced: list[dict[str, Any]] = []
    for image in _labelled_images(session, project_id, kinds):
        if LANDMARKS in image["revisions"] or (image["side"] == Side.VALIDATION and image["revisions"]):
            kept.append(image)
        elif image["side"] == Side.TRAIN:
            unplaced.append(image)
            if len(unplaced) >= 2 * UNPLACED_LIMIT:
                unplaced = _first(unplaced)
    return kept + _first(unplaced)


def _first(unplaced: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return heapq.nsmallest(
        UNPLACED_LIMIT, unplaced, key=lambda image: (not image["revisions"], image["sha256"])
    )


def _labelled_images(session: Session, project_id: int, kinds: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Every image of the training and validation sides with its current revisions, streamed."""
    rows = (
        select(Image.id, Image.sha256, Image.side, LabelHead.kind, LabelHead.revision_id)
        .outerjoin(LabelHead, and_(LabelHead.image_id == Image.id, LabelHead.kind.in_(sorted(kinds))))
        .where(
            Image.project_id == project_id,
            Image.archived_at.is_(None),
            Image.side.in_([Side.TRAIN, Side.VALIDATION]),
        )
        .order_by(Image.id)
    )
    streamed = session.execute(rows, execution_options={"yield_per": ROWS_AT_ONCE})
    for image_id, group in itertools.groupby(streamed, key=lambda row: row.id):
        answers = list(group)
        revisions = {row.kind: str(row.revision_id) for row in answers if row.kind is not None}
        yield {
            "id": image_id,
            "sha256": answers[0].sha256,
            "side": answers[0].side,
            "revisions": revisions,
        }


def _counts(images: list[dict[str, Any]], attributes: list[str]) -> dict[str, Any]:
    """What the pages say about the pool."""
    by_kind = Counter(kind for image in images for kind in image["revisions"])
    validation = [image for image in images if image["side"] == Side.VALIDATION]
    return {
        "images": len(images),
        "landmarks": by_kind[LANDMARKS],
        "attributes": {name: by_kind[name] for name in attributes},
        "validation": sum(LANDMARKS in image["revisions"] for image in validation),
    }
