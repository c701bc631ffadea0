"""Heatmap-MT: attributes from heat maps, the paper's second baseline of Tables 1 and 2 (section 4).

The landmark is the argmax of a softmax over pixels, trained by the negative log-likelihood of the true pixel;
the supplement also has it with a soft-argmax. Attributes come from the maps before the softmax, so their loss
need not pass through coordinates. Losses L and L+A; an argmax has no gradient for ELT.
"""

from collections.abc import Sequence
from typing import ClassVar, Literal

from torch import Tensor, nn

from ml.nets.attribute_head import in_unit, perceptron
from ml.nets.landmark_net import LandmarkNet, Output
from ml.nets.plain import plain_layers
from ml.nets.soft_argmax import SoftArgmax
from ml.types import AttributeSpec

HIDDEN = (256, 256)
POOLINGS = 4


class HeatmapMultiTask(LandmarkNet):
    """Heat maps, the pixel of the highest heat, and attributes from the maps.

    The head sees [2x2 pooling, 9x9 convolution] four times, then a multilayer perceptron an attribute.
    """

    learns_by: ClassVar[Literal["coordinates", "pixels"]] = "pixels"
    takes_equivariance: ClassVar[bool] = False

    def __init__(
        self,
        *,
        landmark_net: nn.Module,
        soft_argmax: SoftArgmax,
        landmarks: int,
        attributes: Sequence[AttributeSpec],
        input_px: int,
        channels: int,
        dropout: float,
    ) -> None:
        super().__init__(attributes=attributes, is_gray=True)
        self.landmark_net = landmark_net
        self.soft_argmax: SoftArgmax = soft_argmax
        layers: list[nn.Module] = []
        for level in range(POOLINGS):
            inputs = channels if level else landmarks
            # these maps are small: folding them does not pay, an odd side says so
            layers += [nn.MaxPool2d(2), *plain_layers([inputs, channels], [9], input_px=1)]
        self.head_layers = nn.Sequential(*layers)
        cells = channels * (input_px // 2**POOLINGS) ** 2
        self.branches = nn.ModuleList(perceptron(cells, HIDDEN, s.outputs, dropout) for s in attributes)

    def trunk(self, unit: Tensor) -> Tensor:
        """Heat maps (B, K, h, w) before the softmax."""
        maps: Tensor = self.landmark_net(unit)
        return maps

    def read(self, seen: Tensor) -> Output:
        """The centre of the hottest pixel, and attributes from the maps."""
        log_heat, mean_xy = self.soft_argmax(seen.float())
        features = self.head_layers(seen.float()).flatten(1) if self.branches else seen
        pairs = zip(self.attributes, self.branches, strict=True)
        attributes = tuple(in_unit(spec, branch(features)) for spec, branch in pairs)
        return Output(self._places(log_heat, mean_xy), attributes, log_heat)

    def _places(self, log_heat: Tensor, _mean_xy: Tensor) -> Tensor:
        return self.soft_argmax.centres[log_heat.argmax(dim=-1)]


class HeatmapMultiTaskSoft(HeatmapMultiTask):
    """The supplement's variant: the landmark is the mean of the heat, trained by squared error."""

    learns_by: ClassVar[Literal["coordinates", "pixels"]] = "coordinates"

    def _places(self, _log_heat: Tensor, mean_xy: Tensor) -> Tensor:
        return mean_xy
