"""Blocks, the paper's synthetic data (section 4): a chain of five squares with a triangle head."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml.data.folder import SPLITS, Folder, write_folder
from ml.types import AttributeSpec, Normaliser, Sample

SIDE_PX = 60
LANDMARKS = tuple(f"square_{number}" for number in range(1, 6))
# RRRR is DDDD turned by a quarter, so it is no class of its own
CLASSES = tuple(moves for moves in map("".join, product("DR", repeat=4)) if moves != "RRRR")
SHAPE = AttributeSpec(name="shape", classes=CLASSES)
PITCH_PX = {4: 9, 5: 7, 6: 6}  # cell pitch by the cells that the longer side spans
STEP = {"D": np.array([0.0, 1.0]), "R": np.array([1.0, 0.0])}
SCALES = (0.8, 1.8)

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Figure:
    """One figure: outlines of its six parts, centres of its squares; px, pixel corners at integers."""

    parts: tuple[Points, ...]  # convex, (4, 2) five times and (3, 2)
    centres: Points  # (5, 2)

    def moved(self, linear: Points, shift: Points) -> "Figure":
        """The figure after p -> linear p + shift."""
        parts = tuple(part @ linear.T + shift for part in self.parts)
        return Figure(parts, self.centres @ linear.T + shift)


def base_figure(moves: str) -> Figure:
    """The upright figure of a class, its first square's centre at (0, 0)."""
    steps = np.array([STEP[move] for move in moves + moves[-1]])
    cells = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])  # (6, 2), the last is the head
    pitch = PITCH_PX[int(np.ptp(cells, axis=0).max()) + 1]
    half = (pitch - 1) / 2
    square = np.array([[-half, -half], [half, -half], [half, half], [-half, half]])
    forward = steps[-1]
    across = forward[::-1]
    base = cells[-1] * pitch - forward * half
    head = np.array([base + across * half, base - across * half, base + forward * (pitch - 2)])
    centres = cells[:-1] * pitch
    return Figure((*(centre + square for centre in centres), head), centres)


def draw_figure(moves: str, random: np.random.Generator) -> Figure:
    """The class's figure at random scale, rotation and place, wholly inside the frame."""
    figure = base_figure(moves)
    while True:  # a long chain at a large scale fits at some angles only
        angle, scale = random.uniform(0, 2 * np.pi), random.uniform(*SCALES)
        cos, sin = scale * np.cos(angle), scale * np.sin(angle)
        turned = figure.moved(np.array([[cos, -sin], [sin, cos]]), np.zeros(2))
        corners = np.concatenate(turned.parts)
        low, high = corners.min(axis=0), corners.max(axis=0)
        room = SIDE_PX - (high - low)
        if (room >= 0).all():
            return turned.moved(np.eye(2), random.uniform(0, 1, 2) * room - low)


def render(figure: Figure) -> NDArray[np.uint8]:
    """(60, 60) 0 or 255: white where a pixel's centre lies in a part."""
    centre = np.arange(SIDE_PX) + 0.5
    pixels = np.stack(np.meshgrid(centre, centre), axis=-1)  # (60, 60, 2) as (x, y)
    is_white = np.zeros((SIDE_PX, SIDE_PX), dtype=bool)
    for part in figure.parts:
        edges = np.roll(part, -1, axis=0) - part
        to_pixel = pixels[..., None, :] - part  # (60, 60, corners, 2)
        side = edges[:, 0] * to_pixel[..., 1] - edges[:, 1] * to_pixel[..., 0]
        is_white |= (side >= 0).all(axis=-1) | (side <= 0).all(axis=-1)
    return np.where(is_white, 255, 0).astype(np.uint8)


def write_blocks(folder: Path, *, train: int, validation: int, test: int, seed: int) -> Folder:
    """Write a Blocks set in the common layout; the same seed gives the same set. Classes come in turn."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    counts = dict(zip(SPLITS, (train, validation, test), strict=True))
    splits = {
        split: tuple(_write_images(folder / "images", split, count, [seed, number]))
        for number, (split, count) in enumerate(counts.items())
    }
    content = Folder(
        name="blocks",
        landmarks=LANDMARKS,
        edges=tuple(pairwise(LANDMARKS)),
        mirror_pairs=(),
        attributes=(SHAPE,),
        normaliser=Normaliser(kind="pixels"),
        splits=splits,
    )
    write_folder(folder, content)
    return content


def _write_images(folder: Path, split: str, count: int, seed: list[int]) -> Iterator[Sample]:
    random = np.random.default_rng(seed)
    for index in range(count):
        moves = CLASSES[index % len(CLASSES)]
        figure = draw_figure(moves, random)
        path = folder / f"{split}_{index:05d}.png"
        Image.fromarray(render(figure)).convert("RGB").save(path)
        points = ((float(x), float(y)) for x, y in figure.centres)
        landmarks = dict(zip(LANDMARKS, points, strict=True))
        yield Sample(image=path, landmarks=landmarks, attributes={SHAPE.name: moves})
