"""A frozen pool -> the types that ml learns from."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations.tables import LANDMARKS, PointState, Revision
from app.images.tables import Side
from app.projects.schemas import ClassAttribute, ScaleAttribute, Schema
from ml.types import AttributeSpec, Manifest, Normaliser, Sample

ROWS_AT_ONCE = 500  # ids a query


def manifest_of(session: Session, pool: Mapping[str, Any], files: Mapping[str, Path]) -> Manifest:
    """Look up the revisions that the pool names; they never change, so neither does the manifest.

    files   of each image, by hash (worker/pictures.py)
    """
    schema = Schema.model_validate(pool["schema"])
    bodies = dict(
        _bodies(session, [each for image in pool["images"] for each in image["revisions"].values()])
    )
    sides: dict[str, list[Sample]] = {Side.TRAIN: [], Side.VALIDATION: []}
    for image in pool["images"]:
        answers = {kind: bodies[uuid.UUID(each)] for kind, each in image["revisions"].items()}
        sides[image["side"]].append(_sample(files[image["sha256"]], answers, schema))
    return Manifest(
        landmarks=schema.landmarks,
        edges=schema.edges,
        mirror_pairs=schema.mirror_pairs,
        attributes=tuple(_spec(attribute) for attribute in schema.attributes),
        normaliser=Normaliser(kind=schema.normaliser.kind, between=schema.normaliser.between),
        train=tuple(sides[Side.TRAIN]),
        validation=tuple(sides[Side.VALIDATION]),
    )


def _bodies(session: Session, ids: Sequence[str]) -> Iterator[tuple[uuid.UUID, dict[str, Any]]]:
    for start in range(0, len(ids), ROWS_AT_ONCE):
        some = [uuid.UUID(each) for each in ids[start : start + ROWS_AT_ONCE]]
        wanted = select(Revision.id, Revision.body).where(Revision.id.in_(some))
        yield from ((row.id, row.body) for row in session.execute(wanted))


def _sample(file: Path, answers: Mapping[str, Any], schema: Schema) -> Sample:
    """Hidden landmarks are placed as well as visible ones; an absent one, or "cannot tell", is no answer."""
    points = answers.get(LANDMARKS, {}).get("points", [])
    known = set(schema.landmarks)
    attributes = {
        attribute.name: answers[attribute.name]["value"]
        for attribute in schema.attributes
        if attribute.name in answers and _is_answer(attribute, answers[attribute.name]["value"])
    }
    return Sample(
        image=file,
        landmarks={
            point["name"]: (float(point["x"]), float(point["y"]))
            for point in points
            if point["state"] != PointState.ABSENT and point["name"] in known
        },
        attributes=attributes,
    )


def _is_answer(attribute: ClassAttribute | ScaleAttribute, value: object) -> bool:
    if isinstance(attribute, ClassAttribute):
        return value in attribute.classes
    return value is not None


def _spec(attribute: ClassAttribute | ScaleAttribute) -> AttributeSpec:
    if isinstance(attribute, ClassAttribute):
        return AttributeSpec(name=attribute.name, classes=attribute.classes)
    return AttributeSpec(name=attribute.name, minimum=attribute.minimum, maximum=attribute.maximum)
