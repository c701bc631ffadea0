"""Many landmarks on one image: what is in sight of them, and that a thousand can be worked with."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import (
    NEXT_FRAME,
    SEEN,
    camera,
    click_image,
    image_id,
    open_label_page,
    points_of,
    revisions,
    wait_for_next,
    wait_until_saved,
)
from tests.browser.test_label_predictions import predict

pytestmark = pytest.mark.browser

MANY = {"landmarks": [f"p{number}" for number in range(40)], "edges": [], "attributes": []}
IN_SIGHT = """() => {
  const list = document.querySelector("#landmark-list").getBoundingClientRect();
  return [...document.querySelectorAll("#landmark-list li")].flatMap((row, n) => {
    const { left, right, top, bottom } = row.getBoundingClientRect();
    const isInside = left >= list.left && right <= list.right && top >= list.top && bottom <= list.bottom;
    return isInside ? [n] : [];
  });
}"""
PLACES = {f"p{number}": (10.0 + number % 40 * 7, 10.0 + number // 40 * 8) for number in range(1000)}
THOUSAND = {"landmarks": list(PLACES), "edges": [], "attributes": []}


@pytest.mark.parametrize("schema", [MANY])
@pytest.mark.parametrize("size", [(1366, 768), (390, 844)], ids=["laptop", "phone"])
def test_the_list_shows_the_active_landmark_and_the_next(
    open_context: Callable[..., BrowserContext], served: Served, size: tuple[int, int]
) -> None:
    page = open_context(viewport={"width": size[0], "height": size[1]}).new_page()
    open_label_page(page, served.label_url)

    for _ in range(20):
        page.keyboard.press("Tab")
        page.evaluate(NEXT_FRAME)

    expect(page.locator("#landmark-now")).to_have_text("p20")
    assert {19, 20, 21} <= set(page.evaluate(IN_SIGHT))


@pytest.mark.parametrize("schema", [MANY])
@pytest.mark.parametrize("size", [(1100, 640), (1100, 700)])
def test_beside_a_long_list_nothing_lies_over_the_submit_button_or_under_it(
    open_context: Callable[..., BrowserContext], served: Served, database: Database, size: tuple[int, int]
) -> None:
    places = dict.fromkeys(MANY["landmarks"], (30.0, 40.0))
    predict(database, served.project_id, image_count=8, shift_px=0, places=places)
    page = open_context(viewport={"width": size[0], "height": size[1]}, locale="de").new_page()
    open_label_page(page, served.label_url)

    boxes = [page.locator(each).bounding_box() for each in ("#button-submit", ".image-name")]

    button, name = boxes
    assert button is not None
    assert button["y"] + button["height"] <= size[1]
    assert name is None or name["y"] >= button["y"] + button["height"]


@pytest.mark.parametrize("schema", [THOUSAND])
def test_case_107_a_thousand_landmarks_are_accepted_moved_and_stored(
    page: Page, served: Served, database: Database
) -> None:
    predict(database, served.project_id, image_count=8, shift_px=0, places=PLACES)
    open_label_page(page, served.label_url)
    first = image_id(page)
    expect(page.locator("#landmark-list li")).to_have_count(1000)

    at = click_image(page, 12, 12)  # the first one by hand, the others as predicted
    page.keyboard.press("Shift+A")
    wait_for_next(page, first)
    wait_until_saved(page)
    page.keyboard.press("Control+ArrowLeft")
    page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")
    left, top, scale = camera(page)
    x, y = PLACES["p500"]
    page.mouse.move(left + x * scale, top + y * scale)
    page.mouse.down()
    page.mouse.move(left + (x + 3) * scale, top + (y + 2) * scale, steps=5)
    page.mouse.up()
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    wait_until_saved(page)

    accepted, moved = (points_of(each) for each in revisions(database, image_id=first))
    assert len(accepted) == len(moved) == 1000
    assert (accepted["p0"]["x"], accepted["p0"]["y"]) == pytest.approx(at, abs=1e-3)
    assert (accepted["p999"]["x"], accepted["p999"]["y"]) == PLACES["p999"]
    assert {name for name in PLACES if accepted[name] != moved[name]} == {"p500"}
    assert (moved["p500"]["x"], moved["p500"]["y"]) == pytest.approx((x + 3, y + 2), abs=1)
