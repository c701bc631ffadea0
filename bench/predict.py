"""How much of the bare network's speed is left in the predictor of the web process.

    python bench/predict.py NETWORK.onnx [--images FOLDER] [--seconds 5]

One image: `Predictor.predict([image])` against `session.run` on its picture, decoded already. Many: the
same in batches. All are timed in turns in one run, so that a busy machine slows them alike; the ratio is what
counts (>= 0.8). From files, decoding comes on top; it is shown, not compared.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from ml.serve import BATCH, Predictor

RESULT = Path(__file__).parent / "results" / "predict.json"


def generated_pictures(count: int, side: int) -> list[Image.Image]:
    random = np.random.default_rng(0)
    coarse = (random.integers(0, 256, (12, 12, 3)).astype(np.uint8) for _ in range(count))
    return [Image.fromarray(c).resize((side, side), Image.Resampling.BICUBIC) for c in coarse]


def seconds_of(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def timed_in_turns(calls: dict[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Median seconds of each call."""
    for call in calls.values():
        call()
    times: dict[str, list[float]] = {name: [] for name in calls}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times[next(iter(times))]) < 20:
        for name, call in calls.items():
            times[name].append(seconds_of(call))
    return {name: statistics.median(values) for name, values in times.items()}


def measure(predictor: Predictor, files: list[Path], seconds: float) -> dict[str, float]:
    side = predictor.input_px
    images = generated_pictures(BATCH, 256)
    ready = np.stack([np.asarray(image.resize((side, side))) for image in images])
    one, many = ready[:1], ready
    run = predictor.session.run
    calls: dict[str, Callable[[], object]] = {
        "bare_one": lambda: run(None, {"pictures": one}),
        "predict_one": lambda: predictor.predict(images[:1]),
        "predict_one_with_4_views": lambda: predictor.predict(images[:1], views=4),
        "bare_many": lambda: run(None, {"pictures": many}),
        "predict_many": lambda: predictor.predict(images),
    }
    if files:
        chosen = (files * BATCH)[:BATCH]
        calls["predict_files"] = lambda: predictor.predict(chosen)
    return timed_in_turns(calls, seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("onnx", type=Path)
    parser.add_argument("--images", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    files = sorted(options.images.iterdir())[:BATCH] if options.images else []
    medians = measure(Predictor(options.onnx, threads=options.threads), files, options.seconds)

    batched = {"bare_many", "predict_many", "predict_files"}
    table = Table("what", "p50, ms", "images/s", title=f"{options.threads} thread(s)")
    for name, median in medians.items():
        table.add_row(name, f"{median * 1e3:.2f}", f"{(BATCH if name in batched else 1) / median:.0f}")
    ratios = {
        "one": medians["bare_one"] / medians["predict_one"],
        "many": medians["bare_many"] / medians["predict_many"],
    }
    Console().print(table)
    Console().print(f"of the bare session's speed: one image {ratios['one']:.2f}, many {ratios['many']:.2f}")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"median_seconds": medians, "ratios": ratios}, indent=1) + "\n")


if __name__ == "__main__":
    main()
