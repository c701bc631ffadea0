"""Bent views: pictures and points move together, and back."""

from dataclasses import replace

import pytest
import torch

from ml.data import augment
from ml.data.warp import GRID, Warp, draw_bends

SIDE = 48


def bent(tiny, count, share):
    config = replace(tiny, bend_share=share, input_px=SIDE)
    generator = torch.Generator().manual_seed(5)
    affines = augment.draw_affines(count, config, generator)
    return Warp(affines, draw_bends(count, config, generator))


@pytest.mark.parametrize("share", [0.0, 0.02, 0.03])
def test_bright_spots_and_points_move_together(tiny, share):
    warp = bent(tiny, 16, share)
    pictures = torch.zeros(16, 3, SIDE, SIDE)
    pictures[:, :, 20:23, 27:30] = 255
    points = torch.tensor([28.5, 21.5]).expand(16, 1, 2)

    moved = warp.pictures(pictures).mean(dim=1)

    centres = torch.arange(SIDE) + 0.5
    x = (moved.sum(1) * centres).sum(1) / moved.sum((1, 2))
    y = (moved.sum(2) * centres).sum(1) / moved.sum((1, 2))
    found = torch.stack([x, y], 1)
    torch.testing.assert_close(found, warp.points(points, SIDE)[:, 0], atol=0.25, rtol=0)


def test_a_bend_moves_its_control_points_by_what_was_drawn(tiny):
    warp = Warp(torch.eye(2, 3)[None], bent(tiny, 1, 0.03).bends)
    centre = (torch.arange(GRID) + 0.5) * (SIDE / GRID)
    control = torch.stack(torch.meshgrid(centre, centre, indexing="xy"), -1).reshape(1, -1, 2)

    there = warp.points(control + warp.bends, SIDE)

    # a place of the moved picture shows what was at place + shift
    torch.testing.assert_close(there, control, atol=0.05, rtol=0)


def test_no_bend_share_is_the_affine_alone(tiny):
    warp = bent(tiny, 3, 0.0)
    points = torch.rand(3, 4, 2) * SIDE

    assert warp.bends is None
    assert torch.equal(warp.points(points, SIDE), augment.move_points(warp.affines, points))


def test_an_empty_batch_stays_empty(tiny):
    assert bent(tiny, 0, 0.03).pictures(torch.zeros(0, 3, SIDE, SIDE)).shape == (0, 3, SIDE, SIDE)
