"""The networks. `build_net(name, ...)` is the one place where a name becomes a network.

landmark_net.py     what all networks have in common, and what they say (`Output`)
soft_argmax.py      heat maps -> coordinates (Eq. 1) and how sure they are
attribute_head.py   attributes from landmarks only
seq_mt.py           landmark network + soft-argmax + heads: sequential multitasking
plain.py            the paper's landmark networks, and the folded convolution that makes them quick on a CPU
rcn.py              the paper's RCN+
comm_mt.py          the paper's baseline with shared features
heatmap_mt.py       the paper's baseline with attributes from heat maps
unet.py             the fast default for two CPU cores
pretrained.py       an ImageNet encoder with a light decoder
registry.py         names -> networks, the only place with numbers
"""

from ml.nets.landmark_net import LandmarkNet, Output
from ml.nets.registry import build_net, known_nets
from ml.nets.seq_mt import SeqMultiTask

__all__ = ["LandmarkNet", "Output", "SeqMultiTask", "build_net", "known_nets"]
