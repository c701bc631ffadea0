"""A skip's reason: by keys, by mouse and by touch, and where it is read afterwards."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from app import audit
from app.db import Database
from app.queue.skips import SKIPPED
from app.queue.tables import Ask
from tests.browser.conftest import Served
from tests.browser.labelling import (
    SEEN,
    choose,
    image_id,
    kind,
    open_label_page,
    revisions,
    wait_for_next,
    wait_until_saved,
)
from tests.browser.test_label_predictions import predict

pytestmark = pytest.mark.browser

TARGET_PX = 44


def told(database: Database, project_id: int) -> list[tuple[str, str | None, str | None]]:
    """Kind, code and words of every skip, oldest first."""
    with database.reading() as session:
        entries = audit.entries_of(session, project_id, before_id=None, limit=50)
        skips = [entry.detail for entry in reversed(entries) if entry.action == SKIPPED]
    return [(each["kind"], each["why_code"], each["why"]) for each in skips]


def test_by_keys_in_ones_own_words_or_not_at_all(page: Page, served: Served, database: Database) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    first = image_id(page)

    page.keyboard.press("Control+Shift+Space")
    page.keyboard.type("Two hands, 1 too many")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    second = image_id(page)
    page.keyboard.press("Control+Shift+Space")
    page.keyboard.press("Escape")
    wait_until_saved(page)

    assert image_id(page) == second
    assert told(database, served.project_id) == [("landmarks", None, "Two hands, 1 too many")]


def test_undone_redone_and_undone_again_a_skip_is_one_skip_until_it_is_answered(
    page: Page, served: Served, database: Database
) -> None:
    open_label_page(page, served.label_url, mode="attributes")
    skipped, asked = image_id(page), kind(page)
    page.keyboard.press("Control+Space")
    wait_for_next(page, skipped)
    again = f"{SEEN}[data-image-id='{skipped}']"

    page.keyboard.press("Control+z")
    page.wait_for_selector(again)
    page.keyboard.press("Control+Shift+z")
    wait_for_next(page, skipped)
    page.keyboard.press("Control+z")
    page.wait_for_selector(again)
    page.keyboard.press("Control+Space")
    wait_for_next(page, skipped)
    wait_until_saved(page)
    assert (len(told(database, served.project_id)), ask_of(database, skipped, asked)) == (1, "open")
    page.keyboard.press("Control+z")
    page.wait_for_selector(again)
    page.keyboard.press("u")
    wait_for_next(page, skipped)
    wait_until_saved(page)

    assert (len(told(database, served.project_id)), ask_of(database, skipped, asked)) == (1, "answered")
    assert len(revisions(database, image_id=skipped)) == 1


def ask_of(database: Database, image: int, asked: str) -> str:
    with database.reading() as session:
        return session.scalars(select(Ask.status).filter_by(image_id=image, kind=asked)).one()


def test_an_offered_reason_is_reached_by_keys_alone(page: Page, served: Served, database: Database) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    first = image_id(page)

    page.keyboard.press("Control+Shift+Space")
    expect(page.locator("#skip-text")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Unclear how to label it")).to_be_focused()
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    wait_until_saved(page)

    assert told(database, served.project_id) == [("landmarks", "unclear", None)]


@pytest.mark.parametrize("mode", ["landmarks", "attributes"])
def test_by_touch_a_tap_opens_the_reasons_and_another_skips(
    open_context: Callable[..., BrowserContext], served: Served, database: Database, mode: str
) -> None:
    page = open_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    open_label_page(page, served.label_url)
    choose(page, mode)
    asked, first = kind(page), image_id(page)
    why = page.get_by_role("button", name="With reason: skip this image and say why").filter(visible=True)
    box = why.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= TARGET_PX
    assert why.get_attribute("aria-haspopup") == "dialog"

    why.tap()
    expect(page.get_by_role("dialog", name="Skip this image")).to_be_visible()
    expect(page.locator("#skip-reasons button").first).to_be_focused()  # no keyboard over half of the page
    for button in page.locator("#skip button").all():
        size = button.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= TARGET_PX
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="Cut off or covered").tap()

    page.wait_for_selector(f"{SEEN}:not([data-image-id='{first}'])")
    wait_until_saved(page)
    assert told(database, served.project_id) == [(asked, "cut_off", None)]


def test_the_reason_is_read_where_images_are_looked_at(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    first = image_id(page)
    page.get_by_role("button", name="With reason").filter(visible=True).click()
    page.get_by_role("button", name="Too blurred or dark").click()
    wait_for_next(page, first)
    wait_until_saved(page)

    page.goto(f"{served.url}/projects/{served.project_id}")
    page.get_by_role("link", name="Skipped: 1").click()
    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator(".tile")).to_contain_text("Too blurred or dark")
    page.locator(".tile").click()
    expect(page.locator("#skips + ul")).to_contain_text("Too blurred or dark")
    page.goto(f"{served.url}/projects/{served.project_id}/audit")
    expect(page.locator("td.detail", has_text="why Too blurred or dark")).to_have_count(1)


def test_the_button_says_when_accepting_all_also_submits(
    page: Page, served: Served, database: Database
) -> None:
    predict(database, served.project_id, image_count=8, shift_px=0)
    open_label_page(page, served.label_url, mode="landmarks")
    before = image_id(page)

    page.get_by_role("button", name="Accept all, submit").click()

    wait_for_next(page, before)
    wait_until_saved(page)
    assert len(revisions(database, image_id=before)) == 1
