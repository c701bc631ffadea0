"""Attributes from predicted landmarks only: sequential multitasking, section 3.1 of the paper."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from ml.types import AttributeSpec


class AttributeHead(nn.Module):
    """One multilayer perceptron an attribute, as the paper's two heads on Multi-PIE.

    Sees nothing but coordinates, so the only way to a better attribute is a better landmark.
    """

    def __init__(
        self,
        *,
        landmarks: int,
        attributes: Sequence[AttributeSpec],
        input_px: int,
        hidden: tuple[int, ...],
        dropout: float,
    ) -> None:
        super().__init__()
        self.input_px = input_px
        self.attributes = tuple(attributes)
        self.branches = nn.ModuleList(
            perceptron(2 * landmarks, hidden, spec.outputs, dropout) for spec in attributes
        )
        for branch in self.branches:
            _see_relations(branch.get_submodule("0"), landmarks)

    def forward(self, xy: Tensor) -> tuple[Tensor, ...]:
        """Coordinates (B, K, 2) network px -> by attribute (B, classes) logits, or (B, 1) in its own unit."""
        # -1..1 over the picture, so that the first layer starts in a sensible range at every picture size
        flat = (xy * (2 / self.input_px) - 1).flatten(1)
        outputs = (branch(flat) for branch in self.branches)
        return tuple(in_unit(spec, out) for spec, out in zip(self.attributes, outputs, strict=True))


@torch.no_grad()
def _see_relations(layer: nn.Module, landmarks: int) -> None:
    """Start blind to where the landmarks are as a whole: the weights of all of them sum to zero.

    So two landmarks pull an answer in opposite directions, and loss A alone parts their maps; weights drawn
    as usual have the same sign half of the time, and both maps stay on one shape (docs/science.md, Shapes).
    """
    assert isinstance(layer, nn.Linear)
    if landmarks > 1:
        weights = layer.weight.view(layer.out_features, landmarks, 2)
        weights -= weights.mean(dim=1, keepdim=True)


def in_unit(spec: AttributeSpec, out: Tensor) -> Tensor:
    """(B, outputs) of a last layer -> logits as they are, or the number in its own unit."""
    if spec.minimum is None or spec.maximum is None:
        return out
    # an untrained head answers the middle of the scale
    return spec.minimum + (spec.maximum - spec.minimum) * (out + 0.5)


def perceptron(inputs: int, hidden: tuple[int, ...], outputs: int, dropout: float) -> nn.Sequential:
    """Linear layers with ReLU and dropout, the last one bare."""
    layers: list[nn.Module] = []
    for width in hidden:
        layers += [nn.Linear(inputs, width), nn.ReLU(), nn.Dropout(dropout)]
        inputs = width
    return nn.Sequential(*layers, nn.Linear(inputs, outputs))
