"""The labelling page under the hands of somebody who never thinks, in headless Chromium on a real server.

    python bench/browser.py                         all of it, some minutes
    python bench/browser.py --images 200 --only attributes,grid,landmarks,predicted,large

Keys and clicks go through the browser's own input; times are taken in the page, from the event's time stamp
to the moment after the next frame was painted. Printed:

- key or click to visible feedback (asked: 50 ms p95), and submit to the next image painted (<= 100 ms p95)
- what the machine adds to a label: the time in which a key or click waited for one of the two, over how many
  labels there were (<= 150 ms an attribute, alone or in the grid, <= 300 ms an image with landmarks, from
  scratch or with a prediction); and the wall time, in which the driver's own time for keys and clicks is
- heap after all images against the heap after the first hundred (<= 50 MB more)
- the work of a frame while one of 500 landmarks is dragged on 40 megapixels (<= 16 ms median, 50 ms p95)

Nothing else should run beside it.
"""

import argparse
import io
import json
import math
import os
import shutil
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pixels
from playwright.sync_api import Page, sync_playwright
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent))
from world import HEIGHT_PX, LANDMARKS, NOW, ROOT, WIDTH_PX, World, opened_world, predict_all, served

from app.projects import service as projects
from app.users import service as users

RESULTS = ROOT / "bench" / "results" / "browser.json"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
SEEN = "#label[data-phase=showing][data-seen]"
GRID_SEEN = "#grid[data-phase=showing][data-seen]"
TILES = 24
LARGE_WH = (7300, 5480)  # 40 megapixels
MANY = 500
HEAP_FROM = 100  # images before the first look at the heap: caches are full then
WATCH = (Path(__file__).parent / "watch.js").read_text()


