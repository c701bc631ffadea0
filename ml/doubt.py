"""Doubt: how far a network disagrees with itself when the picture is moved a little. Numpy and Pillow only.

A network that knows a landmark finds it again in a turned, scaled and shifted picture (equivariance); where
the answers, mapped back, lie apart, it is guessing.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ml import coords

# turn (degrees), scale, shift (share of the side): inside the training ranges, and no two alike, so that the
# first n of them are a fair set for every n
VIEWS = (
    (12.0, 1.06, (0.04, -0.03)),
    (-12.0, 0.94, (-0.04, 0.03)),
    (6.0, 0.92, (-0.05, -0.05)),
    (-6.0, 1.08, (0.05, 0.05)),
    (17.0, 1.0, (0.0, 0.06)),
    (-17.0, 1.0, (0.0, -0.06)),
    (3.0, 1.1, (-0.06, 0.0)),
    (-3.0, 0.9, (0.06, 0.0)),
)


def view_affines(views: int, side_px: int) -> list[coords.Points]:
    """The first `views` transforms as (2, 3) affines in network px. Raises ValueError beyond their number."""
    if not 0 <= views <= len(VIEWS):
        raise ValueError(f"views must lie in 0..{len(VIEWS)}")
    centre = (side_px / 2, side_px / 2)
    return [
        coords.similarity(degrees=degrees, scale=scale, shift_px=(x * side_px, y * side_px), centre_px=centre)
        for degrees, scale, (x, y) in VIEWS[:views]
    ]


def move_picture(picture: NDArray[np.uint8], affine: coords.Points) -> NDArray[np.uint8]:
    """(S, S, 3) -> (S, S, 3): what stood at p stands at affine(p); black comes in from outside."""
    side = picture.shape[0]
    # Pillow asks for output -> input, and samples at pixel centres, as we do
    back = tuple(float(v) for v in coords.inverse(affine).ravel())
    image = Image.fromarray(picture)
    return np.asarray(image.transform((side, side), Image.Transform.AFFINE, back, Image.Resampling.BILINEAR))


def in_plain_view(opinions: NDArray[np.float64], affines: Sequence[coords.Points]) -> list[coords.Points]:
    """What each view says, in the frame of the unmoved picture: network px, (N, K, 2) by view.

    opinions   (1 + V, N, K, 2): of the unmoved pictures, then of each of the V views in its own frame
    """
    moved = zip(affines, opinions[1:], strict=True)
    return [opinions[0], *(coords.apply(coords.inverse(affine), points) for affine, points in moved)]


def spread(points: Sequence[coords.Points]) -> NDArray[np.float64]:
    """Doubt by landmark: root mean square distance from the mean of several opinions.

    points   V arrays (..., K, 2) in one common frame
    returns  (..., K) in the unit of that frame
    """
    stacked = np.stack(points)
    doubt: NDArray[np.float64] = np.sqrt(np.square(stacked - stacked.mean(axis=0)).sum(axis=-1).mean(axis=0))
    return doubt
