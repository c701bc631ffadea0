"""Names -> networks: the only place with numbers. To add a network, name its builder in `NETS`.

Names that begin with `seq_mt`, `comm_mt`, `heatmap_mt` and `rcn` are the paper's (section 4 and supplement),
with the widths that it gives for the data set in the name; all take any landmarks and attributes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn

from ml.errors import SettingRejected, UnknownNet
from ml.nets.attribute_head import AttributeHead
from ml.nets.comm_mt import CommMultiTask
from ml.nets.heatmap_mt import HeatmapMultiTask, HeatmapMultiTaskSoft
from ml.nets.landmark_net import LandmarkNet
from ml.nets.plain import plain_landmark_net
from ml.nets.pretrained import PRETRAINED_MULTIPLE_PX, PretrainedUNet
from ml.nets.rcn import RCN_MULTIPLE_PX, Recombinator
from ml.nets.seq_mt import SeqMultiTask
from ml.nets.soft_argmax import SoftArgmax
from ml.nets.unet import UNet
from ml.types import AttributeSpec

Attributes = Sequence[AttributeSpec]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a network is put together.

    build         landmarks, attributes, input_px -> the network
    multiple_px   the picture's side must be a multiple of it
    """

    build: Callable[[int, Attributes, int], LandmarkNet]
    multiple_px: int = 1


@dataclass(frozen=True, kw_only=True)
class Plain:
    """The convolutions of one of the paper's networks, see `plain_landmark_net`."""

    layers: int
    channels: int
    kernel: int
    last: tuple[int, ...]

    def net(self, landmarks: int, input_px: int) -> nn.Module:
        """Heat maps at full size."""
        return plain_landmark_net(
            landmarks=landmarks,
            layers=self.layers,
            channels=self.channels,
            kernel=self.kernel,
            last=self.last,
            input_px=input_px,
        )


