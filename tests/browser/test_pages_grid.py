"""Grid mode in a browser against the real service: keys, pointer, honest labels, and nothing lost."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from app.annotations.tables import Note, Revision
from app.db import Database
from app.queue.tables import Hold
from tests.browser.conftest import Served
from tests.browser.gridding import (
    IMAGE_COUNT,
    SEEN,
    answers,
    image_ids,
    open_grid,
    predicted_grid,
    press,
    wait_for_page,
    wait_until_saved,
)
from tests.browser.labelling import NEXT_FRAME, answer_elsewhere, revisions

pytestmark = pytest.mark.browser

SHOWN_FROM_CACHE = "window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"


@pytest.fixture
def image_count() -> int:
    return IMAGE_COUNT


@pytest.fixture
def url(served: Served, database: Database) -> str:
    return predicted_grid(served, database)


def values(rows: list[Revision]) -> dict[int, Any]:
    return {row.image_id: row.body["value"] for row in rows}


def test_a_uniform_page_is_confirmed_with_its_exceptions_by_keys_alone(
    page: Page, url: str, database: Database
) -> None:
    open_grid(page, url)
    ids = image_ids(page)
    assert answers(page) == ["side"] * 12

    press(page, "ArrowRight", "1")  # the framed tile
    press(page, "ArrowRight", "Shift+ArrowRight", "u")  # two selected tiles
    expect(page.locator("#page-words")).to_have_text("9 side, 2 cannot tell, 1 front")
    press(page, "Enter")
    wait_for_page(page, 2)
    wait_until_saved(page)

    stored = revisions(database)
    expected = dict.fromkeys(ids, "side") | {ids[1]: "front", ids[2]: None, ids[3]: None}
    assert values(stored) == expected
    assert {row.assist for row in stored} == {"prediction"}
    assert all(row.prediction_id is not None and row.lease_id is not None for row in stored)
    assert len({row.active_seconds for row in stored}) == 1
    assert 0 < (stored[0].active_seconds or 0) < 2


def test_pointer_range_and_all(page: Page, url: str) -> None:
    open_grid(page, url)
    tiles = page.locator(".grid-tile")

    tiles.nth(2).click()
    tiles.nth(5).click(modifiers=["Shift"])
    expect(page.locator(".grid-tile[aria-selected=true]")).to_have_count(4)
    page.click("#answers >> text=front")
    assert answers(page) == ["side"] * 2 + ["front"] * 4 + ["side"] * 6
    press(page, "Control+a")
    expect(page.locator(".grid-tile[aria-selected=true]")).to_have_count(12)
    press(page, "Escape")
    expect(page.locator(".grid-tile[aria-selected=true]")).to_have_count(0)
    tiles.nth(0).click()
    press(page, "Delete")
    assert answers(page)[0] == "no answer"


def test_a_thumbnail_that_fails_once_is_loaded_again_and_one_that_stays_away_is_left_out(
    page: Page, url: str
) -> None:
    failures: dict[str, int] = {}

    def fail(route: Route) -> None:
        number = route.request.url.split("/")[-2]
        failures[number] = failures.get(number, 0) + 1
        if number == "1" or (number == "2" and failures[number] < 3):
            route.abort()
        else:
            route.continue_()

    page.route("**/thumb", fail)
    open_grid(page, url)
    page.locator(".tile-answer", has_text="does not open").wait_for(timeout=15_000)

    shown = dict(zip(image_ids(page), answers(page), strict=True))
    assert shown[1] == "no answer (does not open)"
    assert shown[2] == "side"


def test_what_was_not_on_the_screen_is_not_confirmed(page: Page, url: str, database: Database) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    open_grid(page, url)

    press(page, "Enter")
    expect(page.locator("#notice")).to_contain_text("more further down")
    assert revisions(database) == []
    for _ in range(12):
        press(page, "ArrowDown")
    page.evaluate(NEXT_FRAME)
    press(page, "Enter")
    wait_for_page(page, 2)
    wait_until_saved(page)

    assert len(revisions(database)) == 12


def test_up_and_down_go_by_lines(page: Page, url: str) -> None:
    open_grid(page, url)
    tops = page.evaluate("[...document.querySelectorAll('.grid-tile')].map((tile) => tile.offsetTop)")
    columns = tops.count(tops[0])

    press(page, "ArrowDown")

    expect(page.locator(".grid-tile[data-focus=true]")).to_have_attribute("data-index", str(columns))


def test_an_image_that_is_left_out_comes_again(page: Page, url: str, database: Database) -> None:
    open_grid(page, url)
    first = image_ids(page)[0]

    press(page, "Delete", "Enter")
    expect(page.locator("#notice")).to_contain_text("1 without an answer")
    press(page, "Enter")
    wait_for_page(page, 2)
    wait_until_saved(page)
    page.reload()
    page.wait_for_selector(SEEN)

    assert first not in values(revisions(database))
    assert first in image_ids(page)


def test_the_last_page_can_be_changed_and_both_answers_stay_in_the_history(
    page: Page, url: str, database: Database
) -> None:
    open_grid(page, url)
    ids = image_ids(page)
    press(page, "Enter")
    wait_for_page(page, 2)
    wait_until_saved(page)

    press(page, "Backspace")
    wait_for_page(page, 3)
    assert image_ids(page) == ids
    press(page, "1", "Enter")
    wait_for_page(page, 4)
    wait_until_saved(page)

    history = revisions(database, image_id=ids[0])
    assert [(row.number, row.body["value"]) for row in history] == [(1, "side"), (2, "front")]
    assert len(revisions(database)) == 13


def test_answers_given_offline_survive_a_reload_and_count_once(
    page: Page, url: str, database: Database
) -> None:
    open_grid(page, url)
    page.wait_for_function(
        "performance.getEntriesByType('resource').filter((r) => r.name.endsWith('/grid')).length > 1"
    )
    page.context.set_offline(offline=True)
    press(page, "Enter")
    wait_for_page(page, 2)
    expect(page.locator("#saving-text")).to_have_text("Offline: 12 waiting")

    page.context.set_offline(offline=False)
    page.reload()
    wait_until_saved(page)
    page.wait_for_selector(SEEN)

    assert len(revisions(database)) == 12


def test_marks_come_back_after_a_reload(page: Page, url: str) -> None:
    open_grid(page, url)
    ids = image_ids(page)
    press(page, "1", "ArrowRight", "u")
    expect(page.locator(".grid-tile[data-differs=true]")).to_have_count(2)

    page.reload()
    page.wait_for_selector(SEEN)

    assert image_ids(page) == ids
    assert answers(page)[:3] == ["front", "cannot tell", "side"]


def go_back(page: Page) -> None:
    """By the browser's own button, after a look at another page."""
    page.goto(page.url.split("/grid", maxsplit=1)[0])
    page.go_back()


