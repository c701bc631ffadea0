"""Networks as files: safetensors with a description, written whole or not at all, believed when checked."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load as tensors_from_bytes
from safetensors.torch import save as tensors_to_bytes
from torch import Tensor

from ml.config import FitConfig
from ml.durable import write_durably
from ml.errors import CheckpointRejected, NoSpace, UnknownNet
from ml.fitted import Fitted
from ml.nets import LandmarkNet, build_net
from ml.types import AttributeSpec, Normaliser, Scores

__all__ = ["CheckpointRejected", "Loaded", "NoSpace", "load", "save", "weights_digest"]

FORMAT = 1
HEADER_BYTES_MAX = 16 << 20


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A network from a file, in eval mode, and what the file says about it. `digest` is of the weights."""

    net: LandmarkNet
    config: FitConfig
    landmarks: tuple[str, ...]
    attributes: tuple[AttributeSpec, ...]
    normaliser: Normaliser
    scores: Scores
    manifest_digest: str
    digest: str


def weights_digest(tensors: Mapping[str, Tensor]) -> str:
    """sha256 over names, types, shapes and bytes, in order of names."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def save(fitted: Fitted, path: Path) -> str:
    """Write the network to `path`; returns the sha256 of the file. Raises NoSpace; the old file stands."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in fitted.net.state_dict().items()}
    description = {
        "format": FORMAT,
        "config": fitted.config.to_json(),
        "landmarks": fitted.landmarks,
        "attributes": [asdict(spec) for spec in fitted.attributes],
        "normaliser": asdict(fitted.normaliser),
        "scores": fitted.scores.to_json(),
        "manifest_digest": fitted.manifest_digest,
        "digest": weights_digest(tensors),
    }
    content = tensors_to_bytes(tensors, metadata={"equimark": json.dumps(description, sort_keys=True)})
    write_durably(path, lambda file: _write(file, content))
    return hashlib.sha256(content).hexdigest()


def _write(file: Any, content: bytes) -> None:
    file.write(content)


def load(path: Path) -> Loaded:
    """Read a network. Nothing in the file is executed.

    Raises CheckpointRejected when the file is missing, damaged or changed, when its weights do not fit the
    network it names, or are not finite.
    """
    try:
        content = path.read_bytes()
    except OSError as reason:
        raise CheckpointRejected(f"{path.name} cannot be read: {reason.strerror}") from reason
    description = _description(content)
    try:
        tensors = tensors_from_bytes(content)
    except (SafetensorError, ValueError, KeyError) as reason:
        raise CheckpointRejected(f"the tensors cannot be read: {reason}") from reason
    return _checked(description, tensors)


def _description(content: bytes) -> dict[str, Any]:
    """The `equimark` entry of the header. safetensors: 8 bytes length, then JSON, then the tensors."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > min(HEADER_BYTES_MAX, len(content) - 8):
        raise CheckpointRejected("the file is cut off, or is no safetensors file")
    try:
        description = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["equimark"])
    except (ValueError, KeyError, TypeError, RecursionError) as reason:
        raise CheckpointRejected("the file does not describe a network of Equimark") from reason
    if not isinstance(description, dict) or description.get("format") != FORMAT:
        raise CheckpointRejected("the file has another format version")
    return description


def _checked(description: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> Loaded:
    digest = weights_digest(tensors)
    if digest != description.get("digest"):
        raise CheckpointRejected("the weights are not those that were saved")
    if not all(torch.isfinite(tensor).all() for tensor in tensors.values() if tensor.is_floating_point()):
        raise CheckpointRejected("some weights are not finite numbers")
    try:
        config = FitConfig.from_json(description["config"])
        attributes = tuple(AttributeSpec.from_json(spec) for spec in description["attributes"])
        landmarks = tuple(str(name) for name in description["landmarks"])
        net = build_net(config.net, landmarks=len(landmarks), attributes=attributes, input_px=config.input_px)
        net.load_state_dict(dict(tensors))
        return Loaded(
            net=net.eval(),
            config=config,
            landmarks=landmarks,
            attributes=attributes,
            normaliser=Normaliser.from_json(description["normaliser"]),
            scores=Scores.from_json(description["scores"]),
            manifest_digest=str(description["manifest_digest"]),
            digest=digest,
        )
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError, UnknownNet) as reason:
        raise CheckpointRejected(f"the file says what its weights do not fit: {reason}") from reason
