"""The labelling page is left and comes back: by the browser's buttons, or after its tab has crashed."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import (
    SEEN,
    SPOTS,
    choose,
    click_image,
    image_id,
    kind,
    marks,
    open_label_page,
    revisions,
    wait_for_next,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

DRAFT_MS = 600  # a draft is written a quarter of a second after the last change
SHOWN_FROM_CACHE = "window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"


def go_back(page: Page) -> None:
    """By the browser's own button, after a look at another page."""
    page.goto(page.url.split("/label")[0])
    page.go_back()
    page.wait_for_selector(SEEN)


def be_shown_from_cache(page: Page) -> None:
    """As where the browser had kept the whole page: Chromium keeps none while it is driven from outside."""
    with page.expect_navigation():
        page.evaluate(SHOWN_FROM_CACHE)
    page.wait_for_selector(SEEN)


def crash(page: Page) -> None:
    """The tab's process ends in the middle of whatever it does; nothing on the page can notice."""
    with page.expect_event("crash"), suppress(BrowserError):
        page.goto("chrome://crash")


@pytest.mark.parametrize("come_back", [go_back, be_shown_from_cache])
def test_case_104_what_was_placed_is_there_after_the_back_button_and_stored_once(
    page: Page, served: Served, database: Database, come_back: Callable[[Page], None]
) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    first = image_id(page)
    click_image(page, *SPOTS["eye_l"])
    click_image(page, *SPOTS["eye_r"])
    page.wait_for_timeout(DRAFT_MS)
    before = marks(page)

    come_back(page)

    assert (image_id(page), marks(page)) == (first, before)
    assert revisions(database) == []
    page.keyboard.press("3")
    click_image(page, *SPOTS["mouth"])
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    wait_until_saved(page)
    assert [each.image_id for each in revisions(database)] == [first]


def test_case_104_an_answer_is_seen_again_after_the_back_button_and_not_asked_once_more(
    page: Page, served: Served, database: Database
) -> None:
    open_label_page(page, served.label_url, mode="attributes")
    image, asked = image_id(page), kind(page)
    page.keyboard.press("u")
    wait_for_next(page, image)
    wait_until_saved(page)

    go_back(page)
    assert (image_id(page), kind(page)) != (image, asked)
    page.keyboard.press("Control+ArrowLeft")
    page.wait_for_selector(f"{SEEN}[data-image-id='{image}'][data-kind='{asked}']")

    assert [(each.image_id, each.kind) for each in revisions(database)] == [(image, asked)]


def test_case_097_a_crashed_tab_loses_neither_its_draft_nor_an_answer_that_it_could_not_send(
    open_context: Callable[..., BrowserContext], served: Served, database: Database
) -> None:
    context = open_context()
    page = context.new_page()
    open_label_page(page, served.label_url, mode="attributes")
    page.wait_for_selector("#label[data-ahead='3']")
    page.route("**/attributes/*", lambda route: route.abort())  # of this tab alone
    answered = image_id(page)
    page.keyboard.press("u")
    wait_for_next(page, answered)
    page.wait_for_selector("#saving[data-waiting='1']")
    choose(page, "landmarks")
    begun = image_id(page)
    click_image(page, *SPOTS["eye_l"])
    page.wait_for_timeout(DRAFT_MS)
    before = marks(page)

    crash(page)
    unsent = revisions(database)
    again = context.new_page()
    open_label_page(again, served.label_url)
    wait_until_saved(again)

    assert unsent == []
    assert (image_id(again), marks(again)) == (begun, before)
    assert [each.image_id for each in revisions(database)] == [answered]
