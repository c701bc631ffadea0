"""A random movement of a batch of pictures and of the points in them: an affine, then a bend.

Frame of all points: network px, (0, 0) = top-left corner of the picture. The affine maps forwards (where a
point goes). The bend is a thin-plate spline (Bookstein 1989) that says by what a place of the moved picture
was shifted: so pictures need no inverse, and points find theirs by a short iteration.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from ml.config import FitConfig
from ml.data import augment

GRID = 4  # control points on a side
ROUNDS = 8  # each takes the error of the inverse down by the bend's slope, at most about 0.3


@dataclass(frozen=True)
class Warp:
    """One movement a picture.

    affines   (B, 2, 3) forwards
    bends     (B, GRID^2, 2) network px, shift of each control point; None: no bend
    """

    affines: Tensor
    bends: Tensor | None = None

    def of(self, rows: Tensor) -> "Warp":
        """The movements of some of the pictures."""
        return Warp(self.affines[rows], None if self.bends is None else self.bends[rows])

    def to(self, device: torch.device) -> "Warp":
        """The same on another device."""
        return Warp(self.affines.to(device), None if self.bends is None else self.bends.to(device))

    def points(self, xy: Tensor, side_px: int) -> Tensor:
        """(B, K, 2) -> (B, K, 2): where the points go."""
        straight = augment.move_points(self.affines, xy)
        if self.bends is None:
            return straight
        moved = straight
        control, inverse = _solved(xy.device)
        weights = inverse @ self.bends
        for _ in range(ROUNDS):  # moved + shift(moved) = straight
            moved = straight - _kernel(moved / side_px, control) @ weights
        return moved

    def pictures(self, pictures: Tensor) -> Tensor:
        """(B, 3, S, S) float -> (B, 3, S, S); black comes in where the picture ends."""
        if self.bends is None or not len(pictures):
            return augment.move_pictures(self.affines, pictures)
        side = pictures.shape[-1]
        back = torch.linalg.inv(self.affines[..., :2]).transpose(1, 2)
        # where a pixel comes from, (place + shift - translation) back, is linear in what is the same for all
        # pictures: one product for the batch instead of one a picture
        translation = self.affines[..., 2][:, None]
        weights = torch.cat([self.bends @ back, back, -translation @ back], dim=1) * (2 / side)
        weights[:, -1] -= 1  # grid_sample counts -1..1
        sources = weights.transpose(1, 2).reshape(2 * len(pictures), -1) @ _basis(side, pictures.device)
        grid = sources.reshape(len(pictures), 2, side, side).permute(0, 2, 3, 1)
        return functional.grid_sample(
            pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False
        )


def draw_bends(count: int, config: FitConfig, generator: torch.Generator) -> Tensor | None:
    """(count, GRID^2, 2) network px: shifts of the control points, normal, or None without bends."""
    if not config.bend_share:
        return None
    return torch.randn(count, GRID**2, 2, generator=generator) * config.bend_share * config.input_px


def _centres(cells: int, device: torch.device) -> Tensor:
    """(cells^2, 2) centres of square cells, in units of a cell, row by row."""
    centre = torch.arange(cells, device=device) + 0.5
    rows, columns = torch.meshgrid(centre, centre, indexing="ij")
    return torch.stack([columns, rows], dim=-1).reshape(-1, 2)


def _kernel(a: Tensor, b: Tensor) -> Tensor:
    """r^2 log r^2 and an affine part: (..., n, 2), (m, 2) in units of the side -> (..., n, m + 3)."""
    squared = (a[..., :, None, :] - b).square().sum(-1)
    bent = squared * (squared + 1e-9).log()
    return torch.cat([bent, torch.ones_like(a[..., :1]), a], dim=-1)


@lru_cache(maxsize=8)
def _solved(device: torch.device) -> tuple[Tensor, Tensor]:
    """Control points in units of the side, and the matrix from their shifts to the spline's coefficients."""
    control = _centres(GRID, torch.device("cpu")).double() / GRID
    count = len(control)
    system = torch.zeros(count + 3, count + 3, dtype=torch.float64)
    system[:count] = _kernel(control, control)
    system[count:, :count] = system[:count, count:].T
    inverse = torch.linalg.inv(system)[:, :count]
    return control.float().to(device), inverse.float().to(device)


@lru_cache(maxsize=4)
def _basis(side_px: int, device: torch.device) -> Tensor:
    """(GRID^2 + 3, side_px^2): at every pixel the weights of the control shifts, its x and y, and 1."""
    control, inverse = _solved(device)
    places = _centres(side_px, device)
    spline = _kernel(places / side_px, control) @ inverse
    return torch.cat([spline, places, torch.ones_like(places[:, :1])], dim=1).T.contiguous()
