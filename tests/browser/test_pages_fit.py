"""Pages use the screen that they have: nothing left empty, nothing cut, nothing over its border."""

import pytest
from playwright.sync_api import Page, expect

from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import open_label_page
from tests.browser.test_label_predictions import predict

pytestmark = pytest.mark.browser

# words of these controls, measured as they are set, against the room between their borders
CUT = """() => [...document.querySelectorAll(".panel :is(.button, .switch), .bar button, .top nav")]
  .filter((each) => each.offsetParent && each.scrollWidth > each.clientWidth)
  .map((each) => each.textContent.trim())"""
GRID_SEEN = "#grid[data-phase=showing][data-seen]"


@pytest.fixture
def image_count() -> int:
    return 14


def open_grid(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/projects/{served.project_id}/grid?attribute=pose&tiles=12")
    page.wait_for_selector(GRID_SEEN)


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (3840, 2160)])
def test_the_tiles_of_a_page_fill_the_screen_without_scrolling(
    page: Page, served: Served, width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    open_grid(page, served)

    stage, last = (page.locator(each).bounding_box() for each in ("#stage", ".grid-tile:last-child"))
    assert stage
    assert last
    gap = stage["y"] + stage["height"] - last["y"] - last["height"]
    assert 0 <= gap < 20
    assert page.evaluate("(each) => each.scrollHeight <= each.clientHeight", page.query_selector("#stage"))


def test_what_is_left_out_steps_back_and_what_nobody_predicted_does_not(page: Page, served: Served) -> None:
    open_grid(page, served)
    opacity = "(tile) => getComputedStyle(tile.querySelector('img')).opacity"
    tile = page.locator(".grid-tile").first

    expect(tile).to_have_attribute("data-answer", "none")
    assert tile.evaluate(opacity) == "1"
    tile.evaluate("(tile) => { tile.dataset.predicted = 'true'; }")
    assert tile.evaluate(opacity) == "0.45"


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_phone_shows_all_columns_of_the_overview(page: Page, served: Served, language: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.set_extra_http_headers({"Accept-Language": language})
    page.goto(f"{served.url}/projects/{served.project_id}")

    table = page.locator(".table").first
    assert table.evaluate("(each) => each.scrollWidth <= each.clientWidth")


@pytest.mark.parametrize("width", [390, 1366])
def test_where_one_is_stands_in_the_bar_however_many_links_there_are(
    page: Page, served: Served, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{served.url}/projects/{served.project_id}/setup")

    here = page.locator(".top nav [aria-current]")
    expect(here).to_have_text("Set-up")
    box = here.bounding_box()
    assert box
    assert 0 <= box["x"] < box["x"] + box["width"] <= width


@pytest.mark.parametrize("mode", ["landmarks", "attributes"])
@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_german_words_of_the_labelling_page_fit_their_controls(
    page: Page, served: Served, database: Database, width: int, height: int, mode: str
) -> None:
    predict(database, served.project_id, image_count=14, shift_px=0)
    page.set_viewport_size({"width": width, "height": height})
    page.set_extra_http_headers({"Accept-Language": "de"})
    open_label_page(page, served.label_url, mode=mode)

    assert page.evaluate(CUT) == []


def test_on_a_low_screen_the_rows_of_tiles_are_alike_and_scroll(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 1280, "height": 480})
    open_grid(page, served)

    heights = page.evaluate(
        "() => [...document.querySelectorAll('.grid-tile')].map((each) => Math.round(each.offsetHeight))"
    )
    assert max(heights) - min(heights) <= 1
    assert min(heights) >= 120


def test_what_a_click_on_the_drawing_does_is_said_where_it_is_seen(page: Page, served: Served) -> None:
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(f"{served.url}/projects/new")

    hint, bar = (page.locator(each).bounding_box() for each in ("#canvas-hint", ".save-bar"))
    assert hint
    assert bar
    assert 0 < hint["height"] <= bar["y"] - hint["y"]
