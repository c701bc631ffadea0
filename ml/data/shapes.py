"""Shapes, the paper's other synthetic data (section 4): a white square and a white triangle on black.

The only answer to learn from is which of the two lies nearer the top-left corner. Training uses this
attribute alone; the landmarks are there for scoring.
"""

from pathlib import Path

import numpy as np

from ml.data.folder import Folder
from ml.data.synthetic import Figure, Points, Recipe, place, write_set
from ml.types import AttributeSpec

LANDMARKS = ("square", "triangle")
NEARER = AttributeSpec(name="nearer", classes=LANDMARKS)
SIZES_PX = (8.0, 15.0)  # the square's side and the triangle's height (ours: the paper says "similar")
# above sqrt(2), so that no pixel of the one touches a pixel of the other, not even across a corner
GAP_PX = 1.5
TIE_PX = 1.0  # distances to the corner closer than this are redrawn: no one could tell the class

UNIT_SQUARE = Figure(
    (np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]),),
    np.zeros((1, 2)),
)
# equilateral, height 1, centroid at (0, 0)
UNIT_TRIANGLE = Figure(
    (np.array([[0.0, -2 / 3], [3**-0.5, 1 / 3], [-(3**-0.5), 1 / 3]]),),
    np.zeros((1, 2)),
)


def draw_figure(nearer: str, random: np.random.Generator) -> Figure:
    """A random square (part 0) and triangle (part 1) of which `nearer` lies nearer the top-left corner.

    Both wholly inside the frame and at least GAP_PX apart; centres (2, 2) px in the order of LANDMARKS.
    """
    wanted = LANDMARKS.index(nearer)
    while True:
        square, triangle = (_draw_one(unit, random) for unit in (UNIT_SQUARE, UNIT_TRIANGLE))
        centres = np.concatenate([square.centres, triangle.centres])
        to_corner = np.hypot(*centres.T)
        if to_corner[wanted] + TIE_PX > to_corner[1 - wanted]:
            continue
        if gap_px(square.parts[0], triangle.parts[0]) >= GAP_PX:
            return Figure((*square.parts, *triangle.parts), centres)


def _draw_one(unit: Figure, random: np.random.Generator) -> Figure:
    turned = unit.turned(random.uniform(0, 2 * np.pi), random.uniform(*SIZES_PX))
    placed = place(turned, random)
    assert placed is not None, "the largest shape is far smaller than the frame"
    return placed


def gap_px(first: Points, second: Points) -> float:
    """The widest empty strip along an edge of either convex outline; negative when they overlap.

    first, second   (corners, 2) px

    Never more than the distance of the two (they may be a little further apart, corner to corner).
    """
    edges = np.concatenate([np.roll(outline, -1, axis=0) - outline for outline in (first, second)])
    normals = edges[:, ::-1] * [1, -1] / np.hypot(*edges.T)[:, None]  # (edges, 2)
    one, other = first @ normals.T, second @ normals.T  # (corners, edges)
    strips = np.maximum(
        one.min(axis=0) - other.max(axis=0),
        other.min(axis=0) - one.max(axis=0),
    )
    return float(strips.max())


SHAPES = Recipe(name="shapes", landmarks=LANDMARKS, edges=(), attribute=NEARER, draw=draw_figure)


def write_shapes(folder: Path, *, train: int, validation: int, test: int, seed: int) -> Folder:
    """Write a Shapes set in the common layout; the same seed gives the same set. Classes come in turn."""
    return write_set(folder, SHAPES, {"train": train, "valid": validation, "test": test}, seed)
