"""Points and lines over a picture of one image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.projects.schemas import Schema


@dataclass(frozen=True)
class Mark:
    """One point over the picture, in image px. `kind` is its state, or ghost for a predicted one."""

    name: str
    kind: str
    x: float
    y: float


@dataclass(frozen=True)
class Edge:
    """A line between two marks, in image px."""

    x1: float
    y1: float
    x2: float
    y2: float


def marks_of(
    label: Mapping[str, Any] | None, predicted: Sequence[Mapping[str, Any]], schema: Schema
) -> list[Mark]:
    """The labelled points; where nobody has answered, the network's."""
    answered = {point["name"]: point for point in label["points"]} if label else {}
    said = {point["name"]: point for point in predicted}
    marks = []
    for name in schema.landmarks:
        point = answered.get(name)
        if point is None and name in said:
            marks.append(Mark(name, "ghost", said[name]["x"], said[name]["y"]))
        elif point is not None and "x" in point:
            marks.append(Mark(name, point["state"], point["x"], point["y"]))
    return marks


def edges_between(marks: Sequence[Mark], schema: Schema) -> list[Edge]:
    """Those of the schema whose ends are both there."""
    by_name = {mark.name: mark for mark in marks}
    pairs = [(by_name.get(first), by_name.get(second)) for first, second in schema.edges]
    return [Edge(a.x, a.y, b.x, b.y) for a, b in pairs if a is not None and b is not None]
