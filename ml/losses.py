"""The losses of Eq. 2 of the paper, as pure functions. All are masked: a missing answer is normal.

A batch without any answer of a kind gives 0 with a gradient, never NaN: one empty batch must not end a run.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from ml.types import AttributeSpec


def _masked_mean(values: Tensor, counts: Tensor) -> Tensor:
    # where, not a product: 0 * inf would be NaN, and an unanswered row may hold anything
    kept = torch.where(counts, values, torch.zeros_like(values))
    return kept.sum() / counts.sum().clamp(min=1)


def landmark_loss(
    predicted: Tensor, target: Tensor, answered: Tensor, form: Literal["squared", "distance"] = "squared"
) -> Tensor:
    """Loss L, last sum of Eq. 2: mean squared distance of the answered landmarks.

    predicted, target   (B, K, 2) network px
    answered            (B, K) bool   False where there is no answer; the target there is ignored
    form                "distance" is sqrt(1 + d^2) - 1 px instead of d^2 (Charbonnier): a robust distance
    """
    target = torch.where(answered[..., None], target, torch.zeros_like(target))
    squared = (predicted - target).square().sum(-1)
    return _masked_mean(squared if form == "squared" else (1 + squared).sqrt() - 1, answered)


def pixel_loss(log_heat: Tensor, cell: Tensor, answered: Tensor) -> Tensor:
    """Loss L of Heatmap-MT (section 4): negative log-likelihood of the true pixel.

    log_heat   (B, K, cells)
    cell       (B, K) long     flat index of the pixel; ignored where unanswered
    answered   (B, K) bool
    """
    picked = log_heat.gather(-1, torch.where(answered, cell, torch.zeros_like(cell))[..., None])
    return _masked_mean(-picked[..., 0], answered)


def heat_loss(log_heat: Tensor, centres: Tensor, target: Tensor, answered: Tensor, sigma_px: float) -> Tensor:
    """Part of loss L, an addition to the paper: cross-entropy of the heat to a Gaussian at the true place.

    The squared distance is content with any heat that has the right mean, also wide or in several heaps,
    and such heat does not carry over to other images (cf. Nibali et al. 2018, section 3.3).

    log_heat    (B, K, cells)   centres (cells, 2) network px
    target      (B, K, 2) network px
    answered    (B, K) bool
    """
    target = torch.where(answered[..., None], target, torch.zeros_like(target))
    squared = (centres - target[:, :, None]).square().sum(-1)  # (B, K, cells)
    wanted = (squared / (-2 * sigma_px**2)).softmax(dim=-1)
    return _masked_mean(-(wanted * log_heat).sum(-1), answered)


def equivariance_loss(moved: Tensor, predicted: Tensor, inside: Tensor) -> Tensor:
    """Loss ELT, second term of Eq. 2: mean of || T(L_k(I)) - L_k(T(I)) ||^2.

    moved       (B, K, 2) network px   T applied to the landmarks of the image
    predicted   (B, K, 2) network px   landmarks of the transformed image
    inside      (B, K) bool            False where T takes the landmark out of the frame
    """
    return _masked_mean((moved - predicted).square().sum(-1), inside)


def attribute_loss(
    outputs: Sequence[Tensor], targets: Tensor, answered: Tensor, attributes: Sequence[AttributeSpec]
) -> Tensor:
    """Loss A, first term of Eq. 2: cross-entropy for classes, L1 for numbers; mean over the attributes.

    outputs    by attribute (B, classes) logits, or (B, 1) in its own unit
    targets    (B, A) float   class index, or the number; ignored where unanswered
    answered   (B, A) bool

    A number's error is divided by the length of its scale, so that units do not weigh. Attributes without an
    answer in the batch do not count.
    """
    total = torch.zeros((), device=targets.device)
    for index, (spec, output) in enumerate(zip(attributes, outputs, strict=True)):
        mask = answered[:, index]
        wanted = torch.where(mask, targets[:, index], torch.zeros_like(targets[:, index]))
        if spec.minimum is None or spec.maximum is None:
            errors = functional.cross_entropy(output.float(), wanted.long(), reduction="none")
        else:
            errors = (output[:, 0].float() - wanted).abs() / (spec.maximum - spec.minimum)
        total = total + _masked_mean(errors, mask)
    return total / answered.any(dim=0).sum().clamp(min=1)
