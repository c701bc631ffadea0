"""Sequential multitasking: pictures -> heat maps -> landmarks -> attributes. Section 3.1 of the paper."""

from torch import Tensor, nn

from ml.nets.attribute_head import AttributeHead
from ml.nets.landmark_net import LandmarkNet, Output
from ml.nets.soft_argmax import SoftArgmax


class SeqMultiTask(LandmarkNet):
    """A landmark network, a soft-argmax and attribute heads that see nothing but the landmarks."""

    def __init__(
        self, *, landmark_net: nn.Module, soft_argmax: SoftArgmax, head: AttributeHead, is_gray: bool
    ) -> None:
        super().__init__(attributes=head.attributes, is_gray=is_gray)
        self.landmark_net = landmark_net
        self.soft_argmax: SoftArgmax = soft_argmax
        self.head = head

    def trunk(self, unit: Tensor) -> Tensor:
        """Heat maps (B, K, h, w) before the softmax."""
        maps: Tensor = self.landmark_net(unit)
        return maps

    def read(self, seen: Tensor) -> Output:
        """Landmarks and attributes from heat maps."""
        log_heat, xy = self.soft_argmax(seen.float())
        return Output(xy, self.head(xy), log_heat)
