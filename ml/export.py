"""Networks for serving: ONNX, float32, checked against torch.

Input   `pictures`  uint8 (B, S, S, 3) RGB, letterboxed by `ml.pixels`; B is free
Output  `xy`          float32 (B, K, 2) network px
        `confidence`  float32 (B, K) share of the heat near the landmark, 0..1
        `attributes`  float32 (B, outputs): by attribute its class logits, or its number; absent without any
`metadata_props` hold under `equimark` what `ml.serve` needs.
"""

import hashlib
import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from ml.checkpoint import Loaded, load
from ml.durable import write_durably
from ml.errors import ExportDiffers, NotServable
from ml.nets import LandmarkNet

__all__ = ["ExportCheck", "ExportDiffers", "export_onnx"]

OPSET = 20
XY_TOLERANCE_PX = 0.05  # network px; float32 sums in another order differ by about 1e-4
OTHER_TOLERANCE = 0.02  # logits, attribute scales and confidence, relative to their size (at least 1)


@dataclass(frozen=True, kw_only=True)
class ExportCheck:
    """What was written, and the largest differences between torch and ONNX that the check saw."""

    sha256: str
    bytes: int
    pictures: int
    xy_px: float
    other: float


class _Served(nn.Module):
    """What the graph computes, in the layout in which pictures lie in memory."""

    def __init__(self, net: LandmarkNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, pictures: Tensor) -> tuple[Tensor, ...]:
        output = self.net(pictures.permute(0, 3, 1, 2))
        confidence = self.net.confidence(output)
        attributes = (torch.cat(output.attributes, dim=1),) if output.attributes else ()
        return (output.xy, confidence, *attributes)


def export_onnx(checkpoint_path: Path, onnx_path: Path) -> ExportCheck:
    """Write the network of a checkpoint as ONNX and compare both on pictures.

    Raises CheckpointRejected, NotServable without heat maps, ExportDiffers above the tolerance (nothing is
    written then), NoSpace.
    """
    loaded = load(checkpoint_path)
    check_servable(loaded.net)
    served = _Served(loaded.net).eval()
    content = _graph(served, loaded)
    pictures = _pictures(loaded.config.input_px)
    xy_px, other = _differences(served, content, pictures)
    if not (xy_px <= XY_TOLERANCE_PX and other <= OTHER_TOLERANCE):
        raise ExportDiffers(f"torch and ONNX differ by {xy_px:.3g} px and {other:.3g}")

    def write(file: IO[bytes]) -> None:
        file.write(content)

    write_durably(onnx_path, write)
    return ExportCheck(
        sha256=hashlib.sha256(content).hexdigest(),
        bytes=len(content),
        pictures=len(pictures),
        xy_px=xy_px,
        other=other,
    )


def check_servable(net: LandmarkNet) -> None:
    """Raises NotServable for a network that cannot say how sure it is, which annotators are shown."""
    if net.soft_argmax is None:
        raise NotServable("a network without heat maps cannot say how sure it is, so it is not served")


def _graph(served: _Served, loaded: Loaded) -> bytes:
    side = loaded.config.input_px
    names = ["xy", "confidence", *(["attributes"] if loaded.attributes else [])]
    with _quiet():
        program = torch.onnx.export(
            served,
            (torch.zeros(2, side, side, 3, dtype=torch.uint8),),
            dynamo=True,
            opset_version=OPSET,
            input_names=["pictures"],
            output_names=names,
            dynamic_shapes={"pictures": {0: torch.export.Dim("batch", min=1)}},
            verbose=False,
        )
    assert program is not None
    graph = program.model_proto
    for node in graph.graph.node:
        # the exporter writes source lines and paths of this machine into every node
        node.doc_string = ""
        del node.metadata_props[:]
    description = {
        "format": 1,
        "input_px": side,
        "landmarks": loaded.landmarks,
        "attributes": [asdict(spec) for spec in loaded.attributes],
        "digest": loaded.digest,
    }
    onnx.helper.set_model_props(graph, {"equimark": json.dumps(description, sort_keys=True)})
    content: bytes = graph.SerializeToString()
    return content


@contextmanager
def _quiet() -> Iterator[None]:
    """The exporter warns about its own internals, which no caller can change."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            logger.setLevel(level)


def _pictures(side: int) -> np.ndarray:
    """(6, S, S, 3): black, white, noise, and smooth blobs with edges as photographs have."""
    random = np.random.default_rng(0)
    noise = random.integers(0, 256, (1, side, side, 3))
    rows, columns = np.mgrid[0:side, 0:side] / side
    waves = [np.sin(2 * np.pi * (f * rows + g * columns))[..., None] for f, g in ((1, 2), (3, 1), (2, 5))]
    smooth = np.stack([127 + 120 * wave * np.array([1, 0.7, -0.5]) for wave in waves])
    flat = np.stack([np.zeros((side, side, 3)), np.full((side, side, 3), 255)])
    return np.concatenate([noise, smooth, flat]).clip(0, 255).astype(np.uint8)


def _differences(served: _Served, content: bytes, pictures: np.ndarray) -> tuple[float, float]:
    """Largest difference in network px, and of everything else relative to its size (at least 1)."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    got = session.run(None, {"pictures": pictures})
    with torch.inference_mode():
        wanted = [values.numpy() for values in served(torch.from_numpy(pictures))]
    pairs = list(zip(got, wanted, strict=True))
    xy_px = float(np.abs(pairs[0][0] - pairs[0][1]).max())
    relative = [np.abs(a - b) / np.maximum(1, np.abs(b)) for a, b in pairs[1:]]
    return xy_px, max(float(values.max()) for values in relative)
