"""The paper's landmark networks: plain convolutions at full size (section 3.1, supplement tables S1 to S5).

With the 8 channels of Blocks a CPU computes mostly waiting. `FoldedConv2d` is the same convolution, written
for pictures of which each square of `fold` x `fold` pixels lies in the channels: 4 times the channels on a
quarter of the cells. Its weights are those of the plain one. Training of the Blocks network in bfloat16 on
one core: 485 images/s plain, 1131 folded (float32 plain: 153); with 16 channels and more it does not pay.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

FOLD = 2
FOLDED_CHANNELS_MAX = 8


class FoldedConv2d(nn.Conv2d):
    """A SAME convolution of odd kernel and stride 1, on pictures folded by `nn.PixelUnshuffle(fold)`.

    (B, inputs * fold^2, h, w) -> (B, outputs * fold^2, h, w)
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, *, fold: int) -> None:
        super().__init__(inputs, outputs, kernel, padding=kernel // 2)
        self.fold = fold
        self.taps: Tensor
        self.register_buffer("taps", _taps(kernel, fold), persistent=False)

    def forward(self, folded: Tensor) -> Tensor:
        """The convolution, in the folded layout; of kernel 1 exact as `ExactConv2d`."""
        if self.kernel_size == (1, 1):
            with torch.autocast(folded.device.type, enabled=False):
                return self._convolved(folded.float())
        return self._convolved(folded)

    def _convolved(self, folded: Tensor) -> Tensor:
        side = self.taps.shape[2]
        weight = torch.einsum("oikl,acuk,bdvl->oabicduv", self.weight, self.taps, self.taps)
        squared = self.fold**2
        weight = weight.reshape(self.out_channels * squared, self.in_channels * squared, side, side)
        weight = weight.contiguous(memory_format=torch.channels_last)
        assert self.bias is not None
        bias = self.bias.repeat_interleave(squared)
        return functional.conv2d(folded, weight, bias, padding=side // 2)


class ExactConv2d(nn.Conv2d):
    """A convolution of kernel 1, in float32 even where others are not.

    Heat is read to a fraction of a pixel, and such a layer costs next to nothing: its 8 bits in bfloat16 were
    6 % of the error on Blocks.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, 1)

    def forward(self, maps: Tensor) -> Tensor:
        """(B, inputs, h, w) -> (B, outputs, h, w) float32."""
        with torch.autocast(maps.device.type, enabled=False):
            return super().forward(maps.float())


class _Folding(nn.PixelUnshuffle):
    """(B, C, S, S) -> (B, C * fold^2, S / fold, S / fold), channels last, which convolutions want."""

    def forward(self, pictures: Tensor) -> Tensor:
        return super().forward(pictures).contiguous(memory_format=torch.channels_last)


def _taps(kernel: int, fold: int) -> Tensor:
    """(fold, fold, cells, kernel), 1 where tap k connects output place a to input place c, u cells away.

    Pixel y = fold Y + a sees pixel x = fold X + c by the tap x - y + kernel // 2, with u = X - Y + reach.
    """
    reach = math.ceil((kernel // 2) / fold)
    taps = torch.zeros(fold, fold, 2 * reach + 1, kernel)
    for a in range(fold):
        for c in range(fold):
            for u in range(2 * reach + 1):
                tap = fold * (u - reach) + c - a + kernel // 2
                if 0 <= tap < kernel:
                    taps[a, c, u, tap] = 1
    return taps


def plain_landmark_net(
    *, landmarks: int, layers: int, channels: int, kernel: int, last: tuple[int, ...], input_px: int
) -> nn.Sequential:
    """Stride 1, SAME padding, ReLU after every convolution, the last too (science of section 2 of the paper).

    `layers` convolutions of `kernel` and `channels`; `last` are the kernels of the layers after them, of
    which the final one gives the K maps and the others `channels`. (B, 1, S, S) -> (B, K, S, S)
    """
    widths = [1, *[channels] * (layers + len(last) - 1), landmarks]
    kernels = [kernel] * layers + list(last)
    net = nn.Sequential(*plain_layers(widths, kernels, input_px=input_px))
    keep_alive(net)
    return net


def keep_alive(net: nn.Sequential) -> None:
    """Start every map above zero, where its ReLU has a gradient: soft-argmax does not see the constant.

    Started at zero, one of five maps of Blocks was 0 everywhere for some seeds, and stayed so: 16 px off.
    """
    final = [layer for layer in net if isinstance(layer, nn.Conv2d)][-1]
    assert final.bias is not None
    nn.init.ones_(final.bias)


def plain_layers(widths: list[int], kernels: list[int], *, input_px: int) -> list[nn.Module]:
    """Convolutions and ReLUs from widths[0] to widths[-1] channels, folded where that is faster."""
    fold = FOLD if max(widths[1:-1] or widths[:1]) <= FOLDED_CHANNELS_MAX and input_px % FOLD == 0 else 1
    layers: list[nn.Module] = [_Folding(fold)] if fold > 1 else []
    for inputs, outputs, side in zip(widths, widths[1:], kernels, strict=False):
        convolution = _convolution(inputs, outputs, side, fold=fold)
        nn.init.kaiming_normal_(convolution.weight, nonlinearity="relu")
        nn.init.zeros_(convolution.bias)  # type: ignore[arg-type]  # a Conv2d with a bias has one
        layers += [convolution, nn.ReLU()]
    return [*layers, nn.PixelShuffle(fold)] if fold > 1 else layers


def _convolution(inputs: int, outputs: int, side: int, *, fold: int) -> nn.Conv2d:
    if fold > 1:
        return FoldedConv2d(inputs, outputs, side, fold=fold)
    return nn.Conv2d(inputs, outputs, side, padding=side // 2) if side > 1 else ExactConv2d(inputs, outputs)
