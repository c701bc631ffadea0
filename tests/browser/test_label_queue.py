"""The asks around the shown image, and the keys around the page."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import (
    SEEN,
    SPOTS,
    choose,
    click_image,
    held_count,
    image_id,
    open_label_page,
)
from tests.factories import FACE

pytestmark = pytest.mark.browser

NO_LANDMARKS = {
    "landmarks": [],
    "edges": [],
    "mirror_pairs": [],
    "normaliser": {"kind": "box"},
    "attributes": FACE["attributes"][:1],
}


class TestTheQueue:
    def test_leaving_the_page_gives_unanswered_images_back(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url)
        page.wait_for_selector("#label[data-ahead='3']")
        assert held_count(database) == 4

        page.goto("about:blank")

        for _ in range(100):  # the requests outlive the page
            if held_count(database) == 0:
                break
            page.wait_for_timeout(50)
        assert held_count(database) == 0

    def test_an_image_that_does_not_open_is_said_and_can_be_skipped(self, page: Page, served: Served) -> None:
        page.route(
            "**/file", lambda route: route.fulfill(status=200, content_type="image/png", body="no image")
        )
        page.goto(served.label_url)
        page.wait_for_selector("#label[data-phase=broken][data-seen]")
        first = image_id(page)
        expect(page.locator("#stage-message-text")).to_contain_text("cannot be loaded or is not an image")

        page.unroute("**/file")
        page.click("#button-skip-broken")

        page.wait_for_selector(f"#label:not([data-image-id='{first}'])")

    @pytest.mark.parametrize("image_count", [2])
    def test_when_nothing_is_left_the_page_says_so_calmly(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")

        for _ in range(2):
            shown = image_id(page)
            for spot in SPOTS.values():
                click_image(page, *spot)
            page.keyboard.press("Enter")
            page.wait_for_selector(f"{SEEN}:not([data-image-id='{shown}']), #label[data-phase=empty]")

        expect(page.locator("#stage-message-title")).to_have_text("Nothing to ask right now")

    @pytest.mark.parametrize(
        ("schema", "asked"),
        [(FACE | {"attributes": []}, "landmarks"), (FACE | NO_LANDMARKS, "pose")],
        ids=["only landmarks", "only attributes"],
    )
    def test_a_project_with_one_kind_offers_no_choice_of_kinds(
        self, page: Page, served: Served, asked: str
    ) -> None:
        page.goto(served.label_url)
        page.wait_for_selector(f"{SEEN}[data-kind={asked}]")

        page.keyboard.press("Alt+1")
        page.keyboard.press("Alt+2")
        page.keyboard.press("Alt+4")

        page.wait_for_selector(f"{SEEN}[data-kind={asked}]")
        assert page.locator("[data-mode]").count() == 0

    def test_case_102_two_tabs_hold_different_images(
        self, open_context: Callable[..., BrowserContext], served: Served
    ) -> None:
        context = open_context()
        one, two = context.new_page(), context.new_page()

        open_label_page(one, served.label_url, mode="landmarks")
        open_label_page(two, served.label_url, mode="landmarks")

        assert image_id(one) != image_id(two)

    def test_case_102_the_second_tab_is_told_of_the_first_one_and_a_reload_alone_is_not(
        self, open_context: Callable[..., BrowserContext], served: Served
    ) -> None:
        context = open_context()
        one = context.new_page()
        open_label_page(one, served.label_url)
        one.reload()
        one.wait_for_selector(SEEN)
        expect(one.locator("#notice")).to_be_empty()
        two = context.new_page()

        open_label_page(two, served.label_url)

        expect(two.locator("#notice")).to_contain_text("Another tab of yours labels this project")
        grid = context.new_page()
        grid.goto(f"{served.url}/projects/{served.project_id}/grid")
        expect(grid.locator("#notice")).to_contain_text("Another tab of yours labels this project")


class TestTheKeyboard:
    def test_help_lists_the_keys_and_closes(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url)

        page.keyboard.press("?")
        expect(page.locator("#help")).to_be_visible()
        expect(page.locator("#help")).to_contain_text("Nudge by a quarter")
        page.keyboard.press("Escape")

        expect(page.locator("#help")).to_be_hidden()

    def test_escape_leads_from_the_image_to_the_buttons(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")

        page.keyboard.press("Escape")
        before = page.evaluate("document.activeElement.closest('.panel') !== null")
        page.keyboard.press("Tab")

        assert before
        assert page.evaluate("document.activeElement.tagName") == "BUTTON"
        page.keyboard.press("Escape")
        expect(page.locator(".top a").first).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#stage")).to_be_focused()

    def test_switching_the_mode_by_key_asks_for_that_kind(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url)

        page.keyboard.press("Alt+1")
        page.wait_for_selector(f"{SEEN}[data-kind=landmarks]")
        page.keyboard.press("Alt+2")

        page.wait_for_selector(f"{SEEN}:not([data-kind=landmarks])")
        choose(page, "landmarks")
        page.keyboard.press("Alt+3")

        page.wait_for_url("**/grid")
