"""How much of the bare network's speed is left in `fit`, which draws, augments, averages and reports.

    python bench/train_step.py [--net unet] [--losses L,L+ELT+A] [--rounds 5] [--steps 60] [--device cuda]

`fit` on generated Blocks against a loop of the same network, losses and optimiser on batches that are drawn
already. Both run in turns in one process, so that a busy machine slows them alike; the ratio is what counts
(>= 0.85). Also the arithmetic of the bare loop as a share of the fastest matrix product measured beside it.
"""

import argparse
import json
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch.utils.flop_counter import FlopCounterMode

from ml.config import FitConfig, auto_config
from ml.data.batches import draw_batch
from ml.data.blocks import write_blocks
from ml.data.dataset import read_pool
from ml.data.subset import with_labels_on
from ml.learner import Learner
from ml.nets import build_net
from ml.study.systems import without
from ml.team import Team
from ml.train import Progress, fit
from ml.types import Manifest
from ml.weights import Weights

RESULT = Path(__file__).parent / "results" / "train_step.json"
WARM_UP = 10  # steps of a run that are not timed: the first ones make what the later ones find
READY = 8  # batches that the bare loop goes round


class Stopwatch:
    """A listener that times a run from one step to another."""

    def __init__(self, first: int, last: int, device: torch.device) -> None:
        self.first, self.last, self.device = first, last, device
        self.times: dict[int, float] = {}

    def progressed(self, progress: Progress) -> None:
        if progress.step in {self.first, self.last}:
            synchronise(self.device)
            self.times[progress.step] = time.perf_counter()

    def wants_stop(self) -> bool:
        return False

    @property
    def seconds(self) -> float:
        return self.times[self.last] - self.times[self.first]


def synchronise(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds_of_fit(manifest: Manifest, config: FitConfig, steps: int) -> float:
    """Of `steps` steps of a run, without its reading, its evaluation and its first steps."""
    # one step more than is timed: a report at the last step has the evaluation in it
    config = replace(config, steps=WARM_UP + steps + 1, evaluate_every=10**9)
    watch = Stopwatch(WARM_UP, WARM_UP + steps, torch.device(config.device))
    fit(manifest, config, watch)
    return watch.seconds


class Bare:
    """Network, losses and optimiser on batches that lie ready: no drawing, no average, no report."""

    def __init__(self, manifest: Manifest, config: FitConfig) -> None:
        torch.manual_seed(0)
        self.config, self.device = config, torch.device(config.device)
        pool = read_pool(
            manifest.train,
            landmarks=manifest.landmarks,
            attributes=manifest.attributes,
            normaliser=manifest.normaliser,
            input_px=config.input_px,
        )
        net = build_net(
            config.net,
            landmarks=len(manifest.landmarks),
            attributes=manifest.attributes,
            input_px=config.input_px,
        )
        self.weights = Weights(net, self.device, config)
        self.learner = Learner(pool, self.weights, config, Team())
        self.batches = [draw_batch(pool, config, step, self.device) for step in range(READY)]
        self.images = config.batch_size
        self.pictures = len(self.batches[0].pictures) + len(self.batches[0].before)

    def step(self, number: int) -> None:
        terms = self.learner.terms(self.batches[number % READY])
        torch.stack(list(terms.values())).sum().backward()
        self.weights.optimiser.step()
        self.weights.optimiser.zero_grad(set_to_none=True)

    def seconds(self, steps: int) -> float:
        self.step(0)
        synchronise(self.device)
        start = time.perf_counter()
        for number in range(steps):
            self.step(number)
        synchronise(self.device)
        return time.perf_counter() - start

    def flops(self) -> float:
        """Of one step, both ways."""
        with FlopCounterMode(display=False) as counter:
            self.step(0)
        return float(counter.get_total_flops())


def peak_flops(device: torch.device, precision: str, seconds: float = 1.0) -> float:
    """Of the fastest square matrix product, in 1/s."""
    kind = torch.bfloat16 if precision == "bfloat16" else torch.float32
    fastest = 0.0
    for side in (1024, 2048, 4096):
        a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            start = time.perf_counter()
            a @ b
            synchronise(device)
            fastest = max(fastest, 2 * side**3 / (time.perf_counter() - start))
    return fastest


def measure(folder: Any, losses: str, options: argparse.Namespace) -> dict[str, Any]:
    manifest = with_labels_on(folder.manifest(), options.percent, 0)
    config = replace(
        auto_config(manifest, device=options.device),
        net=options.net,
        threads=options.threads,
        **without(losses),
    )
    bare = Bare(manifest, config)
    fits, bares = [], []
    for _ in range(options.rounds):
        fits.append(options.steps * bare.images / seconds_of_fit(manifest, config, options.steps))
        bares.append(options.steps * bare.images / bare.seconds(options.steps))
    ratios = [ours / theirs for ours, theirs in zip(fits, bares, strict=True)]
    device = torch.device(options.device)
    arithmetic = bare.flops() * statistics.median(bares) / bare.images
    return {
        "net": options.net,
        "losses": losses,
        "device": options.device,
        "precision": config.precision,
        "threads": torch.get_num_threads(),
        "batch": bare.images,
        "pictures_a_step": bare.pictures,
        "fit_images_per_second": fits,
        "bare_images_per_second": bares,
        "ratios": ratios,
        "ratio": statistics.median(ratios),
        "bare_share_of_matrix_peak": arithmetic / peak_flops(device, config.precision),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--net", default="unet_slim")
    parser.add_argument("--losses", default="L,L+ELT+A")
    parser.add_argument("--percent", type=float, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=int, default=60, help="a multiple of 10: `fit` reports every 10")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_blocks(Path(scratch), train=400, validation=8, test=8, seed=0)
        rows = [measure(folder, losses, options) for losses in options.losses.split(",")]
    columns = ("losses", "fit, images/s", "bare, images/s", "ratio (lowest, highest)", "bare / matrix peak")
    first = rows[0]
    where = f"{first['device']}, {first['threads']} thread(s), {first['precision']}"
    table = Table(*columns, title=f"{options.net}, {where}, batch {first['batch']}")
    for row in rows:
        speeds = [f"{statistics.median(row[f'{what}_images_per_second']):.0f}" for what in ("fit", "bare")]
        spread = f"{row['ratio']:.2f} ({min(row['ratios']):.2f}, {max(row['ratios']):.2f})"
        table.add_row(row["losses"], *speeds, spread, f"{row['bare_share_of_matrix_peak']:.2f}")
    Console().print(table)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
