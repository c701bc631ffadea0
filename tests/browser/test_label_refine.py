"""Predicted points that follow a corrected one, on the real page."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import (
    NEXT_FRAME,
    click_image,
    image_id,
    open_label_page,
    points_of,
    revisions,
    wait_for_next,
    wait_until_saved,
)
from tests.browser.test_label_predictions import predict
from tests.factories import landmarks_body, point

pytestmark = pytest.mark.browser

NAMES = [f"p{n}" for n in range(8)]
RING = {name: (160 + 80 * math.cos(n * math.pi / 4), 120 + 80 * math.sin(n * math.pi / 4))
        for n, name in enumerate(NAMES)}  # fmt: skip
TOP = ("p5", "p6", "p7")  # they go up and down together
LABELLED = 14


@pytest.fixture
def image_count() -> int:
    return LABELLED + 4


@pytest.fixture
def schema() -> dict[str, Any]:
    return {"landmarks": NAMES, "edges": list(pairwise(NAMES)), "mirror_pairs": []}


@pytest.fixture
def learned(page: Page, served: Served, database: Database) -> Page:
    """The page with a doubtful prediction, in a project whose labelled shapes differ in their upper part."""
    dice = np.random.default_rng(0)
    for image in range(1, LABELLED + 1):
        lift = float(dice.uniform(-25, 15))
        points = [
            point(name, x + float(dice.normal(0, 0.5)), y + (lift if name in TOP else 0))
            for name, (x, y) in RING.items()
        ]
        url = f"{served.url}/api/v1/images/{image}/landmarks"
        assert page.request.put(url, data=landmarks_body(points)).ok
    predict(database, served.project_id, image_count=LABELLED + 4, shift_px=0, places=RING,
            doubt_px=dict.fromkeys(NAMES, 8.0))  # fmt: skip
    with page.expect_response("**/shape"):
        open_label_page(page, served.label_url)
    return page


def ghost(page: Page, name: str) -> tuple[float, float]:
    """Where a ghost is drawn in the end, image px."""
    style = page.locator(".ghost").nth(NAMES.index(name)).get_attribute("style") or ""
    x, y = style.removeprefix("transform: translate(").removesuffix(");").replace("px", "").split(", ")
    return float(x), float(y)


def test_ghosts_follow_a_correction_and_are_still_predictions_when_accepted(
    learned: Page, database: Database
) -> None:
    first = image_id(learned)
    learned.keyboard.press("7")  # the topmost

    click_image(learned, RING["p6"][0], RING["p6"][1] - 20)
    expect(learned.locator(".ghost[data-refined=true]")).to_have_count(7)

    for name in ("p5", "p7"):
        assert ghost(learned, name)[1] < RING[name][1] - 6
    assert ghost(learned, "p2") == pytest.approx(RING["p2"], abs=4)
    seen = ghost(learned, "p5")
    learned.keyboard.press("Shift+A")
    wait_for_next(learned, first)
    wait_until_saved(learned)

    (stored,) = revisions(database, image_id=first)
    accepted = points_of(stored)["p5"]
    assert (accepted["x"], accepted["y"]) == pytest.approx(seen, abs=0.01)
    assert stored.assist == "prediction"


def test_undo_takes_back_what_followed_and_the_switch_keeps_ghosts_where_they_are(learned: Page) -> None:
    learned.keyboard.press("7")
    click_image(learned, RING["p6"][0], RING["p6"][1] - 20)
    expect(learned.locator(".ghost[data-refined=true]")).to_have_count(7)

    learned.keyboard.press("Control+z")
    expect(learned.locator(".ghost[data-refined=true]")).to_have_count(0)
    assert ghost(learned, "p5") == pytest.approx(RING["p5"], abs=0.01)
    learned.get_by_role("button", name="Follow").click()
    click_image(learned, RING["p6"][0], RING["p6"][1] - 20)
    learned.evaluate(NEXT_FRAME)

    assert ghost(learned, "p5") == pytest.approx(RING["p5"], abs=0.01)
