"""The labelling page under the hands of somebody who never thinks, in headless Chromium on a real server.

    python bench/browser.py                         all of it, some twenty minutes
    python bench/browser.py --images 200 --only attributes,grid,landmarks,predicted,large
    python bench/browser.py --beside ../before      the same of another checkout, in turns with this one

Keys and clicks go through the browser's own input; times are taken in the page, from the event's time stamp
to the moment after the next frame was painted. Each part runs twice: at the pace of a person, who presses
every 150 to 300 ms, and as fast as the driver can, when clicks come quicker than frames and queue up behind
them. What is asked is asked of the first; the second says how much room is left. Printed:

- key or click to visible feedback (asked: 50 ms p95), and submit to the next image painted (<= 100 ms p95)
- what the machine adds to a label: the time in which a key or click waited for one of the two, over how many
  labels there were (<= 150 ms an attribute, alone or in the grid, <= 300 ms an image with landmarks, from
  scratch or with a prediction); and the wall time, in which the driver's own time for keys and clicks is
- heap after all images against the heap after the first hundred (<= 50 MB more)
- the work of a frame while one of 500 landmarks is dragged on 40 megapixels (<= 16 ms median, 50 ms p95), or
  of as many as `--landmarks` says

Nothing else should run beside it.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent))
import driver
from driver import FULL_SPEED, GRID_SEEN, PERSON, TILES, Hands, Pace, labelling
from world import ROOT

RESULTS = ROOT / "bench" / "results" / "browser.json"
LARGE_WH = (7300, 5480)  # 40 megapixels
HEAP_FROM = 100  # images before the first look at the heap: caches are full then
PERSON_SHARE = 4  # a person's pace takes time: of so many images one


@dataclass(frozen=True)
class Trial:
    """How many images at most, how fast, whose pages are served, and landmarks on the large image."""

    images: int
    pace: Pace
    root: Path
    landmarks: int


def answer_attributes(trial: Trial) -> dict[str, Any]:
    """One key an image, in a row."""
    count = trial.images
    with labelling(count + 20, root=trial.root) as page:
        driver.choose(page, "attributes")
        hands = Hands(page, trial.pace)
        heap, begun = 0, time.perf_counter()
        for number in range(count):
            if number == min(HEAP_FROM, count // 2):
                heap = driver.heap_bytes(page)
            before = driver.shown_id(page)
            hands.press("1")
            driver.wait_for_next(page, before)
        return measured(page, count, begun) | {"heap_growth_bytes": driver.heap_bytes(page) - heap}


def confirm_grid(trial: Trial) -> dict[str, Any]:
    """Pages of 24 tiles: one is put right, the page is confirmed."""
    pages = max(4, trial.images // TILES)
    with labelling((pages + 2) * TILES, is_predicted=True, is_grid=True, root=trial.root) as page:
        hands = Hands(page, trial.pace)
        begun = time.perf_counter()
        for number in range(1, pages + 1):
            for keys in ("ArrowRight", "2", "Enter"):
                hands.press(keys)
            page.wait_for_selector(f"{GRID_SEEN}[data-page='{number + 1}']")
        return measured(page, pages * TILES, begun)


def place_landmarks(trial: Trial) -> dict[str, Any]:
    """21 clicks and Enter, in a row."""
    count = max(10, trial.images // 20)
    with labelling(count + 20, root=trial.root) as page:
        driver.choose(page, "landmarks")
        hands, spots = Hands(page, trial.pace), driver.spots_on(page)
        begun = time.perf_counter()
        for _ in range(count):
            before = driver.shown_id(page)
            for spot in spots:
                hands.click(*spot)
            hands.press("Enter")
            driver.wait_for_next(page, before)
        return measured(page, count, begun)


def correct_predictions(trial: Trial) -> dict[str, Any]:
    """One of 21 predicted landmarks is placed by hand, Shift+A takes the others and submits, in a row."""
    count = max(10, trial.images // 20)
    with labelling(count + 20, is_predicted=True, root=trial.root) as page:
        driver.choose(page, "landmarks")
        hands, spot = Hands(page, trial.pace), driver.spots_on(page)[0]
        begun = time.perf_counter()
        for _ in range(count):
            before = driver.shown_id(page)
            hands.click(*spot)
            hands.press("Shift+A")
            driver.wait_for_next(page, before)
        return measured(page, count, begun)


def measured(page: Page, labels: int, begun: float) -> dict[str, Any]:
    """What the watch has seen, without the first of each, whose caches are cold."""
    seconds = time.perf_counter() - begun
    times = page.evaluate("window.bench.times")
    feedback, following = times["feedback"][1:], times["next"][1:]
    return {
        "labels": labels,
        "feedback_ms": feedback,
        "next_ms": following,
        "machine_ms_a_label": union(times["waits"]) / labels,
        "wall_ms_a_label": 1000 * seconds / labels,
    }


def union(spans: list[tuple[float, float]]) -> float:
    """Length of what the spans cover together: two waits at once are one."""
    length, end = 0.0, -math.inf
    for start, stop in sorted(spans):
        length += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return length


def drag_one_of_many(trial: Trial) -> dict[str, Any]:
    """One of many landmarks on 40 megapixels follows the pointer."""
    moves, columns = min(200, trial.images), round(math.sqrt(1.25 * trial.landmarks))
    lines = math.ceil(trial.landmarks / columns)
    names = [f"point_{number}" for number in range(trial.landmarks)]
    schema = {"landmarks": names, "edges": [[a, b] for a, b in pairwise(names)]}
    with labelling(3, LARGE_WH, schema, root=trial.root) as page:
        box = page.locator("#picture img").bounding_box()
        assert box is not None
        step = (box["width"] / (columns + 2), box["height"] / (lines + 2))
        for number in range(trial.landmarks):
            line, column = divmod(number, columns)
            page.mouse.click(box["x"] + step[0] * (column + 1), box["y"] + step[1] * (line + 1))
        start = (box["x"] + step[0], box["y"] + step[1])
        page.mouse.move(*start)
        page.mouse.down()
        page.evaluate("window.bench.frames(true)")
        for move in range(moves):
            page.mouse.move(start[0] + 200 * move / moves, start[1] + 100 * move / moves)
        page.evaluate("window.bench.frames(false)")
        page.mouse.up()
        return {"landmarks": trial.landmarks, "frame_ms": page.evaluate("window.bench.times.frame")}


def quantiles(values: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(values), float(np.quantile(values, 0.95))


PARTS = {
    "attributes": answer_attributes,
    "grid": confirm_grid,
    "landmarks": place_landmarks,
    "predicted": correct_predictions,
    "large": drag_one_of_many,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--landmarks", type=int, default=500, help="of the large image")
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PARTS))
    parser.add_argument("--beside", type=Path, help="another checkout, measured in turns with this one")
    options = parser.parse_args()
    roots = [ROOT] if options.beside is None else [ROOT, options.beside.resolve()]
    results: dict[Path, dict[str, Any]] = {root: {} for root in roots}
    for name, pace in [(each, pace) for each in options.only for pace in paces_of(each)]:
        images = options.images if pace is FULL_SPEED else options.images // PERSON_SHARE
        for root in reversed(roots):
            results[root][f"{name}, {pace.name}"] = run(name, Trial(images, pace, root, options.landmarks))
    for root, parts in results.items():
        show(commit_of(root), parts)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"beside": {}}
    beside = known["beside"] | results[roots[-1]] if options.beside else known["beside"]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(known | results[ROOT] | {"beside": beside}, indent=1) + "\n")


def run(name: str, trial: Trial) -> dict[str, Any]:
    """One part, with what was measured and how busy the machine was."""
    began_under = os.getloadavg()
    found = PARTS[name](trial)
    load = [began_under, os.getloadavg()]
    return found | {"commit": commit_of(trial.root), "load_before_and_after": load}


def paces_of(name: str) -> tuple[Pace, ...]:
    """A drag has no presses between which one could wait."""
    return (FULL_SPEED,) if name == "large" else (PERSON, FULL_SPEED)


def commit_of(root: Path) -> str:
    """What is checked out there, `-dirty` where files differ from it."""
    command = ["git", "-C", str(root), "describe", "--always", "--dirty", "--exclude", "*"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def show(commit: str, results: dict[str, Any]) -> None:
    """Print medians and 95th percentiles, and leave them in place of the single times."""
    table = Table("part", "what", "n", "median, ms", "p95, ms", title=commit)
    for name, result in results.items():
        for what in ("feedback_ms", "next_ms", "frame_ms"):
            if values := result.get(what):
                median, high = quantiles(values)
                result[what] = {"n": len(values), "median": median, "p95": high}
                table.add_row(
                    name, what.removesuffix("_ms"), str(len(values)), f"{median:.1f}", f"{high:.1f}"
                )
    console = Console()
    console.print(table)
    for name, result in results.items():
        if "labels" in result:
            machine, wall = result["machine_ms_a_label"], result["wall_ms_a_label"]
            console.print(
                f"{name}: the machine adds {machine:.0f} ms a label ({wall:.0f} ms with the driver)"
            )
        if growth := result.get("heap_growth_bytes"):
            console.print(f"{name}: heap {growth / 1e6:+.1f} MB over {result['labels']} images")


if __name__ == "__main__":
    main()
