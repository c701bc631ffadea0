"""Eq. 2 of the paper put together: which loss sees which part of a batch."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ml import losses
from ml.config import FitConfig
from ml.data import augment
from ml.data.batches import Batch
from ml.errors import LossesNotOffered
from ml.nets import LandmarkNet, Output


def loss_terms(
    output: Output, before: Output, batch: Batch, net: LandmarkNet, config: FitConfig
) -> Mapping[str, Tensor]:
    """The weighted terms of Eq. 2 by name. `output` is of `batch.pictures`, `before` of `batch.before`."""
    attribute = losses.attribute_loss(output.attributes, batch.answers, batch.answered, net.attributes)
    equivariance = (
        equivariance_term(output, before, batch, net, config)
        if config.equivariance_weight
        else torch.zeros((), device=output.xy.device)
    )
    return {
        "landmark": config.landmark_weight * landmark_term(output, batch, net, config),
        "attribute": config.attribute_weight * attribute,
        "equivariance": config.equivariance_weight * equivariance,
    }


def landmark_term(output: Output, batch: Batch, net: LandmarkNet, config: FitConfig) -> Tensor:
    """Loss L in the form that the network learns by, with the heat's part where the config wants it."""
    if net.learns_by == "pixels":
        assert net.soft_argmax is not None
        cell = net.soft_argmax.cell_of(batch.xy)
        return losses.pixel_loss(output.log_heat, cell, batch.placed)
    loss = losses.landmark_loss(output.xy, batch.xy, batch.placed, config.landmark_form)
    if not config.heat_weight or net.soft_argmax is None:
        return loss
    centres, sigma_px = net.soft_argmax.centres, config.heat_sigma_share * config.input_px
    heat = losses.heat_loss(output.log_heat, centres, batch.xy, batch.placed, sigma_px)
    return loss + config.heat_weight * heat


def equivariance_term(
    output: Output, before: Output, batch: Batch, net: LandmarkNet, config: FitConfig
) -> Tensor:
    """Loss ELT in the form that the config names; landmarks that leave the frame under T do not count.

    The paper's form lets unsure landmarks agree on a place between all that they might have: with sharp heat
    it brought nothing on `hands` at 5 % (27.8 % of palm width against 27.3 % by L alone), the form "heat",
    which asks the sure ones only, did (26.0 %).
    """
    side_px = config.input_px
    if config.equivariance_form == "coordinates":
        moved = batch.transforms.points(before.xy, side_px)
        inside = augment.is_inside(moved, side_px)
        return losses.equivariance_loss(moved, output.xy[batch.moved], inside)
    assert net.soft_argmax is not None
    places = before.xy.detach()
    is_sure = net.soft_argmax.confidence(before.log_heat, places) > config.equivariance_confidence
    moved = batch.transforms.points(places, side_px)
    counts = (is_sure & augment.is_inside(moved, side_px)).detach()
    centres, sigma_px = net.soft_argmax.centres, config.heat_sigma_share * side_px
    loss = losses.heat_loss(output.log_heat[batch.moved], centres, moved, counts, sigma_px)
    # the fewer are sure, the less they weigh: at first that is nobody
    return loss * counts.float().mean() if counts.numel() else loss


def check_offered(net: LandmarkNet, config: FitConfig) -> None:
    """Raises LossesNotOffered where a loss would silently do nothing for this network."""
    if config.equivariance_weight and not net.takes_equivariance:
        raise LossesNotOffered(
            f"{config.net} cannot be trained with ELT: its landmarks have no gradient for it"
        )
    if config.attribute_weight and not net.attributes and not config.landmark_weight:
        raise LossesNotOffered("loss A alone needs a schema with attributes")
    if not config.attribute_weight and not config.landmark_weight:
        raise LossesNotOffered("loss ELT alone says nothing of where a landmark is")
