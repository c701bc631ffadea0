"""The measurement behind the default network: speed of a training step and error by network.

    nice python bench/networks.py FOLDER [--percent 5] [--steps 300] [--seeds 1] [--only NAME ...]

For each candidate: weights, pictures a second in training (forward and backward of loss L, bf16 and float32,
two threads), then a run with the default settings by L alone; error on both sides in % of the normaliser.
"""

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import nn

from ml.config import FitConfig
from ml.data.folder import Folder, read_folder
from ml.data.subset import with_labels_on
from ml.evaluate import evaluate
from ml.nets import build_net
from ml.nets.registry import NETS, Recipe
from ml.nets.unet import UNet
from ml.train import fit

RESULT = Path(__file__).parent / "results" / "networks.json"
BATCH = 32


def _unet(widths: tuple[int, ...], depth: int, fold: int) -> Recipe:
    def landmark_net(landmarks: int) -> nn.Module:
        return UNet(channels=3, landmarks=landmarks, widths=widths, depth=depth, fold=fold)

    return Recipe(
        landmark_net=landmark_net,
        is_gray=False,
        beta=1.0,
        stride=fold,
        multiple_px=fold * 2 ** (len(widths) - 1),
    )


# name: fold (= network px a heat map cell), widths by level, convolutions a block
CANDIDATES = {
    "f2 32-64-128-128 d2": _unet((32, 64, 128, 128), 2, 2),
    "f2 32-64-128-128 d1": _unet((32, 64, 128, 128), 1, 2),
    "f4 32-64-64 d2": _unet((32, 64, 64), 2, 4),
    "f4 64-128-128 d2": _unet((64, 128, 128), 2, 4),
    "f4 64-128-128-128 d2": _unet((64, 128, 128, 128), 2, 4),
    "f4 96-192-192 d2": _unet((96, 192, 192), 2, 4),
    "seq_mt_hgr1": NETS["seq_mt_hgr1"],
}


class Silent:
    def progressed(self, progress: object) -> None:
        pass

    def wants_stop(self) -> bool:
        return False


def pictures_per_second(name: str, config: FitConfig, landmarks: int, precision: str) -> float:
    torch.manual_seed(0)
    net = build_net(name, landmarks=landmarks, attributes=(), input_px=config.input_px)
    net.to(memory_format=torch.channels_last)
    pictures = torch.rand(BATCH, 3, config.input_px, config.input_px) * 255
    pictures = pictures.contiguous(memory_format=torch.channels_last)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            maps = net.heat_maps(pictures)
        net.read(maps).xy.square().mean().backward()

    return BATCH / seconds_of(step)


def seconds_of(call: Callable[[], None], repeats: int = 4) -> float:
    call()
    start = time.perf_counter()
    for _ in range(repeats):
        call()
    return (time.perf_counter() - start) / repeats


def measure(name: str, folder: Folder, options: argparse.Namespace) -> dict[str, Any]:
    base = FitConfig(net=name, steps=options.steps, threads=2, attribute_weight=0.0, equivariance_weight=0.0)
    landmarks = len(folder.landmarks)
    net = build_net(name, landmarks=landmarks, attributes=(), input_px=base.input_px)
    row: dict[str, Any] = {
        "net": name,
        "weights": sum(p.numel() for p in net.landmark_net.parameters()),
        "bfloat16": pictures_per_second(name, base, landmarks, "bfloat16"),
        "float32": pictures_per_second(name, base, landmarks, "float32"),
        "validation": [],
        "test": [],
    }
    for seed in range(options.seeds):
        manifest = with_labels_on(folder.manifest(), options.percent, seed)
        fitted = fit(manifest, replace(base, seed=seed), Silent())
        test = evaluate(
            fitted.net,
            folder.splits["test"],
            landmarks=manifest.landmarks,
            attributes=(),
            normaliser=manifest.normaliser,
            input_px=base.input_px,
        )
        row["validation"].append(fitted.scores.nme)
        row["test"].append(test.nme)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--percent", type=float, default=5)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=tuple(CANDIDATES))
    options = parser.parse_args()
    torch.set_num_threads(2)
    NETS.update(CANDIDATES)
    folder = read_folder(options.folder)
    rows = [measure(name, folder, options) for name in options.only or CANDIDATES]

    title = f"{folder.name}, {options.percent:g} % of landmarks, L, {options.steps} steps"
    columns = ("network", "weights", "images/s bf16", "images/s float32", "validation %", "test %")
    table = Table(*columns, title=title)
    for row in rows:
        errors = [" ".join(f"{100 * e:.1f}" for e in row[side]) for side in ("validation", "test")]
        speeds = [f"{row[precision]:.0f}" for precision in ("bfloat16", "float32")]
        table.add_row(row["net"], f"{row['weights']:,}", *speeds, *errors)
    Console().print(table)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
