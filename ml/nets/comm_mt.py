"""Comm-MT: common multitasking, the paper's baseline of Tables 1 and 2 (section 4, supplement).

Landmarks and attributes are two regressions from the same features; the attribute does not pass through the
landmarks. Losses L and L+A; the paper has no ELT for it.
"""

from collections.abc import Sequence
from typing import ClassVar

from torch import Tensor, nn

from ml.nets.attribute_head import in_unit
from ml.nets.landmark_net import LandmarkNet, Output
from ml.nets.plain import plain_layers
from ml.types import AttributeSpec

HIDDEN = 256
POOLINGS = 2


class CommMultiTask(LandmarkNet):
    """Convolutions, two poolings, two shared layers; then one layer for coordinates and one an attribute."""

    takes_equivariance: ClassVar[bool] = False

    def __init__(
        self,
        *,
        landmarks: int,
        attributes: Sequence[AttributeSpec],
        input_px: int,
        channels: int,
        dropout: float,
    ) -> None:
        super().__init__(attributes=attributes, is_gray=True)
        self.input_px = input_px
        self.convolutions = nn.Sequential(
            *plain_layers([1, *[channels] * 5], [9] * 5, input_px=input_px),
            nn.MaxPool2d(2),
            *plain_layers([channels, channels], [9], input_px=input_px // 2),
            nn.MaxPool2d(2),
            *plain_layers([channels] * 3, [1, 1], input_px=input_px // 4),
        )
        self.shared = nn.Sequential(
            nn.Linear(channels * (input_px // 2**POOLINGS) ** 2, HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(HIDDEN, HIDDEN),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.coordinates = nn.Linear(HIDDEN, 2 * landmarks)
        self.branches = nn.ModuleList(nn.Linear(HIDDEN, spec.outputs) for spec in attributes)

    def trunk(self, unit: Tensor) -> Tensor:
        """Features (B, channels, S / 4, S / 4)."""
        features: Tensor = self.convolutions(unit)
        return features

    def read(self, seen: Tensor) -> Output:
        """Landmarks and attributes, side by side. The untrained network says the middle of the picture."""
        shared = self.shared(seen.float().flatten(1))
        xy = (self.coordinates(shared).unflatten(1, (-1, 2)) + 0.5) * self.input_px
        pairs = zip(self.attributes, self.branches, strict=True)
        return Output(xy, tuple(in_unit(spec, branch(shared)) for spec, branch in pairs), xy[..., :0])
