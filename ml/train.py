"""The training run: sequential multitasking with losses L, A and ELT (Eq. 2 of the paper)."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Literal, Protocol

import torch

from ml.checkpoint import load
from ml.config import FitConfig
from ml.data.dataset import Pool, read_pool
from ml.data.picture_cache import PictureCache
from ml.errors import Diverged, NoSpace, NotEnoughLabels, Stopped
from ml.evaluate import evaluate, score
from ml.fitted import Fitted
from ml.learner import Learner
from ml.loss_terms import check_offered
from ml.meter import Meter
from ml.nets import build_net
from ml.resume import ResumeFile
from ml.team import Team, team_of_environment
from ml.types import Manifest, Progress, Sample, Scores
from ml.weights import Best, Weights, structure_digest

__all__ = [
    "Diverged",
    "Fitted",
    "Listener",
    "NoSpace",
    "NotEnoughLabels",
    "Progress",
    "Stopped",
    "evaluate",
    "fit",
]

REPORT_EVERY = 10  # steps


class Listener(Protocol):
    """How the world hears of a run, and stops it. Both are called from the thread that called `fit`."""

    def progressed(self, progress: Progress) -> None:
        """Every few steps, and after every evaluation."""

    def wants_stop(self) -> bool:
        """Asked before every step and every image read; True makes `fit` raise Stopped."""
        ...


def fit(
    manifest: Manifest,
    config: FitConfig,
    listener: Listener,
    *,
    work_dir: Path | None = None,
    cache_dir: Path | None = None,
    warm_start: Path | None = None,
) -> Fitted:
    """Train on the manifest's train side, keep the weights that are best on its validation side.

    work_dir     a resumable state goes there every `config.save_every` steps; a run with the same config and
                 pool takes it up again. Removed when the run ends.
    cache_dir    decoded pictures stay there for later runs on the same images
    warm_start   a checkpoint to begin with; tensors that fit by name and shape are taken

    Raises NotEnoughLabels, Stopped, Diverged, NoSpace, CheckpointRejected (of the warm start).
    """
    with _seeded(config), team_of_environment() as team:
        train, validation = _read_sides(manifest, config, listener, cache_dir)
        _check_labels(train, config)
        run = _Run(manifest, config, listener, train, validation, work_dir, team)
        if warm_start is not None:
            run.weights.take_over(load(warm_start).net)
        run.resume()
        while run.step < config.steps and not run.is_stale:
            run.one_step()
        return run.finish()


def _read_sides(
    manifest: Manifest, config: FitConfig, listener: Listener, cache_dir: Path | None
) -> tuple[Pool, Pool]:
    """The train side and the validation side, decoded."""

    def read(samples: Sequence[Sample]) -> Pool:
        return read_pool(
            samples,
            landmarks=manifest.landmarks,
            mirror_pairs=manifest.mirror_pairs,
            attributes=manifest.attributes,
            normaliser=manifest.normaliser,
            input_px=config.input_px,
            cache_dir=cache_dir,
            before_each=lambda: _check_wanted(listener, Team()),
        )

    if cache_dir is not None:
        with PictureCache(cache_dir, config.input_px) as cache:
            cache.forget_if_stale(len(manifest.train) + len(manifest.validation))
    return read(manifest.train), read(manifest.validation)


def _check_labels(train: Pool, config: FitConfig) -> None:
    """Raises NotEnoughLabels where the losses would have nothing to tell."""
    if config.landmark_weight and not len(train.labelled):
        raise NotEnoughLabels("no readable training image has a placed landmark")
    if not config.landmark_weight and train.answered.size and not train.answered.any():
        raise NotEnoughLabels("no readable training image has an answer, and loss L is off")
    if not len(train):
        raise NotEnoughLabels("no training image can be read")


def _check_wanted(listener: Listener, team: Team) -> None:
    if team.agreed(is_so=listener.wants_stop()):
        raise Stopped("the run was stopped")


@contextmanager
def _seeded(config: FitConfig) -> Iterator[None]:
    """Own random numbers, algorithms and thread count for the run; the caller's come back afterwards."""
    threads, was_deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        torch.set_num_threads(config.threads or threads)
        torch.use_deterministic_algorithms(config.deterministic or was_deterministic)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(was_deterministic)


