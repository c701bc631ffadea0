"""RCN+: the Recombinator Network of Honari et al. (CVPR 2016) as section 4 and Fig. S3 of the paper use it.

One 3x3 convolution at each of five sizes on the way down; on the way up each size takes the coarser one,
enlarged, beside its own features, by a 5x5 and a 1x1 convolution. At full size two more 1x1 follow, of which
the last gives the maps. A ReLU follows every convolution, the last too, as in all networks of the paper.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from ml.nets.plain import keep_alive

LEVELS = 5
RCN_MULTIPLE_PX = 2 ** (LEVELS - 1)


class Recombinator(nn.Module):
    """Pictures (B, 1, S, S) -> heat maps (B, K, S, S); S a multiple of 16."""

    def __init__(self, *, landmarks: int, channels: int = 64) -> None:
        super().__init__()
        self.down = nn.ModuleList(
            _relu_convolution(channels if level else 1, channels, 3) for level in range(LEVELS)
        )
        self.up = nn.ModuleList(_two(2 * channels, channels) for _ in range(LEVELS - 1))
        self.last = _relu_convolution(channels, channels, 1)
        self.maps = _relu_convolution(channels, landmarks, 1)
        keep_alive(self.maps)

    def forward(self, pictures: Tensor) -> Tensor:
        """Heat maps before the softmax."""
        skips: list[Tensor] = []
        features = pictures
        for level, convolution in enumerate(self.down):
            features = convolution(functional.max_pool2d(features, 2) if level else features)
            skips.append(features)
        for skip, block in zip(reversed(skips[:-1]), self.up, strict=True):
            finer = functional.interpolate(features, scale_factor=2.0, mode="nearest")
            features = block(torch.cat([finer, skip], dim=1))
        maps: Tensor = self.maps(self.last(features))
        return maps


def _two(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(_relu_convolution(inputs, outputs, 5), _relu_convolution(outputs, outputs, 1))


def _relu_convolution(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2)
    nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
    nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]  # a Conv2d with a bias has one
    return nn.Sequential(convolution, nn.ReLU())
