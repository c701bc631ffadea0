"""What the paper's two synthetic sets share: convex white parts on black, drawn, placed and written.

All points are px with pixel corners at whole numbers, as everywhere in `ml`.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.data.folder import SPLITS, Folder, write_folder
from ml.types import AttributeSpec, Normaliser, Sample

SIDE_PX = 60

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """Outlines of white parts and the centres that are landmarks; px."""

    parts: tuple[Points, ...]  # convex, (corners, 2) each
    centres: Points  # (K, 2)

    def moved(self, linear: Points, shift: Points) -> "Figure":
        """The figure after p -> linear p + shift."""
        parts = tuple(part @ linear.T + shift for part in self.parts)
        return Figure(parts, self.centres @ linear.T + shift)

    def turned(self, angle: float, scale: float) -> "Figure":
        """The figure turned by `angle` (radians) and enlarged by `scale`, both about (0, 0)."""
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        return self.moved(np.array([[cos, -sin], [sin, cos]]), np.zeros(2))


def place(figure: Figure, random: np.random.Generator) -> Figure | None:
    """The figure at a random place wholly inside the frame; None when it is larger than the frame."""
    corners = np.concatenate(figure.parts)
    low, high = corners.min(axis=0), corners.max(axis=0)
    room = SIDE_PX - (high - low)
    if (room < 0).any():
        return None
    return figure.moved(np.eye(2), random.uniform(0, 1, 2) * room - low)


def render(figure: Figure) -> NDArray[np.uint8]:
    """(60, 60) 0 or 255: white where a pixel's centre lies in a part."""
    is_white = np.zeros((SIDE_PX, SIDE_PX), dtype=bool)
    for part in figure.parts:
        # a pixel of spare on each side: only rounding could make a difference there, and it must make none
        left, top = np.maximum(np.floor(part.min(axis=0)).astype(int) - 1, 0)
        right, bottom = np.minimum(np.ceil(part.max(axis=0)).astype(int) + 1, SIDE_PX)
        edge_x, edge_y = (part[[*range(1, len(part)), 0]] - part).T  # (corners,) each
        across = edge_x[:, None] * (np.arange(top, bottom) + 0.5 - part[:, 1:])  # (corners, rows)
        along = edge_y[:, None] * (np.arange(left, right) + 0.5 - part[:, :1])  # (corners, columns)
        side = across[:, :, None] - along[:, None, :]
        # which sign is inside depends on the direction of the outline
        is_white[top:bottom, left:right] |= (side.min(axis=0) >= 0) | (side.max(axis=0) <= 0)
    return np.where(is_white, 255, 0).astype(np.uint8)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one synthetic set is made. `draw` gives a random figure of a class."""

    name: str
    landmarks: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    attribute: AttributeSpec
    draw: Callable[[str, np.random.Generator], Figure]


def write_set(folder: Path, recipe: Recipe, counts: Mapping[str, int], seed: int) -> Folder:
    """Write a set in the common layout; the same seed gives the same set. Classes come in turn.

    counts   images by side; sides are drawn independently, so more of one leave the others as they are
    """
    (folder / "images").mkdir(parents=True, exist_ok=True)
    content = Folder(
        name=recipe.name,
        landmarks=recipe.landmarks,
        edges=recipe.edges,
        mirror_pairs=(),
        attributes=(recipe.attribute,),
        normaliser=Normaliser(kind="pixels"),
        splits={
            split: tuple(_write_images(folder / "images", recipe, split, counts[split], [seed, number]))
            for number, split in enumerate(SPLITS)
        },
    )
    write_folder(folder, content)
    return content


def _write_images(folder: Path, recipe: Recipe, split: str, count: int, seed: list[int]) -> Iterator[Sample]:
    random = np.random.default_rng(seed)
    classes = recipe.attribute.classes
    for index in range(count):
        answer = classes[index % len(classes)]
        figure = recipe.draw(answer, random)
        path = folder / f"{split}_{index:05d}.png"
        Image.fromarray(render(figure)).convert("RGB").save(path)
        points = ((float(x), float(y)) for x, y in figure.centres)
        landmarks = dict(zip(recipe.landmarks, points, strict=True))
        yield Sample(image=path, landmarks=landmarks, attributes={recipe.attribute.name: answer})
