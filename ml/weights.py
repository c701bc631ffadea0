"""The weights of a run: the ones that learn, their running average, and the best so far."""

import copy
import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any, Self

import torch
from torch import Tensor, nn

from ml.config import FitConfig
from ml.nets import LandmarkNet
from ml.types import Scores


class Weights:
    """A network, its optimiser, and the running average of its weights, which is what is used later.

    With few labels single steps are noisy; the average is better than the last weights and costs nothing.
    """

    def __init__(self, net: LandmarkNet, device: torch.device, config: FitConfig) -> None:
        self.net = net.to(device)
        self.net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # missing in torch's types
        self.decay = config.average_decay
        self.gradient_norm = config.gradient_norm
        self.averaged = copy.deepcopy(net)
        self.steps = 0
        self.optimiser = torch.optim.AdamW(_groups(net, config), weight_decay=config.weight_decay)

    def collect(self, loss: Tensor) -> None:
        """Add the gradients of a loss to those since the last step."""
        loss.backward()  # type: ignore[no-untyped-call]

    def descend(self, learning_rate: float) -> None:
        """One step of Adam with the gradients collected, then of the average."""
        if self.gradient_norm:
            nn.utils.clip_grad_norm_(self.net.parameters(), self.gradient_norm)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate * group["rate_share"]
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self._average()

    @torch.no_grad()
    def _average(self) -> None:
        """The average of the first n steps weighs the past by n / (n + 1) at most: no memory of the start."""
        decay = min(self.decay, self.steps / (self.steps + 1))
        self.steps += 1
        pairs = zip(self.averaged.state_dict().values(), self.net.state_dict().values(), strict=True)
        for average, current in pairs:
            if average.is_floating_point():
                average.lerp_(current, 1 - decay)
            else:
                average.copy_(current)

    def take_over(self, other: LandmarkNet) -> None:
        """Begin with the tensors of `other` that fit by name and shape."""
        own = self.net.state_dict()
        fitting = {
            name: tensor
            for name, tensor in other.state_dict().items()
            if name in own and own[name].shape == tensor.shape
        }
        self.net.load_state_dict({**own, **fitting})
        self.averaged.load_state_dict(self.net.state_dict())

    def state(self) -> dict[str, Any]:
        """Tensors and plain values."""
        return {
            "net": self.net.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "steps": self.steps,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Inverse of `state`."""
        self.net.load_state_dict(state["net"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.steps = state["steps"]


def structure_digest(net: LandmarkNet) -> str:
    """sha256 of the names and shapes of all tensors: an upgrade may build another net by the same name."""
    shapes = [(name, list(tensor.shape)) for name, tensor in net.state_dict().items()]
    return hashlib.sha256(json.dumps(shapes).encode()).hexdigest()


def _groups(net: LandmarkNet, config: FitConfig) -> list[dict[str, Any]]:
    """Weights that have seen other images before learn more slowly than fresh ones."""
    is_old = {name: ".encoder." in f".{name}" for name, _ in net.named_parameters()}
    groups = [
        {"params": [p for name, p in net.named_parameters() if is_old[name] is old], "rate_share": share}
        for old, share in ((False, 1.0), (True, config.encoder_rate_share))
    ]
    return [{**group, "lr": config.learning_rate} for group in groups if group["params"]]


@dataclass
class Best:
    """The weights with the smallest validation error so far: of landmarks, or of attributes without loss L.

    A run that is told no landmark must not choose its weights by landmarks either.
    """

    by_attributes: bool = False

    scores: Scores | None = None
    state: dict[str, Tensor] = field(default_factory=dict)
    evaluations_since: int = 0

    def consider(self, net: LandmarkNet, scores: Scores) -> None:
        """Keep a copy if this is better; an error that nobody can measure is never better."""
        error = self._error(scores)
        if error is None:
            return
        smallest = None if self.scores is None else self._error(self.scores)
        if smallest is not None and error >= smallest:
            self.evaluations_since += 1
            return
        self.scores, self.evaluations_since = scores, 0
        self.state = {name: tensor.detach().clone() for name, tensor in net.state_dict().items()}

    def _error(self, scores: Scores) -> float | None:
        """NME, or the mean share of wrong attributes; None when nobody can measure it."""
        if not self.by_attributes:
            return scores.nme
        right = scores.attribute_accuracy.values()
        return 1 - sum(right) / len(right) if right else None

    def to_plain(self) -> dict[str, Any]:
        """Tensors and plain values."""
        return {
            "scores": asdict(self.scores) if self.scores else None,
            "state": self.state,
            "evaluations_since": self.evaluations_since,
            "by_attributes": self.by_attributes,
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Self:
        """Inverse of `to_plain`."""
        scores = Scores.from_json(plain["scores"]) if plain["scores"] else None
        return cls(**{**plain, "scores": scores})
