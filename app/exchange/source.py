"""What every reader gives: images with labels in our frame, as they stand in the source."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from app.annotations.tables import LANDMARKS, PointState
from app.errors import DomainError
from app.exchange.errors import NumberInvalid
from app.images.tables import Side
from app.projects.schemas import ClassAttribute, ScaleAttribute, Schema

PULLED_IN = 0.02  # of the image's longer side: so far outside, a point is a slip and moves to the edge


@dataclass(frozen=True)
class Problem:
    """Why something of a file was left out or changed."""

    code: str
    detail: str

    @classmethod
    def of(cls, error: DomainError) -> "Problem":
        """The code and the sentence of an error."""
        return cls(error.code(), str(error))


@dataclass(frozen=True)
class SourceImage:
    """One image of a source.

    name       as the source calls it, unique there
    title      what the image is to be called, where that is something else
    path       the file; None where a table names an image that is not there
    points     [{"name", "state", "x", "y"}] in our frame, not yet checked against the image's size
    values     attribute -> text, number, or None for "cannot tell"
    problems   what of its labels could not be read
    refusal    why the whole image cannot be taken
    """

    name: str
    path: Path | None
    title: str | None = None
    side: Side | None = None
    points: tuple[dict[str, Any], ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    refusal: Problem | None = None


class Source(Protocol):
    """A folder, an archive or a file of another tool, opened for reading."""

    format: str

    @property
    def names(self) -> Sequence[str]:
        """Of all images, in a fixed order."""

    def find_schema(self) -> Schema | None:
        """What it says about landmarks and attributes; None for plain images."""

    def image(self, name: str) -> SourceImage:
        """One of its images."""


class Options(BaseModel):
    """How an import is to be done; kept in its row.

    keep_landmarks_percent   of the training images, chosen by `seed`, keep their landmarks; all keep their
                             attributes
    keep_test_landmarks      whether the test side keeps its landmarks; the validation side always does
    is_confined              the folder was named over the API: it must lie in the operator's import folders,
                             and no link may lead out of it
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_landmarks_percent: float = Field(default=100, ge=0, le=100)
    keep_test_landmarks: bool = True
    seed: int = 0
    is_confined: bool = False


def labels_of(
    item: SourceImage, *, schema: Schema, width_px: int, height_px: int
) -> tuple[list[tuple[str, dict[str, Any]]], list[Problem]]:
    """(kind, body) of each label that the project asks for, and what had to be changed or left out."""
    labels: list[tuple[str, dict[str, Any]]] = []
    problems = list(item.problems)
    if schema.landmarks and item.points:
        points, moved = pulled_in(item.points, width_px=width_px, height_px=height_px)
        problems += moved
        labels += [(LANDMARKS, {"points": points})] if points else []
    for attribute in schema.attributes:
        if attribute.name in item.values:
            try:
                value = _value_for(attribute, item.values[attribute.name])
            except NumberInvalid as error:
                problems.append(Problem.of(error))
            else:
                labels.append((attribute.name, {"value": value}))
    return labels, problems


def pulled_in(
    points: Sequence[dict[str, Any]], *, width_px: int, height_px: int
) -> tuple[list[dict[str, Any]], list[Problem]]:
    """Points a little outside the image on its edge; those further out are left out, as not answered."""
    reach = PULLED_IN * max(width_px, height_px)
    kept, moved, lost = [], [], []
    for point in points:
        if point["state"] == PointState.ABSENT:
            kept.append(point)
            continue
        x, y = min(max(point["x"], 0.0), float(width_px)), min(max(point["y"], 0.0), float(height_px))
        distance = max(abs(x - point["x"]), abs(y - point["y"]))
        if distance > reach:
            lost.append(point["name"])
            continue
        if distance > 0:
            moved.append(point["name"])
        kept.append({**point, "x": x, "y": y})
    words = [f"left out: {', '.join(lost)}"] if lost else []
    words += [f"moved to the edge: {', '.join(moved)}"] if moved else []
    code = "landmark_outside_image"
    return kept, [Problem(code, f"Outside the image, {'; '.join(words)}.")] if words else []


def _value_for(attribute: ClassAttribute | ScaleAttribute, value: Any) -> str | float | None:
    if value is None:
        return None
    if isinstance(attribute, ClassAttribute):
        return str(value)
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise NumberInvalid(where=attribute.name, text=str(value)[:80]) from error