def learning_rate_at(step: int, config: FitConfig) -> float:
    """Linear warm-up, then half a cosine down to 2 %."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    share = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    return config.learning_rate * (0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)


class _Run:
    """What changes while a run goes on."""

    def __init__(
        self,
        manifest: Manifest,
        config: FitConfig,
        listener: Listener,
        train: Pool,
        validation: Pool,
        work_dir: Path | None,
        team: Team,
    ) -> None:
        self.manifest, self.config, self.listener = manifest, config, listener
        self.train, self.validation, self.team = train, validation, team
        net = build_net(
            config.net,
            landmarks=len(manifest.landmarks),
            attributes=manifest.attributes,
            input_px=config.input_px,
        )
        check_offered(net, config)
        self.weights = Weights(net, torch.device(config.device), config)
        self.learner = Learner(train, self.weights, config, team)
        self.best = Best(by_attributes=config.landmark_weight == 0)
        self.step = 0
        self.meter = Meter()
        self.history: list[Progress] = []
        key = f"{config.digest()} {manifest.digest()} {structure_digest(net)}"
        self.state_file = ResumeFile(work_dir, key) if work_dir is not None else None

    @property
    def is_stale(self) -> bool:
        """No better evaluation for `patience` of them."""
        return self.config.patience > 0 and self.team.agreed(
            is_so=self.config.patience <= self.best.evaluations_since
        )

    def one_step(self) -> None:
        """Learn from one batch; report, evaluate and save when it is time."""
        _check_wanted(self.listener, self.team)
        terms, pictures = self.learner.step(self.step, learning_rate_at(self.step, self.config))
        self.step += 1
        self.meter.add(terms, pictures)
        self._report()

    def _report(self) -> None:
        is_last = self.step == self.config.steps
        scores = None
        if is_last or self.step % self.config.evaluate_every == 0:
            scores = self._evaluate()
        if scores is not None or self.step % REPORT_EVERY == 0:
            progress = Progress(
                step=self.step,
                steps=self.config.steps,
                losses=self.meter.means(),
                validation=scores,
                images_per_second=self.meter.pictures_per_second(),
            )
            if scores is not None:
                self.history.append(progress)
            self.meter = Meter()
            if self.team.leads:
                self.listener.progressed(progress)
        if self.state_file and self.team.leads and not is_last and self.step % self.config.save_every == 0:
            self.state_file.save(self._state())

    def _evaluate(self) -> Scores | None:
        if not len(self.validation):
            return None
        # in the run's own precision, several times faster; what is kept is measured in float32 at the end
        scores = self._score("best", self.config.precision)
        self.best.consider(self.weights.averaged, scores)
        return scores

    def _score(self, basis: Literal["best", "last"], precision: Literal["float32", "bfloat16"]) -> Scores:
        return score(
            self.weights.averaged,
            self.validation,
            landmarks=self.manifest.landmarks,
            attributes=self.manifest.attributes,
            basis=basis,
            precision=precision,
            before_each_batch=lambda: _check_wanted(self.listener, Team()),
        )

    def finish(self) -> Fitted:
        """The best weights, or the last ones where the validation side has no landmarks to choose by."""
        net = self.weights.averaged
        if self.best.scores is None:
            scores = self._score("last", "float32")
        else:
            net.load_state_dict(self.best.state)
            scores = self._score("best", "float32")
        if self.state_file and self.team.leads:
            self.state_file.remove()
        return Fitted(
            net=net.eval(),
            config=self.config,
            landmarks=self.manifest.landmarks,
            attributes=self.manifest.attributes,
            normaliser=self.manifest.normaliser,
            scores=scores,
            history=tuple(self.history),
            skipped_images=len(self.train.skipped) + len(self.validation.skipped),
            skipped_names=self.train.skipped + self.validation.skipped,
            manifest_digest=self.manifest.digest(),
        )

    def _state(self) -> dict[str, object]:
        return {
            "step": self.step,
            "weights": self.weights.state(),
            "best": self.best.to_plain(),
            "history": [asdict(progress) for progress in self.history],
        }

    def resume(self) -> None:
        """Take up the saved state, if there is one of this config and pool."""
        state = self.state_file.find() if self.state_file else None
        if state is not None:
            self.step = state["step"]
            self.weights.load_state(state["weights"])
            self.best = Best.from_plain(state["best"])
            self.history = [Progress.from_json(row) for row in state["history"]]
