"""meta.json of the common layout: landmark names, edges, mirror pairs, attributes and the normaliser.

Its own part `equimark` makes exports lossless: the exact schema, names that no file can have, landmarks
marked absent, and answers "cannot tell". The layout itself has no words for those.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from app.exchange.errors import MetaInvalid
from app.projects.schemas import Schema


class Own(BaseModel):
    """What Equimark adds. Keys of the last three are the file names in images/."""

    model_config = ConfigDict(extra="ignore")

    landmark_schema: dict[str, Any] | None = None
    titles: dict[str, str] = {}
    absent: dict[str, list[str]] = {}
    cannot_tell: dict[str, list[str]] = {}


@dataclass(frozen=True)
class Meta:
    """The parts of meta.json that matter here.

    landmarks    names in order; None where the file says nothing (the columns of landmarks.csv then do)
    attributes   names of those columns of attributes.csv that are real attributes; None as above
    """

    landmarks: tuple[str, ...] | None = None
    attributes: tuple[str, ...] | None = None
    content: Mapping[str, Any] = field(default_factory=dict)
    own: Own = field(default_factory=Own)

    def schema(self, landmarks: tuple[str, ...]) -> Schema | None:
        """The schema that it describes; None where there is nothing to label.

        Raises:
            MetaInvalid: pairs of landmarks that do not exist, repeated names, and the like.

        """
        try:
            if self.own.landmark_schema is not None:
                return Schema.model_validate(self.own.landmark_schema)
            described = self._described(landmarks)
            if not described["landmarks"] and not described["attributes"]:
                return None
            return Schema.model_validate(described)
        except ValidationError as error:
            raise MetaInvalid(reason=f"what it describes does not fit: {error.errors()[0]['msg']}") from error
        except (TypeError, ValueError, LookupError, AttributeError) as error:
            raise MetaInvalid(
                reason=f"what it describes does not fit: {type(error).__name__}: {error}"
            ) from error

    def _described(self, landmarks: tuple[str, ...]) -> dict[str, Any]:
        def pairs(key: str) -> list[tuple[str, str]]:
            numbers = [(int(first), int(second)) for first, second in self.content.get(key) or ()]
            named = [(landmarks[_checked(a)], landmarks[_checked(b)]) for a, b in numbers]
            return [
                pair for pair in named if pair[0] != pair[1]
            ]  # a lone point is drawn as an edge to itself

        classes = self.content.get("attribute_classes") or {}
        attributes: list[dict[str, Any]] = [
            {
                "name": name,
                "question": question_for(name),
                "kind": "classes",
                "classes": [str(one) for one in of],
            }
            for name, of in classes.items()
            if len(of) > 1
        ]
        attributes += [
            {"name": name, "question": question_for(name), "kind": "scale", "minimum": low, "maximum": high}
            for name, (low, high) in (self.content.get("attribute_scales") or {}).items()
        ]
        return {
            "landmarks": landmarks,
            "edges": pairs("skeleton_edges"),
            "mirror_pairs": pairs("flip_pairs"),
            "attributes": attributes,
            "normaliser": self._normaliser(landmarks),
        }

    def _normaliser(self, landmarks: tuple[str, ...]) -> dict[str, Any]:
        nme = self.content.get("nme") or {}
        if indices := nme.get("indices"):
            first, second = indices
            return {"kind": "landmarks", "between": [landmarks[_checked(first)], landmarks[_checked(second)]]}
        return {"kind": "pixels" if nme.get("type") == "pixels" else "box"}


def read_meta(path: Path) -> Meta:
    """meta.json; an empty one where there is none.

    Raises:
        MetaInvalid: not JSON, or not of the layout's shape.

    """
    if not path.is_file():
        return Meta()
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise MetaInvalid(reason=f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise MetaInvalid(reason="not an object")
    names = content.get("landmark_names")
    if names is not None and not (isinstance(names, list) and all(isinstance(name, str) for name in names)):
        raise MetaInvalid(reason="landmark_names must be a list of texts")
    attributes = [content.get(key) for key in ("attribute_classes", "attribute_scales")]
    if any(each is not None and not isinstance(each, dict) for each in attributes):
        raise MetaInvalid(reason="attribute_classes and attribute_scales must be objects")
    try:
        own = Own.model_validate(content.get("equimark") or {})
    except ValidationError as error:
        raise MetaInvalid(reason=f"what it describes does not fit: {error.errors()[0]['msg']}") from error
    has_attributes = any(each is not None for each in attributes)
    return Meta(
        landmarks=None if names is None else tuple(names),
        attributes=tuple(name for each in attributes for name in each or ()) if has_attributes else None,
        content=content,
        own=own,
    )


def question_for(name: str) -> str:
    """A first wording of an attribute's question: `head_pose` -> `Head pose?`."""
    words = name.replace("_", " ").strip()
    return f"{words[:1].upper()}{words[1:]}?"


def _checked(number: Any) -> int:
    if not isinstance(number, int) or number < 0:
        raise ValueError(f"{number} is no landmark's number")
    return number
