"""Losses: their values, their masks, and who gets a gradient."""

import math

import pytest
import torch

from ml import losses
from ml.types import AttributeSpec

COLOUR = AttributeSpec(name="colour", classes=("red", "green", "blue"))
YAW = AttributeSpec(name="yaw", minimum=-90.0, maximum=90.0)


def test_landmark_loss_is_the_mean_squared_distance_of_answered_landmarks():
    predicted = torch.tensor([[[0.0, 0.0], [10.0, 10.0]], [[5.0, 5.0], [0.0, 0.0]]])
    target = torch.tensor([[[3.0, 4.0], [0.0, 0.0]], [[5.0, 6.0], [0.0, 0.0]]])
    answered = torch.tensor([[True, False], [True, False]])

    assert losses.landmark_loss(predicted, target, answered).item() == pytest.approx((25 + 1) / 2)


def test_landmark_loss_without_an_answer_is_zero_with_a_gradient():
    predicted = torch.ones(2, 3, 2, requires_grad=True)
    target = torch.full((2, 3, 2), math.nan)

    loss = losses.landmark_loss(predicted, target, torch.zeros(2, 3, dtype=torch.bool))
    loss.backward()

    assert loss.item() == 0
    assert predicted.grad is not None
    assert (predicted.grad == 0).all()


def test_what_stands_in_an_unanswered_place_changes_neither_loss_nor_gradient():
    answered = torch.tensor([[True, False]])
    grads = []
    for junk in (0.0, math.inf):
        predicted = torch.tensor([[[1.0, 1.0], [2.0, 2.0]]], requires_grad=True)
        target = torch.tensor([[[0.0, 0.0], [junk, junk]]])
        losses.landmark_loss(predicted, target, answered).backward()
        grads.append(predicted.grad)

    assert torch.equal(grads[0], grads[1])


def test_equivariance_loss_sends_its_gradient_to_both_sides():
    moved = torch.zeros(1, 1, 2, requires_grad=True)
    predicted = torch.ones(1, 1, 2, requires_grad=True)

    losses.equivariance_loss(moved, predicted, torch.ones(1, 1, dtype=torch.bool)).backward()

    assert torch.equal(moved.grad, -predicted.grad)
    assert (predicted.grad != 0).all()


def test_equivariance_loss_of_an_empty_batch_is_zero():
    empty = torch.zeros(0, 5, 2, requires_grad=True)

    loss = losses.equivariance_loss(empty, empty, torch.zeros(0, 5, dtype=torch.bool))

    assert loss.item() == 0


def test_landmarks_that_left_the_frame_do_not_count():
    moved = torch.tensor([[[0.0, 0.0], [500.0, 500.0]]])
    predicted = torch.tensor([[[1.0, 0.0], [0.0, 0.0]]])

    loss = losses.equivariance_loss(moved, predicted, torch.tensor([[True, False]]))

    assert loss.item() == pytest.approx(1.0)


def test_attribute_loss_is_cross_entropy_for_classes():
    logits = torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    answered = torch.tensor([[True], [False]])

    loss = losses.attribute_loss([logits], torch.tensor([[0.0], [9.0]]), answered, [COLOUR])

    assert loss.item() == pytest.approx(-math.log(math.exp(2) / (math.exp(2) + 2)))


def test_attribute_loss_is_l1_over_the_scale_for_numbers():
    loss = losses.attribute_loss(
        [torch.tensor([[45.0]])], torch.tensor([[0.0]]), torch.ones(1, 1, dtype=torch.bool), [YAW]
    )

    assert loss.item() == pytest.approx(0.25)


def test_an_attribute_without_an_answer_does_not_thin_out_the_others():
    logits, yaw = torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([[45.0]], requires_grad=True)
    targets = torch.tensor([[0.0, math.nan]])
    alone = losses.attribute_loss([logits], targets[:, :1], torch.tensor([[True]]), [COLOUR])

    both = losses.attribute_loss([logits, yaw], targets, torch.tensor([[True, False]]), [COLOUR, YAW])
    both.backward()

    assert both.item() == pytest.approx(alone.item())
    assert (yaw.grad == 0).all()


def test_attribute_loss_without_any_answer_is_zero_with_a_gradient():
    logits = torch.randn(2, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()

    loss = losses.attribute_loss([logits], torch.zeros(2, 1), torch.zeros(2, 1, dtype=torch.bool), [COLOUR])
    loss.backward()

    assert loss.item() == 0
    assert (logits.grad == 0).all()


def test_a_schema_without_attributes_has_attribute_loss_zero():
    loss = losses.attribute_loss([], torch.zeros(2, 0), torch.zeros(2, 0, dtype=torch.bool), [])

    assert loss.item() == 0


def test_heat_loss_is_least_for_heat_that_is_a_gaussian_at_the_true_place():
    centres = torch.arange(16.0).reshape(-1, 1).repeat(1, 2)
    target, answered = torch.tensor([[[5.0, 5.0]]]), torch.tensor([[True]])
    squared = (centres - target[0, 0]).square().sum(-1)
    right = (squared / (-2 * 2.0**2)).log_softmax(-1).reshape(1, 1, -1)
    elsewhere = right.roll(4, dims=-1)

    best = losses.heat_loss(right, centres, target, answered, sigma_px=2.0)
    worse = losses.heat_loss(elsewhere, centres, target, answered, sigma_px=2.0)

    assert best < worse