def be_shown_from_cache(page: Page) -> None:
    """As where the browser had kept the whole page: Chromium keeps none while it is driven from outside."""
    with page.expect_navigation():
        page.evaluate(SHOWN_FROM_CACHE)


@pytest.mark.parametrize("come_back", [go_back, be_shown_from_cache])
def test_case_104_a_grid_that_comes_back_has_its_marks_and_sends_no_answer_twice(
    page: Page, url: str, database: Database, come_back: Callable[[Page], None]
) -> None:
    open_grid(page, url)
    confirmed = image_ids(page)
    press(page, "Enter")
    wait_for_page(page, 2)
    press(page, "1", "ArrowRight", "u")
    ids, marked = image_ids(page), answers(page)

    come_back(page)  # while the answers are on their way
    page.wait_for_selector(SEEN)
    wait_until_saved(page)

    assert (image_ids(page), answers(page)) == (ids, marked)
    assert sorted(row.image_id for row in revisions(database)) == sorted(confirmed)


def test_undo_redo_and_the_page_before_survive_a_reload(page: Page, url: str, database: Database) -> None:
    open_grid(page, url)
    press(page, "Enter")
    wait_for_page(page, 2)
    wait_until_saved(page)
    press(page, "1", "ArrowRight", "u", "Control+z")
    changed = answers(page)[:2]

    page.reload()
    page.wait_for_selector(SEEN)
    press(page, "Control+z")
    undone = answers(page)[:2]
    press(page, "Control+y", "Control+y")
    redone = answers(page)[:2]
    press(page, "Control+z", "Control+z", "Control+z")

    assert changed[1] == undone[1]
    assert redone == [changed[0], "cannot tell"]
    expect(page.locator("#notice")).to_have_text("The page before. What you change replaces your answer.")
    assert answers(page) == ["side"] * 12
    assert len(revisions(database)) == 12


def test_the_grids_help_says_what_its_keys_do(page: Page, url: str) -> None:
    open_grid(page, url)

    press(page, "?")

    row = page.locator("#help .help-row", has_text="Ctrl + ←")
    expect(row.locator("dd")).to_have_text("See the page before again and change it")


