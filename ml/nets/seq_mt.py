"""Sequential multitasking: pictures -> heat maps -> landmarks -> attributes. Section 3.1 of the paper."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from ml.nets.attribute_head import AttributeHead
from ml.nets.soft_argmax import SoftArgmax

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


class Output(NamedTuple):
    """What a network says about a batch of pictures.

    xy           (B, K, 2) network px
    attributes   by attribute (B, classes) logits, or (B, 1) in its own unit
    log_heat     (B, K, cells) log of the softmax of the heat maps, row by row
    """

    xy: Tensor
    attributes: tuple[Tensor, ...]
    log_heat: Tensor


class SeqMultiTask(nn.Module):
    """A landmark network, a soft-argmax and attribute heads that see nothing but the landmarks."""

    def __init__(
        self, *, landmark_net: nn.Module, soft_argmax: SoftArgmax, head: AttributeHead, is_gray: bool
    ) -> None:
        super().__init__()
        self.landmark_net = landmark_net
        self.soft_argmax = soft_argmax
        self.head = head
        self.is_gray = is_gray
        self.luma: Tensor
        self.register_buffer("luma", torch.tensor(LUMA).reshape(1, 3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> Output:
        """(B, 3, S, S) RGB, 0..255, any number type."""
        return self.read(self.heat_maps(pictures))

    def heat_maps(self, pictures: Tensor) -> Tensor:
        """(B, 3, S, S) RGB, 0..255 -> (B, K, h, w) before the softmax. The part that may run in bf16."""
        unit = pictures.float() / 255
        unit = (unit * self.luma).sum(dim=1, keepdim=True) if self.is_gray else unit - 0.5
        maps: Tensor = self.landmark_net(unit)
        return maps

    def read(self, maps: Tensor) -> Output:
        """Landmarks and attributes from heat maps. Never in bf16, which rounds positions to whole pixels."""
        log_heat, xy = self.soft_argmax(maps.float())
        return Output(xy, self.head(xy), log_heat)


def plain_landmark_net(
    *, landmarks: int, layers: int, channels: int, kernel: int, last: tuple[int, ...]
) -> nn.Sequential:
    """The paper's landmark networks: stride 1, SAME padding, ReLU after every convolution, the last too.

    `layers` convolutions of `kernel` and `channels`; `last` are the kernels of the layers after them, of
    which the final one gives the K maps and the others `channels`.
    """
    widths = [1, *[channels] * (layers + len(last) - 1), landmarks]
    kernels = [kernel] * layers + list(last)
    net: list[nn.Module] = []
    for inputs, outputs, side in zip(widths, widths[1:], kernels, strict=False):
        convolution = nn.Conv2d(inputs, outputs, side, padding=side // 2)
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]  # a Conv2d with a bias has one
        net += [convolution, nn.ReLU()]
    return nn.Sequential(*net)
