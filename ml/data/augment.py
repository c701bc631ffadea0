"""Random views of a batch: one affine an image, on pictures and points alike.

An affine is (2, 3) and maps network px to network px, forwards (where a point goes).
"""

import math

import torch
from torch import Tensor
from torch.nn import functional

from ml.config import FitConfig


def draw_affines(count: int, config: FitConfig, generator: torch.Generator) -> Tensor:
    """(count, 2, 3): rotation, scale about the centre and shift, uniform in the config's ranges."""
    draws = torch.rand(4, count, generator=generator) * 2 - 1
    radians = draws[0] * math.radians(config.rotation_degrees)
    scale = 1 + draws[1] * config.scale_share
    shift = (draws[2:] * config.shift_share * config.input_px).T  # (count, 2)
    cos, sin = scale * radians.cos(), scale * radians.sin()
    linear = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    centre = torch.full((2,), config.input_px / 2)
    return torch.cat([linear, (centre - linear @ centre + shift)[..., None]], dim=-1)


def compose(after: Tensor, before: Tensor) -> Tensor:
    """(B, 2, 3) x (B, 2, 3) -> (B, 2, 3): first `before`, then `after`."""
    linear = after[..., :2] @ before[..., :2]
    shift = after[..., :2] @ before[..., 2:] + after[..., 2:]
    return torch.cat([linear, shift], dim=-1)


def move_points(affines: Tensor, xy: Tensor) -> Tensor:
    """(B, 2, 3), (B, K, 2) network px -> (B, K, 2) network px."""
    return xy @ affines[..., :2].transpose(1, 2) + affines[..., 2][:, None]


def move_pictures(affines: Tensor, pictures: Tensor) -> Tensor:
    """(B, 2, 3), (B, 3, S, S) float -> (B, 3, S, S); black comes in where the picture ends."""
    if not len(pictures):  # affine_grid takes no empty batch
        return pictures
    side = pictures.shape[-1]
    linear = torch.linalg.inv(affines[..., :2])
    shift = -linear @ affines[..., 2:]
    # affine_grid maps output to input in units where the picture spans -1..1: x_unit = 2 x_px / side - 1
    ones = torch.ones(2, 1, device=affines.device)
    theta = torch.cat([linear, linear @ ones + shift * (2 / side) - ones], dim=-1)
    grid = functional.affine_grid(theta, list(pictures.shape), align_corners=False)
    return functional.grid_sample(pictures, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


def is_inside(xy: Tensor, side_px: int) -> Tensor:
    """(B, K, 2) network px -> (B, K) bool: the point lies in the picture."""
    return ((xy >= 0) & (xy <= side_px)).all(dim=-1)


def change_brightness(pictures: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """(B, 3, S, S) 0..255, each channel of each picture times a random 1 +- `share`."""
    gain = 1 + share * (torch.rand(len(pictures), 3, 1, 1, generator=generator) * 2 - 1)
    return (pictures * gain).clamp(0, 255)
