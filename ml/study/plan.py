"""Which cells a command asks for, which of them are there already, and in which order the rest runs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch
from torch.utils.flop_counter import FlopCounterMode

from ml.config import NO_ANSWER, FitConfig, has_answers
from ml.data.folder import Folder
from ml.data.subset import Choice
from ml.errors import LossesNotOffered
from ml.nets import build_net
from ml.study.cells import Cell, cell_file, digest_of_test_side, read_cell
from ml.study.overrides import OverrideRejected, Overrides
from ml.study.systems import get_system
from ml.types import Manifest


class Asks(Protocol):
    """What a command asks for, as cells."""

    def cells(self) -> list[Cell]:
        """Every cell, row by row. Raises LearningError for a name that is not known."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a command asks for. `losses` empty: all that a system offers; `choice` None: its own."""

    systems: tuple[str, ...]
    losses: tuple[str, ...]
    percents: tuple[float, ...]
    seeds: tuple[int, ...]
    overrides: Overrides = ()
    choice: Choice | None = None

    def cells(self) -> list[Cell]:
        """Every cell, row by row. Raises UnknownSystem, LossesNotOffered.

        Losses without L use no landmark, so that they have one column: the last.
        """
        return [
            Cell(
                system=name,
                losses=losses,
                percent=percent,
                seed=seed,
                overrides=self.overrides,
                choice=self.choice,
            )
            for name in self.systems
            for losses in self._losses_of(name)
            for percent in (self.percents if "L" in losses.split("+") else self.percents[-1:])
            for seed in self.seeds
        ]

    def _losses_of(self, name: str) -> tuple[str, ...]:
        offered = get_system(name).losses
        for losses in self.losses:
            if losses not in offered:
                raise LossesNotOffered(f"{name} is trained with {', '.join(offered)}, not with {losses}")
        return self.losses or offered


@dataclass
class Pools:
    """Manifests of a folder with landmarks on a part of it, made once each."""

    folder: Folder
    test_digest: str = ""
    made: dict[tuple[float, int, str], tuple[Manifest, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.test_digest = digest_of_test_side(self.folder)

    def of(self, cell: Cell) -> tuple[Manifest, str]:
        """The pool of a cell, and its digest."""
        place = (cell.percent, cell.seed, cell.choice or get_system(cell.system).choice)
        if place not in self.made:
            manifest = cell.pool(self.folder)
            self.made[place] = (manifest, manifest.digest())
        return self.made[place]

    def is_true(self, cell: Cell, result: dict[str, Any]) -> bool:
        """Whether a result is what the cell would give today: same settings, same data."""
        manifest, digest = self.of(cell)
        expected = (digest, self.test_digest, cell.config(manifest).digest())
        found = (result["manifest_digest"], result["test_digest"], result["config_digest"])
        return expected == found

    def find_lack(self, cell: Cell) -> str | None:
        """What a loss of the cell has to act on, and the pool has not: the paper's table has a dash there."""
        manifest, _ = self.of(cell)
        config = cell.config(manifest)
        is_on = config.equivariance_weight > 0 and config.equivariance_on == "unlabelled"
        if is_on and all(sample.landmarks for sample in manifest.train):
            return "no image is without landmarks for ELT to act on"
        if "A" in cell.losses.split("+") and not has_answers(manifest):
            return NO_ANSWER
        return None


@dataclass(frozen=True)
class Plan:
    """Cells of a command: to run (cheapest first), there already, to run again, without meaning and why."""

    to_run: list[Cell]
    done: list[Cell]
    outdated: list[Cell]
    empty: list[tuple[Cell, str]]


def make_plan(ask: Asks, pools: Pools, out: Path, *, is_forced: bool) -> Plan:
    """Sort the cells. Builds every network once: what cannot be built is refused before anything runs.

    Raises UnknownSystem, LossesNotOffered (also where no cell has a meaning), UnknownNet, NotInstalled,
    OverrideRejected (the network cannot be built with these settings, or nothing can be mirrored).
    """
    plan = Plan([], [], [], [])
    costs: dict[Cell, float] = {}
    flops: dict[tuple[str, int], float] = {}
    for cell in ask.cells():
        manifest, _ = pools.of(cell)
        config = cell.config(manifest)
        if config.mirror_share and not manifest.mirror_pairs:
            raise OverrideRejected("mirror_share: this set names no pairs of landmarks that change places")
        place = (config.net, config.input_px)
        if place not in flops:
            flops[place] = _flops(config, manifest)
        costs[cell] = flops[place] * _pictures(config, manifest)
        result = read_cell(cell_file(cell, out))
        if lack := pools.find_lack(cell):
            plan.empty.append((cell, lack))
        elif result is not None and not is_forced and _holds(result, pools, (cell.system,)):
            plan.done.append(cell)
        else:
            if result is not None and not is_forced:
                plan.outdated.append(cell)
            plan.to_run.append(cell)
    if plan.empty and not plan.to_run and not plan.done:
        raise LossesNotOffered(f"{plan.empty[0][0].losses}: {plan.empty[0][1]}")
    plan.to_run.sort(key=lambda cell: (costs[cell], cell.seed, cell.percent))
    return plan


def _flops(config: FitConfig, manifest: Manifest) -> float:
    """Arithmetic of the network on one picture."""
    with torch.random.fork_rng(devices=[]):
        try:
            net = build_net(
                config.net,
                landmarks=len(manifest.landmarks),
                attributes=manifest.attributes,
                input_px=config.input_px,
            ).eval()
        except ValueError as reason:
            raise OverrideRejected(str(reason)) from reason
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net(torch.zeros(1, 3, config.input_px, config.input_px))
    return float(counter.get_total_flops())


def _pictures(config: FitConfig, manifest: Manifest) -> float:
    """Pictures that a run looks at while it learns; those of loss ELT twice."""
    twice = 0.0
    if config.equivariance_weight:
        has_unlabelled = any(not sample.landmarks for sample in manifest.train)
        unlabelled = (1 - config.labelled_share) if has_unlabelled else 0.0
        twice = 1.0 if config.equivariance_on == "all" else unlabelled
    return config.steps * config.batch_size * (1 + twice)


def results_in(out: Path, pools: Pools, known: Sequence[str]) -> list[dict[str, Any]]:
    """Results below `out` that still hold, of this and earlier commands; others are of old settings or data.

    known   names of systems; results of others cannot be judged
    """
    found = map(read_cell, sorted((out / "cells").glob("*.json")))
    return [result for result in found if result is not None and _holds(result, pools, known)]


def _holds(result: dict[str, Any], pools: Pools, known: Sequence[str]) -> bool:
    """Whether a file says what its cell would give today; one of another version may not be understood."""
    try:
        cell = Cell.from_json(result["cell"])
        is_known = cell.system in known and cell.losses in get_system(cell.system).losses
        return is_known and pools.is_true(cell, result)
    except (KeyError, TypeError, ValueError):
        return False
