"""Blocks, the paper's synthetic data (section 4): a chain of five squares with a triangle head."""

from functools import cache
from itertools import pairwise, product
from pathlib import Path

import numpy as np

from ml.data.folder import Folder
from ml.data.synthetic import Figure, Recipe, place, write_set
from ml.types import AttributeSpec

LANDMARKS = tuple(f"square_{number}" for number in range(1, 6))
# RRRR is DDDD turned by a quarter, so it is no class of its own
CLASSES = tuple(moves for moves in map("".join, product("DR", repeat=4)) if moves != "RRRR")
SHAPE = AttributeSpec(name="shape", classes=CLASSES)
PITCH_PX = {4: 9, 5: 7, 6: 6}  # cell pitch by the cells that the longer side spans
STEP = {"D": np.array([0.0, 1.0]), "R": np.array([1.0, 0.0])}
SCALES = (0.8, 1.8)


@cache
def base_figure(moves: str) -> Figure:
    """The upright figure of a class: five squares and the head, first square's centre at (0, 0)."""
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
        placed = place(figure.turned(angle, scale), random)
        if placed is not None:
            return placed


BLOCKS = Recipe(
    name="blocks", landmarks=LANDMARKS, edges=tuple(pairwise(LANDMARKS)), attribute=SHAPE, draw=draw_figure
)


def write_blocks(folder: Path, *, train: int, validation: int, test: int, seed: int) -> Folder:
    """Write a Blocks set in the common layout; the same seed gives the same set. Classes come in turn."""
    return write_set(folder, BLOCKS, {"train": train, "valid": validation, "test": test}, seed)
