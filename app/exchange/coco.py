"""COCO key points. Frame: see frame.py. One object an image.

v 0 is not answered, unless our own field names the landmark as absent; 1 is hidden; 2 is visible. `skeleton`
counts from 1. Our own fields are `info.equimark`, `images[].equimark` and `annotations[].equimark`; other
tools skip them.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from app.annotations.tables import PointState
from app.exchange.errors import (
    CocoInvalid,
    FileMissing,
    FileOutsideFolder,
    KeypointsMalformed,
    SeveralInstances,
    SplitUnknown,
)
from app.exchange.files import check_is_there, path_below
from app.exchange.folder import SIDE_OF
from app.exchange.frame import from_centre
from app.exchange.source import Problem, SourceImage
from app.images.tables import Side
from app.projects.schemas import Schema

OWN = "equimark"
STATE_OF = {1: PointState.HIDDEN, 2: PointState.VISIBLE}
SIDES = (("left", "right"), ("Left", "Right"), ("_l", "_r"))


class CocoSource:
    """One COCO file with its images beside it or in a folder nearby."""

    format = "coco"

    def __init__(self, path: Path, *, is_confined: bool, root: Path | None = None) -> None:
        """Read the file.

        Raises:
            CocoInvalid: it is not COCO, or has several kinds of object with key points.

        """
        self._path, self._is_confined = path, is_confined
        content = _read(path)
        self._own = _mapping(content.get("info")).get(OWN) or {}
        self._images = {str(each["file_name"]): each for each in _listed(content, "images", path)}
        self._annotations = self._by_image(_listed(content, "annotations", path))
        self._category = self._category_of(_listed(content, "categories", path))
        self._landmarks = tuple(str(name) for name in self._category.get("keypoints", ()))
        self._roots = _roots(path, root)
        self.names = tuple(sorted(self._images))

    def find_schema(self) -> Schema | None:
        """Our own, where we wrote the file; else key points, skeleton, and mirror pairs by their names."""
        described = self._own.get("schema") if isinstance(self._own, dict) else None
        if described is None and not self._landmarks:
            return None
        try:
            return Schema.model_validate(described or self._described())
        except (ValidationError, TypeError, ValueError, LookupError) as error:
            raise CocoInvalid(
                file=self._path.name, reason=f"what it describes does not fit: {error}"[:300]
            ) from error

    def image(self, name: str) -> SourceImage:
        """One image with its labels."""
        own = _mapping(self._images[name].get(OWN))
        try:
            path = self._file(name)
            side = _side(own)
        except (FileOutsideFolder, FileMissing, SplitUnknown) as error:
            return SourceImage(name, None, refusal=Problem.of(error))
        problems: tuple[Problem, ...] = ()
        points: tuple[dict[str, Any], ...] = ()
        objects = [
            each for each in self._annotations.get(self._images[name].get("id"), ()) if "keypoints" in each
        ]
        try:
            points = self._points(objects)
        except (KeypointsMalformed, SeveralInstances) as error:
            problems = (Problem.of(error),)
        values = {**_mapping(objects[0].get("attributes") if len(objects) == 1 else None)}
        values.update(_mapping(own.get("attributes")))
        title = own.get("name")
        return SourceImage(
            name=name,
            path=path,
            title=title if isinstance(title, str) else None,
            side=side,
            points=points,
            values={str(key): _plain(value) for key, value in values.items()},
            problems=problems,
        )

    def _points(self, objects: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
        if len(objects) > 1:
            raise SeveralInstances(count=len(objects))
        if not objects:
            return ()
        numbers = objects[0]["keypoints"]
        if not isinstance(numbers, list) or len(numbers) != 3 * len(self._landmarks):
            raise KeypointsMalformed(reason=f"not 3 numbers for each of {len(self._landmarks)} landmarks")
        listed = _mapping(objects[0].get(OWN)).get("absent")
        absent = set(map(str, listed)) if isinstance(listed, list) else set()
        points: list[dict[str, Any]] = []
        for landmark, x, y, v in zip(
            self._landmarks, numbers[::3], numbers[1::3], numbers[2::3], strict=True
        ):
            if v == 0:
                points += [{"name": landmark, "state": PointState.ABSENT.value}] if landmark in absent else []
                continue
            if v not in STATE_OF:
                raise KeypointsMalformed(reason=f"{landmark} has the visibility {v!r:.20}")
            at = {"x": _position(landmark, x), "y": _position(landmark, y)}
            points.append({"name": landmark, "state": STATE_OF[int(v)].value, **at})
        return tuple(points)

    def _category_of(self, categories: list[dict[str, Any]]) -> dict[str, Any]:
        used = {
            each.get("category_id") for of in self._annotations.values() for each in of if "keypoints" in each
        }
        posed = [each for each in categories if isinstance(each.get("keypoints"), list)]
        chosen = [each for each in posed if each.get("id") in used] or posed
        if len(chosen) > 1:
            names = ", ".join(str(each.get("name")) for each in chosen)
            raise CocoInvalid(file=self._path.name, reason=f"several categories have key points: {names}")
        return chosen[0] if chosen else {}

    def _described(self) -> dict[str, Any]:
        skeleton = self._category.get("skeleton") or []
        edges = [(self._landmarks[_number(a) - 1], self._landmarks[_number(b) - 1]) for a, b in skeleton]
        return {
            "landmarks": self._landmarks,
            "edges": [edge for edge in edges if edge[0] != edge[1]],
            "mirror_pairs": mirror_pairs_of(self._landmarks),
        }

    def _by_image(self, annotations: list[dict[str, Any]]) -> dict[Any, list[dict[str, Any]]]:
        by_image: dict[Any, list[dict[str, Any]]] = {}
        for each in annotations:
            image_id = each.get("image_id")
            by_image.setdefault(image_id if isinstance(image_id, int | str) else None, []).append(each)
        return by_image

    def _file(self, name: str) -> Path:
        candidates = [path_below(root, name, is_confined=self._is_confined) for root in self._roots]
        found = next((each for each in candidates if each.is_file()), candidates[0])
        check_is_there(found)
        return found


def is_coco(content: Any) -> bool:
    """Whether a JSON document has COCO's three lists."""
    return isinstance(content, dict) and all(
        isinstance(content.get(key), list) for key in ("images", "annotations", "categories")
    )


