"""What every network of the library has in common: pictures in, landmarks and attributes out."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Literal, NamedTuple

import torch
from torch import Tensor, nn

from ml.errors import NotServable
from ml.types import AttributeSpec

if TYPE_CHECKING:
    from ml.nets.soft_argmax import SoftArgmax

LUMA = (0.299, 0.587, 0.114)  # ITU-R BT.601


class Output(NamedTuple):
    """What a network says about a batch of pictures.

    xy           (B, K, 2) network px
    attributes   by attribute (B, classes) logits, or (B, 1) in its own unit
    log_heat     (B, K, cells) log of the softmax of the heat maps, row by row; no cells without heat maps
    """

    xy: Tensor
    attributes: tuple[Tensor, ...]
    log_heat: Tensor

    def of(self, rows: slice) -> "Output":
        """The same about some of the pictures."""
        return Output(self.xy[rows], tuple(v[rows] for v in self.attributes), self.log_heat[rows])


class LandmarkNet(nn.Module, ABC):
    """Base of all networks. `trunk` may run in bfloat16; `read` may not, it would round to whole pixels.

    learns_by             what loss L compares: coordinates, or the heat of the true pixel where the landmark
                          is an argmax, which has no gradient
    soft_argmax           reads the heat maps; None for a network that has none
    takes_equivariance    whether loss ELT means something for it
    """

    learns_by: ClassVar[Literal["coordinates", "pixels"]] = "coordinates"
    takes_equivariance: ClassVar[bool] = True

    def __init__(self, *, attributes: Sequence[AttributeSpec], is_gray: bool) -> None:
        super().__init__()
        self.attributes = tuple(attributes)
        self.is_gray = is_gray
        self.soft_argmax: SoftArgmax | None = None
        self.luma: Tensor
        self.register_buffer("luma", torch.tensor(LUMA).reshape(1, 3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> Output:
        """(B, 3, S, S) RGB, 0..255, any number type."""
        return self.read(self.look(pictures))

    def look(self, pictures: Tensor) -> Tensor:
        """(B, 3, S, S) RGB, 0..255 -> what `read` takes."""
        unit = pictures.float() / 255
        return self.trunk((unit * self.luma).sum(dim=1, keepdim=True) if self.is_gray else unit - 0.5)

    @abstractmethod
    def trunk(self, unit: Tensor) -> Tensor:
        """(B, 1, S, S) gray 0..1 as in the paper, or (B, 3, S, S) RGB -0.5..0.5 -> what `read` takes."""

    @abstractmethod
    def read(self, seen: Tensor) -> Output:
        """What `trunk` found -> landmarks and attributes, in float32."""

    def confidence(self, output: Output) -> Tensor:
        """Share of the heat near each landmark, (B, K) in 0..1. Raises NotServable without heat maps."""
        if self.soft_argmax is None:
            raise NotServable("a network without heat maps cannot say how sure it is")
        return self.soft_argmax.confidence(output.log_heat, output.xy)
