"""One optimiser step: draw, look, losses, gradients. Reads like Eq. 2; knows no files and no listener."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from ml.config import FitConfig
from ml.data.batches import Batch, draw_batch
from ml.data.dataset import Pool
from ml.errors import Diverged
from ml.loss_terms import loss_terms
from ml.nets import LandmarkNet, Output
from ml.team import Team
from ml.weights import Weights


class Eye(nn.Module):
    """A network in the run's precision; what is trained in several processes is this."""

    def __init__(self, net: LandmarkNet, config: FitConfig) -> None:
        super().__init__()
        self.net = net
        self.is_bf16 = config.precision == "bfloat16"

    def forward(self, pictures: Tensor) -> Output:
        """(B, 3, S, S) 0..255 -> what the network says. Convolutions in bf16, coordinates never."""
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=self.is_bf16):
            seen = self.net.look(pictures)
        return self.net.read(seen)


class Learner:
    """Takes the steps of a run on one pool."""

    def __init__(self, pool: Pool, weights: Weights, config: FitConfig, team: Team) -> None:
        self.pool, self.weights, self.config, self.team = pool, weights, config, team
        self.device = torch.device(config.device)
        self.eye = team.joined(Eye(weights.net, config))
        self.teacher = Eye(weights.averaged, config)

    def step(self, number: int, learning_rate: float) -> tuple[Mapping[str, Tensor], int]:
        """Learn from the batch of step `number`. The loss terms, and how many pictures the team looked at.

        Raises Diverged.
        """
        parts = self.config.accumulate
        sums: dict[str, Tensor] = {}
        pictures = 0
        for part in range(parts):
            place = self.team.rank * parts + part
            batch = draw_batch(
                self.pool, self.config, number, self.device, part=(place, parts * self.team.size)
            )
            # dropout draws from the global generator; tied to the step, a resumed run repeats it
            torch.manual_seed((self.config.seed * 1_000_003 + number) * 64 + place)
            terms = self.terms(batch)
            total = torch.stack(list(terms.values())).sum()
            if not torch.isfinite(total):
                raise Diverged(f"the loss is not a finite number at step {number}")
            self.weights.collect(total / parts)
            for name, term in terms.items():
                sums[name] = sums.get(name, 0) + term.detach() / parts
            pictures += len(batch.pictures) + len(batch.before)
        self.weights.descend(learning_rate)
        return sums, pictures * self.team.size

    def terms(self, batch: Batch) -> Mapping[str, Tensor]:
        """The weighted terms of Eq. 2 by name, with their gradients."""
        output, before = self._look(batch)
        return loss_terms(output, before, batch, self.weights.net, self.config)

    def _look(self, batch: Batch) -> tuple[Output, Output]:
        """What the network says about `pictures`, and what it or its teacher says about `before`."""
        config, images = self.config, len(batch.pictures)
        if config.equivariance_teacher == "average" and len(batch.before):
            with torch.no_grad():
                before = self.teacher.eval()(batch.before)
            return self.eye.train()(batch.pictures), before
        # one pass for both, for the batch norm's sake
        both = self.eye.train()(torch.cat([batch.pictures, batch.before]))
        before = both.of(slice(images, None))
        if config.equivariance_stops:
            before = Output(before.xy.detach(), before.attributes, before.log_heat)
        return both.of(slice(images)), before