def mirror_pairs_of(names: tuple[str, ...]) -> list[tuple[str, str]]:
    """Pairs of names that differ in left and right alone, since COCO has no field for them."""
    pairs: list[tuple[str, str]] = []
    taken: set[str] = set()
    for name in names:
        for left, right in SIDES:
            other = name.replace(left, right, 1)
            if left in name and other in names and not {name, other} & taken:
                pairs.append((name, other))
                taken |= {name, other}
    return pairs


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise CocoInvalid(file=path.name, reason=f"not JSON: {error}"[:300]) from error
    if not is_coco(content):
        raise CocoInvalid(file=path.name, reason="images, annotations and categories must be lists")
    return dict(content)


def _listed(content: dict[str, Any], key: str, path: Path) -> list[dict[str, Any]]:
    listed = content[key]
    needed = "file_name" if key == "images" else None
    for each in listed:
        if not isinstance(each, dict) or (needed and not isinstance(each.get(needed), str)):
            raise CocoInvalid(file=path.name, reason=f"an entry of {key} has not the right shape")
    return list(listed)


def _roots(path: Path, root: Path | None) -> list[Path]:
    beside, above = path.parent, path.parent.parent
    places = [beside, beside / "images", *([above / "images", above] if beside.name == "annotations" else [])]
    return [each for each in places if root is None or each.is_relative_to(root)]


def _side(own: dict[str, Any]) -> Side | None:
    split = own.get("split")
    if split is None:
        return None
    if split not in SIDE_OF:
        raise SplitUnknown(split=str(split)[:40])
    return SIDE_OF[split]


def _position(landmark: str, number: Any) -> float:
    is_number = isinstance(number, int | float | Decimal) and not isinstance(number, bool)
    position = from_centre(number) if is_number else None
    if position is None:
        raise KeypointsMalformed(reason=f"{landmark} is at {number!r:.40}")
    return position


def _number(value: Any) -> int:
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{value!r:.20} in a skeleton, which counts from 1")
    return value


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
