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


def change_colours(pictures: Tensor, config: FitConfig, generator: torch.Generator) -> Tensor:
    """(B, 3, S, S) 0..255: random gain of each channel, contrast about the mean, and noise, as configured."""
    count = len(pictures)
    if config.brightness_share:
        gain = 1 + config.brightness_share * _draw(count, 3, generator=generator)
        pictures = pictures * gain.to(pictures.device)
    if config.contrast_share:
        gain = 1 + config.contrast_share * _draw(count, 1, generator=generator)
        mean = pictures.mean(dim=(1, 2, 3), keepdim=True)
        pictures = mean + (pictures - mean) * gain.to(pictures.device)
    if config.noise_levels:
        noise = torch.randn(pictures.shape, generator=generator)
        pictures = pictures + noise.to(pictures.device) * config.noise_levels
    return pictures.clamp(0, 255)


def changes_colours(config: FitConfig) -> bool:
    """Whether `change_colours` does anything."""
    return bool(config.brightness_share or config.contrast_share or config.noise_levels)


def _draw(count: int, channels: int, *, generator: torch.Generator) -> Tensor:
    """(count, channels, 1, 1), uniform in -1..1."""
    return torch.rand(count, channels, 1, 1, generator=generator) * 2 - 1


def flip_affines(is_flipped: Tensor, side_px: int) -> Tensor:
    """(B,) bool -> (B, 2, 3): left and right change places, or nothing moves."""
    affines = torch.eye(2, 3).repeat(len(is_flipped), 1, 1)
    affines[is_flipped, 0, 0] = -1
    affines[is_flipped, 0, 2] = side_px
    return affines
