"""Memory and time of a training run by the number of images: RSS <= 2 GB at 100,000, time linear.

    python bench/train_memory.py [--images 10000,30000,100000] [--net unet_tiny] [--scratch FOLDER]

Each size in a process of its own: a pool of so many files (hard links to generated Blocks, so that they take
no room; each is decoded and kept by itself) with 21 landmarks on every image, then one epoch of loss L.
Printed: the largest resident memory, the seconds of decoding and of the epoch for 1,000 images, both against
the smallest size. The network is small, so that what is measured is how pictures come to it.
"""

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

RESULT = Path(__file__).parent / "results" / "train_memory.json"
ORIGINALS = 500
LANDMARKS = 21
BATCH = 48
FIRST_REPORT = 10  # steps; `fit` reports every 10


def link_images(originals: list[Path], count: int, folder: Path) -> list[Path]:
    """`count` names for the originals, in folders of a thousand."""
    images = []
    for index in range(count):
        image = folder / f"{index // 1000:04}" / f"{index:06}.png"
        image.parent.mkdir(parents=True, exist_ok=True)
        os.link(originals[index % len(originals)], image)
        images.append(image)
    return images


def pool_of(images: list[Path]) -> Any:
    """A manifest of them, 21 landmarks on each, the last hundred to validate."""
    from ml.types import Manifest, Normaliser, Sample

    names = tuple(f"point_{number}" for number in range(LANDMARKS))
    samples = [
        Sample(
            image=image, landmarks={name: (30.0 + place, 20.0 + place) for place, name in enumerate(names)}
        )
        for image in images
    ]
    return Manifest(
        landmarks=names,
        normaliser=Normaliser(kind="pixels"),
        train=tuple(samples[:-100]),
        validation=tuple(samples[-100:]),
    )


class Watch:
    """A listener that notes when the images were read and when the epoch was done."""

    def __init__(self, last: int) -> None:
        self.last, self.begun, self.done = last, 0.0, 0.0

    def progressed(self, progress: Any) -> None:
        if progress.step == FIRST_REPORT:
            self.begun = time.perf_counter()
        if progress.step == self.last:
            self.done = time.perf_counter()

    def wants_stop(self) -> bool:
        return False


def child(options: argparse.Namespace) -> None:
    """One size: prints its numbers as JSON."""
    import torch

    from ml.config import FitConfig
    from ml.train import fit

    torch.set_num_threads(1)
    (count,) = options.images
    manifest = pool_of(
        link_images(sorted(options.originals.glob("*.png")), count, options.scratch / "images")
    )
    steps = math.ceil(len(manifest.train) / BATCH / FIRST_REPORT) * FIRST_REPORT
    config = FitConfig(
        net=options.net,
        steps=steps + 1,
        batch_size=BATCH,
        attribute_weight=0.0,
        equivariance_weight=0.0,
        evaluate_every=10**9,
    )
    watch, start = Watch(steps), time.perf_counter()
    fit(manifest, config, watch, cache_dir=options.scratch / "pictures")
    epoch = (watch.done - watch.begun) * steps / (steps - FIRST_REPORT)
    numbers = {
        "images": count,
        "rss_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "reading_seconds": watch.begun - start - epoch * FIRST_REPORT / steps,
        "epoch_seconds": epoch,
    }
    print(json.dumps(numbers))


def measure(count: int, originals: Path, options: argparse.Namespace) -> dict[str, float]:
    scratch = Path(tempfile.mkdtemp(dir=options.scratch, prefix="train-memory-"))
    try:
        words = [sys.executable, __file__, "--child", "--images", str(count), "--net", options.net]
        words += ["--scratch", str(scratch), "--originals", str(originals)]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        return json.loads(done.stdout.splitlines()[-1])
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=_numbers, default=[10_000, 30_000, 100_000])
    parser.add_argument("--net", default="unet_tiny")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--originals", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


def compare(options: argparse.Namespace) -> None:
    """Measure all sizes, print and keep them."""
    from ml.data.blocks import write_blocks

    # on the same file system as the links
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        write_blocks(Path(folder), train=ORIGINALS, validation=1, test=1, seed=0)
        rows = [measure(count, Path(folder) / "images", options) for count in options.images]
    columns = ("images", "RSS, MB", "decoding, s / 1000", "epoch, s / 1000")
    table = Table(*columns, title=f"{options.net}, one thread")
    for row in rows:
        cells = []
        for what in ("reading_seconds", "epoch_seconds"):
            now, first = (1000 * each[what] / each["images"] for each in (row, rows[0]))
            cells.append(f"{now:.2f} (x {now / first:.2f})")
        table.add_row(f"{row['images']:,}", f"{row['rss_bytes'] / 1e6:,.0f}", *cells)
    Console().print(table)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    asked = parsed()
    if asked.child:
        child(asked)
    else:
        compare(asked)