def picture(width_px: int, height_px: int) -> bytes:
    coarse = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    image = Pixels.fromarray(coarse).resize((width_px, height_px), Pixels.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


@contextmanager
def labelling(
    image_count: int,
    wh: tuple[int, int] = (WIDTH_PX, HEIGHT_PX),
    schema: dict[str, Any] | None = None,
    *,
    is_predicted: bool = False,
    is_grid: bool = False,
) -> Iterator[Page]:
    """The page on a fresh project, with the watch in it."""
    options = {} if schema is None else {"schema": schema}
    with opened_world(
        "sqlite", image_count=image_count, picture=picture(*wh), picture_wh=wh, **options
    ) as world:
        for number in range(1, image_count + 1):
            world.place_blob(number)
        if is_predicted:
            predict_all(world, image_count)
            show_all_predictions(world)
        where = f"grid?attribute=side&tiles={TILES}" if is_grid else "label"
        chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
        with served(world) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.goto(f"http://127.0.0.1:{server.port}/projects/{world.project_id}/{where}")
            page.wait_for_selector(GRID_SEEN if is_grid else SEEN)
            page.evaluate(WATCH, ["#grid", "data-page"] if is_grid else ["#label", "data-image-id"])
            yield page
            browser.close()


def show_all_predictions(world: World) -> None:
    """No control arm: on its images there would be nothing to accept."""
    with world.database.unit_of_work() as session:
        owner = users.ensure_local_owner(session, now=NOW)
        projects.set_control_share(session, world.project_id, share=0.0, by=owner.id, now=NOW)


def shown_id(page: Page) -> str:
    return page.get_attribute("#label", "data-image-id") or ""


def wait_for_next(page: Page, before: str) -> None:
    page.wait_for_selector(f"{SEEN}:not([data-image-id='{before}'])", timeout=30_000)


def heap_bytes(page: Page) -> int:
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    used = client.send("Runtime.getHeapUsage")["usedSize"]
    client.detach()
    return int(used)


def choose(page: Page, mode: str) -> None:
    page.click(f"[data-mode={mode}]")
    wanted = "[data-kind=landmarks]" if mode == "landmarks" else ":not([data-kind=landmarks])"
    page.wait_for_selector(f"{SEEN}{wanted}")


def answer_attributes(count: int) -> dict[str, Any]:
    """One key an image, `count` images in a row."""
    with labelling(count + 20) as page:
        choose(page, "attributes")
        heap, begun = 0, time.perf_counter()
        for number in range(count):
            if number == min(HEAP_FROM, count // 2):
                heap = heap_bytes(page)
            before = shown_id(page)
            page.keyboard.press("1")
            wait_for_next(page, before)
        return measured(page, count, begun) | {"heap_growth_bytes": heap_bytes(page) - heap}


def confirm_grid(count: int) -> dict[str, Any]:
    """Pages of 24 tiles: one is put right, the page is confirmed."""
    pages = max(4, count // TILES)
    with labelling((pages + 2) * TILES, is_predicted=True, is_grid=True) as page:
        begun = time.perf_counter()
        for number in range(1, pages + 1):
            page.keyboard.press("ArrowRight")
            page.keyboard.press("2")
            page.keyboard.press("Enter")
            page.wait_for_selector(f"{GRID_SEEN}[data-page='{number + 1}']")
        return measured(page, pages * TILES, begun)


def place_landmarks(count: int) -> dict[str, Any]:
    """21 clicks and Enter, `count` images in a row."""
    with labelling(count + 20) as page:
        choose(page, "landmarks")
        spots = spots_on(page)
        begun = time.perf_counter()
        for _ in range(count):
            before = shown_id(page)
            for spot in spots:
                page.mouse.click(*spot)
            page.keyboard.press("Enter")
            wait_for_next(page, before)
        return measured(page, count, begun)


def correct_predictions(count: int) -> dict[str, Any]:
    """One of 21 predicted landmarks is placed by hand, Shift+A takes the others and submits, in a row."""
    with labelling(count + 20, is_predicted=True) as page:
        choose(page, "landmarks")
        spot = spots_on(page)[0]
        begun = time.perf_counter()
        for _ in range(count):
            before = shown_id(page)
            page.mouse.click(*spot)
            page.keyboard.press("Shift+A")
            wait_for_next(page, before)
        return measured(page, count, begun)


def spots_on(page: Page) -> list[tuple[float, float]]:
    """CSS px for 21 landmarks in three rows."""
    box = page.locator("#picture img").bounding_box()
    assert box is not None
    return [
        (
            box["x"] + box["width"] * (0.1 + 0.8 * (n % 7) / 6),
            box["y"] + box["height"] * (0.2 + 0.3 * (n // 7)),
        )
        for n in range(len(LANDMARKS))
    ]


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


def drag_one_of_many(moves: int) -> dict[str, Any]:
    """One of 500 landmarks on 40 megapixels follows the pointer."""
    names = [f"point_{number}" for number in range(MANY)]
    schema = {"landmarks": names, "edges": [[a, b] for a, b in pairwise(names)]}
    with labelling(3, LARGE_WH, schema) as page:
        box = page.locator("#picture img").bounding_box()
        assert box is not None
        for number in range(MANY):
            x, y = number % 25, number // 25
            page.mouse.click(box["x"] + box["width"] * (x + 1) / 27, box["y"] + box["height"] * (y + 1) / 22)
        start = (box["x"] + box["width"] / 27, box["y"] + box["height"] / 22)
        page.mouse.move(*start)
        page.mouse.down()
        page.evaluate("window.bench.frames(true)")
        for move in range(moves):
            page.mouse.move(start[0] + 200 * move / moves, start[1] + 100 * move / moves)
        page.evaluate("window.bench.frames(false)")
        page.mouse.up()
        return {"landmarks": MANY, "frame_ms": page.evaluate("window.bench.times.frame")}


def quantiles(values: list[float]) -> tuple[float, float]:
    """Median and 95th percentile."""
    return statistics.median(values), float(np.quantile(values, 0.95))


PARTS = {
    "attributes": answer_attributes,
    "grid": confirm_grid,
    "landmarks": lambda images: place_landmarks(max(10, images // 20)),
    "predicted": lambda images: correct_predictions(max(10, images // 20)),
    "large": lambda images: drag_one_of_many(min(200, images)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(PARTS))
    options = parser.parse_args()
    results = {name: PARTS[name](options.images) for name in options.only}
    show(results)
    if growth := results.get("attributes", {}).get("heap_growth_bytes"):
        Console().print(f"heap: {growth / 1e6:+.1f} MB over {options.images} images")
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(known | results, indent=1) + "\n")


def show(results: dict[str, Any]) -> None:
    """Print medians and 95th percentiles, and leave them in place of the single times."""
    table = Table("part", "what", "n", "median, ms", "p95, ms")
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


if __name__ == "__main__":
    main()
