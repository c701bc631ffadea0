"""Labelling without a pointer: from the list of projects to answers that are stored."""

import pytest
from playwright.sync_api import Page, expect

from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import (
    SEEN,
    image_id,
    open_label_page,
    points_of,
    revisions,
    wait_for_next,
    wait_until_saved,
)
from tests.browser.test_label_keys import MOOD, YAW
from tests.browser.test_label_predictions import SAID, predict
from tests.factories import FACE

pytestmark = pytest.mark.browser


def test_a_project_and_its_labelling_page_are_reached_by_tab_and_enter(page: Page, served: Served) -> None:
    page.goto(served.url)

    for name in (page.locator("a.card").inner_text(), "Label"):
        for _ in range(12):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.innerText") == name:
                break
        with page.expect_navigation():
            page.keyboard.press("Enter")

    page.wait_for_selector(SEEN)
    expect(page.locator("#stage")).to_be_focused()


def test_landmarks_are_placed_from_scratch_by_arrows(page: Page, served: Served, database: Database) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    page.locator("#stage").focus()
    first = image_id(page)

    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("Tab")
    page.keyboard.press("o")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    wait_until_saved(page)

    (stored,) = revisions(database, image_id=first)
    assert stored.assist == "none"
    assert points_of(stored) == {  # from the middle of 320 x 240 px
        "eye_l": {"name": "eye_l", "state": "visible", "x": 150.0, "y": 121.0},
        "eye_r": {"name": "eye_r", "state": "visible", "x": 160.25, "y": 120.0},
        "mouth": {"name": "mouth", "state": "absent"},
    }


def test_an_arrow_corrects_the_predicted_point_at_once(
    page: Page, served: Served, database: Database
) -> None:
    predict(database, served.project_id, image_count=8, shift_px=0)
    open_label_page(page, served.label_url, mode="landmarks")
    page.locator("#stage").focus()
    first = image_id(page)

    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+A")
    wait_for_next(page, first)
    wait_until_saved(page)

    (stored,) = revisions(database, image_id=first)
    assert points_of(stored)["eye_l"]["x"] == SAID["eye_l"][0] + 1


def test_an_arrow_on_an_absent_landmark_says_how_it_comes_back(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    page.locator("#stage").focus()
    page.keyboard.press("o")
    page.keyboard.press("1")

    page.keyboard.press("ArrowUp")

    expect(page.locator("#notice")).to_have_text("eye l is absent. O brings it back.")


@pytest.mark.parametrize("schema", [FACE | {"attributes": [YAW, MOOD]}])
def test_who_has_typed_a_number_can_still_use_the_keys(
    page: Page, served: Served, database: Database
) -> None:
    open_label_page(page, served.label_url, mode="attributes")
    page.locator("#stage").focus()
    first = image_id(page)
    number = page.locator("#scale-number")

    page.keyboard.type("12")
    expect(number).to_be_focused()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("PageDown")
    page.wait_for_selector(f"{SEEN}[data-kind=mood]")
    page.keyboard.press("PageUp")
    page.wait_for_selector(f"{SEEN}[data-kind=yaw]")
    page.keyboard.type("34")
    page.keyboard.press("u")
    wait_for_next(page, first)
    wait_until_saved(page)
    assert [each.body for each in revisions(database)] == [{"value": None}]

    page.keyboard.type("5")
    page.keyboard.press("Backspace")
    expect(number).to_have_value("")
    page.keyboard.press("Backspace")
    page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")


def test_what_is_typed_right_after_the_key_of_a_dialog_is_in_its_field(page: Page, served: Served) -> None:
    """A lost search, then Enter, ran the first command of the list: it submitted the image."""
    open_label_page(page, served.label_url, mode="landmarks")
    page.locator("#stage").focus()
    first = image_id(page)

    page.evaluate(
        """() => {
          const press = (key, more) => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
          press("k", { ctrlKey: true });
          window.inField = document.activeElement.id;
          document.getElementById("palette").close();
        }"""
    )
    assert page.evaluate("window.inField") == "palette-field"
    page.keyboard.press("Control+k")
    page.keyboard.type("grid")
    expect(page.locator("#palette-list [role=option]").first).to_contain_text("in the grid")
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    page.keyboard.type("blurred")

    expect(page.locator("#note-text")).to_have_value("blurred")
    assert image_id(page) == first


def test_a_wrong_answer_on_a_page_of_the_grid_is_undone(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/projects/{served.project_id}/grid?attribute=pose")
    page.wait_for_selector("#grid[data-phase=showing][data-seen]")
    words = page.locator("#page-words")

    for key in ("2", "Control+a", "1"):
        page.keyboard.press(key)
    expect(words).to_have_text("8 front")
    page.keyboard.press("Control+z")
    expect(words).to_have_text("7 no answer, 1 side")
    expect(page.locator(".grid-tile[aria-selected=true]")).to_have_count(8)
    page.keyboard.press("Control+Shift+Z")
    expect(words).to_have_text("8 front")


@pytest.mark.parametrize(("key", "asked"), [("Alt+1", "landmarks"), ("Alt+2", "attributes")])
def test_from_the_grid_a_key_leads_to_one_image_at_a_time(
    page: Page, served: Served, key: str, asked: str
) -> None:
    page.goto(f"{served.url}/projects/{served.project_id}/grid?attribute=pose")
    page.wait_for_selector("#grid[data-phase=showing][data-seen]")

    page.keyboard.press(key)

    is_landmarks = "[data-kind=landmarks]" if asked == "landmarks" else ":not([data-kind=landmarks])"
    page.wait_for_selector(f"{SEEN}{is_landmarks}")
    expect(page.locator(f"[data-mode={asked}]")).to_have_attribute("aria-pressed", "true")
