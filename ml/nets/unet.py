"""The default landmark network: a small dense U-Net for two CPU cores.

Dense 3x3 convolutions in bf16, channels last, are what a CPU with AMX does fastest; the widths are multiples
of 32 for the same reason. The picture is folded into channels first: no convolution runs at full size, where
there are few channels and most of the time would go. `docs/networks.md` has the measurement.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Sequential):
    """`depth` times 3x3 convolution, batch norm, ReLU; (B, inputs, h, w) -> (B, outputs, h, w)."""

    def __init__(self, inputs: int, outputs: int, depth: int) -> None:
        layers: list[nn.Module] = []
        for _ in range(depth):
            convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
            nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
            layers += [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
            inputs = outputs
        super().__init__(*layers)


class UNet(nn.Module):
    """Pictures (B, channels, S, S) -> heat maps (B, K, S / fold, S / fold).

    widths   channels by level, fine to coarse; each level halves the picture
    fold     side of the square of pixels that becomes channels at the start
    """

    def __init__(
        self, *, channels: int, landmarks: int, widths: tuple[int, ...], depth: int, fold: int
    ) -> None:
        super().__init__()
        self.fold = nn.PixelUnshuffle(fold)
        inputs = [channels * fold * fold, *widths]
        self.down = nn.ModuleList(Block(a, b, depth) for a, b in zip(inputs, widths, strict=False))
        self.up = nn.ModuleList(Block(coarse + fine, fine, depth) for fine, coarse in pairwise(widths))
        self.maps = nn.Conv2d(widths[0], landmarks, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Heat maps before the softmax."""
        features = self.fold(pictures)
        skips: list[Tensor] = []
        for level, block in enumerate(self.down):
            features = block(functional.max_pool2d(features, 2) if level else features)
            skips.append(features)
        for skip, block in zip(reversed(skips[:-1]), reversed(self.up), strict=True):
            finer = functional.interpolate(features, scale_factor=2.0, mode="nearest")
            features = block(torch.cat([skip, finer], dim=1))
        maps: Tensor = self.maps(features)
        return maps
