"""The networks. `build_net(name, ...)` is the one place where a name becomes a network.

soft_argmax.py      heat maps -> coordinates (Eq. 1) and how sure they are
attribute_head.py   attributes from landmarks only
seq_mt.py           landmark network + soft-argmax + heads; the paper's landmark networks
unet.py             the fast default for two CPU cores
registry.py         names -> networks, the only place with numbers
"""

from ml.nets.registry import build_net, known_nets
from ml.nets.seq_mt import Output, SeqMultiTask

__all__ = ["Output", "SeqMultiTask", "build_net", "known_nets"]