def test_a_refused_answer_stays_with_the_servers_words_and_can_be_opened_again(
    page: Page, served: Served, url: str, database: Database
) -> None:
    open_grid(page, url)
    ids = image_ids(page)
    answer_elsewhere(page, served, ids[0], "pose")

    press(page, "Enter")
    page.wait_for_selector("#saving[data-waiting='0'][data-attention='1']")
    page.click("#saving")
    expect(page.locator("#attention-list .words")).to_contain_text("revision 1")
    page.click("text=Open again")
    wait_for_page(page, 3)
    assert image_ids(page) == ids[:1]
    press(page, "Enter")
    wait_until_saved(page)

    assert [row.body["value"] for row in revisions(database, image_id=ids[0])] == [None, "side"]


def test_a_page_that_is_left_gives_its_images_back(page: Page, url: str, database: Database) -> None:
    open_grid(page, url)
    with database.reading() as session:
        assert session.query(Hold).count() >= 12

    page.goto("about:blank")

    for _ in range(50):
        with database.reading() as session:
            if session.query(Hold).count() == 0:
                break
        page.wait_for_timeout(100)
    else:
        pytest.fail("the holds stayed")


def test_when_everything_is_answered_the_page_says_so(page: Page, url: str) -> None:
    open_grid(page, url)

    press(page, "Enter")
    wait_for_page(page, 2)
    assert answers(page) == ["front"] * 6 + ["side"] * 2
    press(page, "Enter")

    expect(page.locator("#message-title")).to_have_text("Nothing to ask right now")


def test_help_lists_the_keys(page: Page, url: str) -> None:
    open_grid(page, url)

    press(page, "?")
    expect(page.locator("#help")).to_be_visible()
    press(page, "Escape")
    expect(page.locator("#help")).to_be_hidden()
    assert page.locator(".grid-tile[aria-selected=true]").count() == 0


@pytest.mark.parametrize("schema", [{"landmarks": ["a"], "attributes": []}])
def test_without_a_question_with_classes_the_page_leads_to_the_set_up(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/projects/{served.project_id}/grid")

    expect(page.locator(".empty-title")).to_have_text("No question with classes")
    expect(page.locator("main a.button")).to_have_attribute("href", f"/projects/{served.project_id}/setup")


def test_the_palette_finds_and_runs_a_command(page: Page, url: str) -> None:
    open_grid(page, url)

    press(page, "Control+k")
    page.keyboard.type("select all")
    press(page, "Enter")

    expect(page.locator(".grid-tile[aria-selected=true]")).to_have_count(12)
    expect(page.locator("#tiles")).to_be_focused()


def test_a_note_is_about_the_framed_image(page: Page, url: str, database: Database) -> None:
    open_grid(page, url)
    framed = image_ids(page)[1]

    press(page, "ArrowRight", "m")
    page.keyboard.type("Two hands, 1 of them cut off")
    press(page, "Enter")
    expect(page.locator("#notice")).to_have_text("The note is kept.")
    wait_until_saved(page)

    with database.reading() as session:
        (note,) = session.query(Note).all()
    assert (note.image_id, note.text) == (framed, "Two hands, 1 of them cut off")
    assert answers(page) == ["side"] * 12


def test_own_keys_of_the_labelling_page_hold_and_conflicts_are_named(page: Page, url: str) -> None:
    open_grid(page, url)
    press(page, "?")
    page.click("#help-keys-button")
    page.locator("[data-slot='gridUnsure.0.U']").click()
    press(page, "m")
    expect(page.locator("#keys-conflict-words")).to_contain_text("Note on this image")
    page.click("#keys-keep")
    page.locator("[data-slot='gridUnsure.0.U']").click()
    press(page, "j", "Escape")
    expect(page.locator("[data-key=gridUnsure] kbd")).to_have_text("J")

    page.reload()
    page.wait_for_selector(SEEN)
    press(page, "u", "ArrowRight", "j")

    assert answers(page)[:2] == ["side", "cannot tell"]


def test_a_preset_holds_in_the_grid(page: Page, url: str) -> None:
    open_grid(page, url)
    press(page, "Control+k")
    page.keyboard.type("presets")
    press(page, "Enter")
    page.select_option("#keys-preset", "sleap")
    press(page, "Escape", "g")
    expect(page.locator(".grid-tile[aria-selected=true]")).to_have_count(1)
    expect(page.locator("#confirm kbd")).to_have_text("␣")

    press(page, "Space")

    wait_for_page(page, 2)
