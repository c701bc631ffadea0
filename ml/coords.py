"""The frames of the learning core and the maps between them. Numpy only.

Image px:     the upright original, (0, 0) = top-left *corner* of the top-left pixel, so the centre of pixel
              (column, row) is (column + 0.5, row + 0.5).
Network px:   the same convention in the square picture that the network sees.

With this convention a resize is a pure multiplication, whatever the sizes.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Letterbox:
    """Image px -> network px: the whole image, centred in a square of `network_px`.

    The two scales differ by less than half a network pixel over the image: the resized picture has a whole
    number of pixels on each axis, and each scale is the exact ratio, so that no point is off by rounding.
    """

    scale: tuple[float, float]  # network px per image px (x, y)
    shift_px: tuple[int, int]  # network px (x, y)
    content_px: tuple[int, int]  # width and height of the picture inside the square, network px

    @classmethod
    def fitting(cls, image_wh: tuple[int, int], network_px: int) -> Self:
        """The letterbox of an image of `image_wh` px in a square of `network_px`."""
        ratio = network_px / max(image_wh)
        width, height = (max(1, round(side * ratio)) for side in image_wh)
        return cls(
            scale=(width / image_wh[0], height / image_wh[1]),
            shift_px=((network_px - width) // 2, (network_px - height) // 2),
            content_px=(width, height),
        )

    @property
    def image_wh(self) -> tuple[int, int]:
        """Width and height of the image, image px."""
        width, height = (round(c / s) for c, s in zip(self.content_px, self.scale, strict=True))
        return width, height

    def to_network(self, xy: Points) -> Points:
        """(..., 2) image px -> (..., 2) network px."""
        moved: Points = xy * np.asarray(self.scale) + np.asarray(self.shift_px)
        return moved

    def to_image(self, xy: Points) -> Points:
        """(..., 2) network px -> (..., 2) image px; exact inverse of `to_network`."""
        moved: Points = (xy - np.asarray(self.shift_px)) / np.asarray(self.scale)
        return moved


def similarity(
    *, degrees: float, scale: float, shift_px: tuple[float, float], centre_px: tuple[float, float]
) -> Points:
    """(2, 3) matrix: turn by `degrees` (clockwise on screen) and scale about `centre_px`, then shift."""
    radians = np.deg2rad(degrees)
    cos, sin = scale * np.cos(radians), scale * np.sin(radians)
    linear = np.array([[cos, -sin], [sin, cos]])
    centre = np.asarray(centre_px)
    return np.concatenate([linear, (centre - linear @ centre + np.asarray(shift_px))[:, None]], axis=1)


def apply(affine: Points, xy: Points) -> Points:
    """(2, 3) affine, (..., 2) points -> (..., 2) points."""
    return xy @ affine[:, :2].T + affine[:, 2]


def inverse(affine: Points) -> Points:
    """(2, 3) -> (2, 3) with apply(inverse(a), apply(a, xy)) == xy."""
    linear = np.linalg.inv(affine[:, :2])
    return np.concatenate([linear, -(linear @ affine[:, 2])[:, None]], axis=1)
