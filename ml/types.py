"""The pool that a network learns from, and what learning reports back. Numpy only, no torch."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Self


@dataclass(frozen=True, kw_only=True)
class AttributeSpec:
    """An attribute of a whole image: classes in schema order, or a numeric scale. Exactly one of the two."""

    name: str
    classes: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None

    def __post_init__(self) -> None:
        has_scale = self.minimum is not None and self.maximum is not None
        if bool(self.classes) == has_scale:
            raise ValueError(f"attribute {self.name!r} needs either classes or a minimum and a maximum")
        if has_scale and not self.maximum > self.minimum:  # type: ignore[operator]
            raise ValueError(f"attribute {self.name!r}: the maximum must be above the minimum")

    @property
    def is_numeric(self) -> bool:
        """Whether the answer is a number on a scale."""
        return not self.classes

    @property
    def outputs(self) -> int:
        """Network outputs it needs: one a class, or one for the number."""
        return len(self.classes) or 1

    @classmethod
    def from_json(cls, spec: Mapping[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict` after JSON."""
        return cls(**{**spec, "classes": tuple(spec.get("classes", ()))})


@dataclass(frozen=True, kw_only=True)
class Normaliser:
    """Divisor of the error of one image.

    landmarks   distance of the two true landmarks `between`
    box         sqrt(width * height) of the box round the true landmarks
    pixels      1: errors stay in image px
    """

    kind: Literal["landmarks", "box", "pixels"]
    between: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if (self.kind == "landmarks") != (self.between is not None):
            raise ValueError("`between` belongs to the normaliser of kind 'landmarks', and only to it")

    @classmethod
    def from_json(cls, normaliser: Mapping[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict` after JSON."""
        between = normaliser.get("between")
        return cls(kind=normaliser["kind"], between=tuple(between) if between else None)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One image and the answers it has. Any of the landmarks and attributes may be missing.

    image        decoded upright (EXIF applied), any mode -> RGB
    landmarks    image px of the upright original, (0, 0) = top-left corner; only placed ones
    attributes   only answered ones: the class, or the number
    """

    image: Path
    landmarks: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    attributes: Mapping[str, str | float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """An immutable pool: the schema and the images of both sides. Schema order is channel order."""

    landmarks: tuple[str, ...]
    edges: tuple[tuple[str, str], ...] = ()
    mirror_pairs: tuple[tuple[str, str], ...] = ()
    attributes: tuple[AttributeSpec, ...] = ()
    normaliser: Normaliser
    train: tuple[Sample, ...]
    validation: tuple[Sample, ...]

    def digest(self) -> str:
        """sha256 of schema and answers. Of an image only its file name counts, so that folders may move."""
        told = hashlib.sha256()
        told.update(
            json.dumps(
                {
                    "attributes": [asdict(spec) for spec in self.attributes],
                    "landmarks": self.landmarks,
                    "normaliser": asdict(self.normaliser),
                },
                sort_keys=True,
            )[:-1].encode()
        )
        # sample by sample: the text of a whole pool would be as large as the pool
        for side, samples in (("train", self.train), ("validation", self.validation)):
            told.update(f', "{side}": ['.encode())
            for number, sample in enumerate(samples):
                words = json.dumps(_canonical(sample), sort_keys=True)
                told.update(f"{', ' if number else ''}{words}".encode())
            told.update(b"]")
        told.update(b"}")
        return told.hexdigest()


def _canonical(sample: Sample) -> list[Any]:
    return [sample.image.name, {k: list(v) for k, v in sample.landmarks.items()}, dict(sample.attributes)]


@dataclass(frozen=True, kw_only=True)
class Scores:
    """How good a network is on some images.

    nme                  mean over answered landmarks of distance / normaliser (0.1 = 10 %; image px when the
                         normaliser is `pixels`); None when no image has a usable answer
    per_landmark         the same by landmark; a landmark without an answer is left out
    pck                  share of answered landmarks with an error of at most 0.1 normaliser; None as nme
    attribute_accuracy   share of right answers by class attribute
    attribute_error      mean absolute error by numeric attribute, in its own unit
    images               how many images had at least one usable landmark
    basis                "best": these weights were best on the validation side; "last": nothing to choose
                         by, the last weights were kept
    """

    nme: float | None = None
    per_landmark: Mapping[str, float] = field(default_factory=dict)
    pck: float | None = None
    attribute_accuracy: Mapping[str, float] = field(default_factory=dict)
    attribute_error: Mapping[str, float] = field(default_factory=dict)
    images: int = 0
    basis: Literal["best", "last"] = "best"

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, scores: Mapping[str, Any]) -> Self:
        """Inverse of `to_json`."""
        return cls(**scores)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A moment of a training run. `losses` holds the weighted terms since the last report, by name."""

    step: int
    steps: int
    losses: Mapping[str, float]
    validation: Scores | None
    images_per_second: float

    @classmethod
    def from_json(cls, progress: Mapping[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict`."""
        scores = progress["validation"]
        return cls(**{**progress, "validation": Scores.from_json(scores) if scores else None})
