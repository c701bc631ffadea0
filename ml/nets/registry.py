"""Names -> networks: the only place with numbers. To add a network, name its recipe in `NETS`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import nn

from ml.errors import UnknownNet
from ml.nets.attribute_head import AttributeHead
from ml.nets.seq_mt import SeqMultiTask, plain_landmark_net
from ml.nets.soft_argmax import SoftArgmax
from ml.nets.unet import UNet
from ml.types import AttributeSpec


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a network is put together.

    landmark_net   landmarks -> module that gives K heat maps
    stride         network px a heat map cell; the picture's side must be a multiple of `multiple_px`
    """

    landmark_net: Callable[[int], nn.Module]
    is_gray: bool
    beta: float
    stride: int = 1
    multiple_px: int = 1
    hidden: tuple[int, ...] = (256, 256)
    dropout: float = 0.25


def _unet(widths: tuple[int, ...], *, fold: int) -> Recipe:
    def landmark_net(landmarks: int) -> nn.Module:
        return UNet(channels=3, landmarks=landmarks, widths=widths, depth=2, fold=fold)

    return Recipe(
        landmark_net=landmark_net,
        is_gray=False,
        beta=1.0,
        stride=fold,
        multiple_px=fold * 2 ** (len(widths) - 1),
    )


NETS: dict[str, Recipe] = {
    "unet": _unet((64, 128, 128, 128), fold=4),
    # finer heat maps, three times as slow, and no better on `hands` at 5 %: bench/networks.py
    "unet_fine": _unet((32, 64, 128, 128), fold=2),
    "unet_tiny": _unet((8, 16), fold=2),  # for tests
    # science.md section 2, row "HGR1 hands"; beta .001 as in the supplement
    "seq_mt_hgr1": Recipe(
        landmark_net=lambda k: plain_landmark_net(landmarks=k, layers=5, channels=64, kernel=9, last=(9,)),
        is_gray=True,
        beta=0.001,
        dropout=0.5,
    ),
    # row "Blocks"
    "seq_mt_blocks": Recipe(
        landmark_net=lambda k: plain_landmark_net(landmarks=k, layers=6, channels=8, kernel=9, last=(1, 1)),
        is_gray=True,
        beta=1.0,
    ),
}


def known_nets() -> tuple[str, ...]:
    """Names that `build_net` takes."""
    return tuple(NETS)


def build_net(
    name: str, *, landmarks: int, attributes: Sequence[AttributeSpec], input_px: int
) -> SeqMultiTask:
    """A network with fresh weights (torch's global generator).

    Raises UnknownNet for a name that is not registered, ValueError for a picture size that it cannot take.
    """
    if name not in NETS:
        raise UnknownNet(f"no network is called {name!r}; known: {', '.join(NETS)}")
    recipe = NETS[name]
    if input_px < 1 or input_px % recipe.multiple_px:
        raise ValueError(f"{name} needs a picture side that is a multiple of {recipe.multiple_px} px")
    return SeqMultiTask(
        landmark_net=recipe.landmark_net(landmarks),
        soft_argmax=SoftArgmax(beta=recipe.beta, input_px=input_px, cells=input_px // recipe.stride),
        head=AttributeHead(
            landmarks=landmarks,
            attributes=attributes,
            input_px=input_px,
            hidden=recipe.hidden,
            dropout=recipe.dropout,
        ),
        is_gray=recipe.is_gray,
    )
