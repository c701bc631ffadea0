"""The labelling page in headless Chromium on a real server, and the hands that work on it."""

import io
import os
import random
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pixels
from playwright.sync_api import Page, sync_playwright
from world import HEIGHT_PX, LANDMARKS, NOW, ROOT, WIDTH_PX, World, opened_world, predict_all, served

from app.projects import service as projects
from app.users import service as users

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]
SEEN = "#label[data-phase=showing][data-seen]"
GRID_SEEN = "#grid[data-phase=showing][data-seen]"
TILES = 24
WATCH = (Path(__file__).parent / "watch.js").read_text()


@dataclass(frozen=True)
class Pace:
    """Seconds from one press to the next, and for which it is held; drawn evenly, the same in each run."""

    name: str
    between: tuple[float, float] = (0.0, 0.0)
    held: tuple[float, float] = (0.0, 0.0)
    steps: int = 1  # of the pointer on its way


FULL_SPEED = Pace("full speed")
PERSON = Pace("a person's pace", between=(0.15, 0.30), held=(0.05, 0.09), steps=4)


class Hands:
    """Press and click, as fast as the page takes it or at a pace."""

    def __init__(self, page: Page, pace: Pace) -> None:
        self._page = page
        self._pace = pace
        self._dice = random.Random(0)
        self._pressed = 0.0

    def press(self, keys: str) -> None:
        """A key goes down and up."""
        self._pause()
        self._page.keyboard.press(keys, delay=1000 * self._dice.uniform(*self._pace.held))

    def click(self, x: float, y: float) -> None:
        """The pointer is there before the button goes down; CSS px. At full speed all go out at once."""
        if self._pace is FULL_SPEED:
            self._page.mouse.click(x, y)
            return
        self._page.mouse.move(x, y, steps=self._pace.steps)
        self._pause()
        self._page.mouse.down()
        time.sleep(self._dice.uniform(*self._pace.held))
        self._page.mouse.up()

    def _pause(self) -> None:
        due = self._pressed + self._dice.uniform(*self._pace.between)
        time.sleep(max(0.0, due - time.perf_counter()))
        self._pressed = time.perf_counter()


@contextmanager
def labelling(
    image_count: int,
    wh: tuple[int, int] = (WIDTH_PX, HEIGHT_PX),
    schema: dict[str, Any] | None = None,
    *,
    is_predicted: bool = False,
    is_grid: bool = False,
    root: Path = ROOT,
) -> Iterator[Page]:
    """The page of the checkout `root` on a fresh project, with the watch in it."""
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
        with served(world, root=root) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.goto(f"http://127.0.0.1:{server.port}/projects/{world.project_id}/{where}")
            page.wait_for_selector(GRID_SEEN if is_grid else SEEN)
            page.evaluate(WATCH, ["#grid", "data-page"] if is_grid else ["#label", "data-image-id"])
            yield page
            browser.close()


def picture(width_px: int, height_px: int) -> bytes:
    coarse = np.random.default_rng(0).integers(0, 256, (24, 32, 3)).astype(np.uint8)
    image = Pixels.fromarray(coarse).resize((width_px, height_px), Pixels.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


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