def _seq_mt(
    landmark_net: Callable[[int, int], nn.Module],
    *,
    beta: float,
    is_gray: bool = True,
    stride: int = 1,
    multiple_px: int = 1,
    hidden: tuple[int, ...] = (256, 256),
    dropout: float = 0.25,
) -> Recipe:
    def build(landmarks: int, attributes: Attributes, input_px: int) -> LandmarkNet:
        return SeqMultiTask(
            landmark_net=landmark_net(landmarks, input_px),
            soft_argmax=SoftArgmax(beta=beta, input_px=input_px, cells=input_px // stride),
            head=AttributeHead(
                landmarks=landmarks, attributes=attributes, input_px=input_px, hidden=hidden, dropout=dropout
            ),
            is_gray=is_gray,
        )

    return Recipe(build=build, multiple_px=multiple_px)


def _comm_mt(*, channels: int, dropout: float) -> Recipe:
    def build(landmarks: int, attributes: Attributes, input_px: int) -> LandmarkNet:
        return CommMultiTask(
            landmarks=landmarks,
            attributes=attributes,
            input_px=input_px,
            channels=channels,
            dropout=dropout,
        )

    return Recipe(build=build, multiple_px=4)


def _heatmap_mt(
    kind: type[HeatmapMultiTask], plain: Plain, *, beta: float, channels: int, dropout: float
) -> Recipe:
    def build(landmarks: int, attributes: Attributes, input_px: int) -> LandmarkNet:
        if input_px < MULTI_TASK_HEAD_PX:
            raise SettingRejected(
                f"the attribute head needs a picture side of {MULTI_TASK_HEAD_PX} px or more"
            )
        return kind(
            landmark_net=plain.net(landmarks, input_px),
            soft_argmax=SoftArgmax(beta=beta, input_px=input_px, cells=input_px),
            landmarks=landmarks,
            attributes=attributes,
            input_px=input_px,
            channels=channels,
            dropout=dropout,
        )

    return Recipe(build=build)


def _unet(widths: tuple[int, ...], *, fold: int) -> Recipe:
    def landmark_net(landmarks: int, _input_px: int) -> nn.Module:
        return UNet(channels=3, landmarks=landmarks, widths=widths, depth=2, fold=fold)

    multiple_px = fold * 2 ** (len(widths) - 1)
    return _seq_mt(landmark_net, beta=1.0, is_gray=False, stride=fold, multiple_px=multiple_px)


def _pretrained(widths: tuple[int, ...]) -> Recipe:
    def landmark_net(landmarks: int, _input_px: int) -> nn.Module:
        return PretrainedUNet(landmarks=landmarks, widths=widths)

    return _seq_mt(landmark_net, beta=1.0, is_gray=False, stride=4, multiple_px=PRETRAINED_MULTIPLE_PX)


MULTI_TASK_HEAD_PX = 16  # four poolings leave one cell
# science of the paper's supplement: rows of its network tables
SHAPES = Plain(layers=6, channels=16, kernel=7, last=(1, 1))
BLOCKS = Plain(layers=6, channels=8, kernel=9, last=(1, 1))
HGR1 = Plain(layers=5, channels=64, kernel=9, last=(9,))
W300 = Plain(layers=7, channels=32, kernel=9, last=(9,))

NETS: dict[str, Recipe] = {
    "unet": _unet((64, 128, 128, 128), fold=4),
    # finer heat maps, three times as slow, and no better on `hands` at 5 %
    "unet_fine": _unet((32, 64, 128, 128), fold=2),
    "unet_slim": _unet((32, 64, 128, 128), fold=4),
    "unet_tiny": _unet((8, 16), fold=2),  # for tests
    "pretrained": _pretrained((64, 64, 96, 128)),
    "seq_mt_shapes": _seq_mt(SHAPES.net, beta=1.0, hidden=(40,), dropout=0.0),
    "seq_mt_blocks": _seq_mt(BLOCKS.net, beta=1.0),
    "seq_mt_hgr1": _seq_mt(HGR1.net, beta=0.001, dropout=0.5),
    "seq_mt_multipie": _seq_mt(HGR1.net, beta=0.001),
    "seq_mt_300w": _seq_mt(W300.net, beta=0.01),
    "comm_mt_blocks": _comm_mt(channels=8, dropout=0.25),
    "comm_mt_hgr1": _comm_mt(channels=64, dropout=0.5),
    "heatmap_mt_blocks": _heatmap_mt(HeatmapMultiTask, BLOCKS, beta=1.0, channels=8, dropout=0.25),
    "heatmap_mt_hgr1": _heatmap_mt(HeatmapMultiTask, HGR1, beta=1.0, channels=64, dropout=0.5),
    "heatmap_mt_soft_blocks": _heatmap_mt(HeatmapMultiTaskSoft, BLOCKS, beta=1.0, channels=8, dropout=0.25),
    "heatmap_mt_soft_hgr1": _heatmap_mt(HeatmapMultiTaskSoft, HGR1, beta=0.001, channels=64, dropout=0.5),
    "rcn_plus": _seq_mt(
        lambda landmarks, _input_px: Recombinator(landmarks=landmarks), beta=1.0, multiple_px=RCN_MULTIPLE_PX
    ),
}


def known_nets() -> tuple[str, ...]:
    """Names that `build_net` takes."""
    return tuple(NETS)


def build_net(name: str, *, landmarks: int, attributes: Attributes, input_px: int) -> LandmarkNet:
    """A network with fresh weights (torch's global generator).

    Raises UnknownNet for a name that is not registered, SettingRejected for a picture size that it cannot
    take or no landmark, NotInstalled where it needs an optional package.
    """
    if name not in NETS:
        raise UnknownNet(f"no network is called {name!r}; known: {', '.join(NETS)}")
    recipe = NETS[name]
    if landmarks < 1:
        raise SettingRejected(f"{name} needs a schema with at least one landmark")
    if input_px < 1 or input_px % recipe.multiple_px:
        raise SettingRejected(f"{name} needs a picture side that is a multiple of {recipe.multiple_px} px")
    return recipe.build(landmarks, attributes, input_px)
