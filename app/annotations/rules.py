"""What an answer must satisfy; pure, so that the page, the API and every importer obey the same rules."""

import math
from typing import Any

from app.annotations.tables import LANDMARKS, PointState
from app.errors import Invalid, NotFound
from app.projects.schemas import ClassAttribute, Schema


class LandmarkUnknown(Invalid):
    """The schema has no such landmark."""

    message = "The project has no landmark called {name}."


class LandmarkRepeated(Invalid):
    """Two positions for one landmark."""

    message = "{name} is answered twice."


class LandmarkOutsideImage(Invalid):
    """A position off the picture."""

    message = "{name} at ({x:.1f}, {y:.1f}) lies outside the image of {width} x {height} px."


class NotANumber(Invalid):
    """NaN or infinity."""

    message = "{name} is not a number."


class NothingAnswered(Invalid):
    """An empty set of landmarks is no label."""

    message = "Place a landmark, or mark one as absent."


class AttributeNotFound(NotFound):
    """The schema has no such attribute."""

    message = "The project has no attribute called {name}."


class ValueUnknown(Invalid):
    """Not one of the classes."""

    message = "{name} has no class {value}. It has: {classes}."


class ValueOutOfRange(Invalid):
    """Off the scale."""

    message = "{name} must lie between {minimum:g} and {maximum:g}, not {value:g}."


def checked_body(
    kind: str, body: dict[str, Any], *, schema: Schema, width_px: int, height_px: int
) -> dict[str, Any]:
    """The body in canonical form: points in schema order, numbers as floats.

    Raises:
        Invalid: one of the errors above, with the landmark's or attribute's name.
        AttributeNotFound: the kind is not in the schema.

    """
    if kind == LANDMARKS:
        return {
            "points": _checked_points(body["points"], schema=schema, width_px=width_px, height_px=height_px)
        }
    return {"value": _checked_value(kind, body["value"], schema=schema)}


def checked_attribute(name: str) -> str:
    """The name as a kind of ask; `landmarks` is the one kind that is no attribute."""
    if name == LANDMARKS:
        raise AttributeNotFound(name=name)
    return name


def _checked_points(
    points: list[dict[str, Any]], *, schema: Schema, width_px: int, height_px: int
) -> list[dict[str, Any]]:
    if not points:
        raise NothingAnswered
    by_name: dict[str, dict[str, Any]] = {}
    known = set(schema.landmarks)
    for point in points:
        name = point["name"]
        if name not in known:
            raise LandmarkUnknown(name=name)
        if name in by_name:
            raise LandmarkRepeated(name=name)
        by_name[name] = _checked_point(point, width_px=width_px, height_px=height_px)
    return [by_name[name] for name in schema.landmarks if name in by_name]


def _checked_point(point: dict[str, Any], *, width_px: int, height_px: int) -> dict[str, Any]:
    name, state = point["name"], PointState(point["state"])
    if state is PointState.ABSENT:
        return {"name": name, "state": state.value}
    x, y = float(point["x"]), float(point["y"])
    if not (math.isfinite(x) and math.isfinite(y)):
        raise NotANumber(name=name)
    if not (0 <= x <= width_px and 0 <= y <= height_px):
        raise LandmarkOutsideImage(name=name, x=x, y=y, width=width_px, height=height_px)
    return {"name": name, "state": state.value, "x": x, "y": y}


def _checked_value(name: str, value: float | str | None, *, schema: Schema) -> float | str | None:
    attribute = schema.find_attribute(name)
    if attribute is None:
        raise AttributeNotFound(name=name)
    if value is None:
        return None
    if isinstance(attribute, ClassAttribute):
        if value not in attribute.classes:
            raise ValueUnknown(name=name, value=value, classes=", ".join(attribute.classes))
        return value
    if isinstance(value, str) or not math.isfinite(value):
        raise NotANumber(name=name)
    if not attribute.minimum <= value <= attribute.maximum:
        raise ValueOutOfRange(name=name, value=value, minimum=attribute.minimum, maximum=attribute.maximum)
    return float(value)
