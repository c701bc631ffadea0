"""What becomes of answers when the connection, the server or the browser's store fails."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import update

from app.db import Database, utc_now
from app.queue.tables import Hold
from tests.browser.conftest import Served
from tests.browser.labelling import (
    NEXT_FRAME,
    SEEN,
    SPOTS,
    answer,
    answer_elsewhere,
    click_image,
    held_count,
    image_id,
    kind,
    marks,
    open_label_page,
    revisions,
    wait_for_next,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

SPARE_TRIES = 240


class TestBadConnection:
    def test_case_098_answers_given_offline_survive_a_reload_and_arrive_once_in_order(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        page.wait_for_selector("#label[data-ahead='3']")
        page.context.set_offline(offline=True)

        given = []
        for _ in range(3):
            shown = image_id(page)
            given.append(shown)
            answer(page, kind(page))
            wait_for_next(page, shown)
        expect(page.locator("#saving-text")).to_have_text("Offline: 3 waiting")
        assert revisions(database) == []
        page.context.set_offline(offline=False)
        page.reload()
        page.wait_for_selector(SEEN)
        wait_until_saved(page)

        assert [each.image_id for each in revisions(database)] == given

    @pytest.mark.parametrize("image_count", [126])
    def test_case_098_twenty_images_are_there_to_go_on_with_offline(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        for _ in range(SPARE_TRIES):  # they come one by one
            page.wait_for_timeout(500)
            if held_count(database) == 21:
                break
        page.wait_for_timeout(2000)  # for the bytes of the last one
        page.context.set_offline(offline=True)

        given = []
        for _ in range(20):
            shown = image_id(page)
            given.append(shown)
            page.keyboard.press("u")
            wait_for_next(page, shown)
        expect(page.locator("#saving-text")).to_have_text("Offline: 20 waiting")
        page.context.set_offline(offline=False)
        page.reload()
        page.wait_for_selector(SEEN)
        wait_until_saved(page)

        assert [each.image_id for each in revisions(database)] == given
        assert len(set(given)) == 20

    def test_case_098_coming_online_sends_without_a_reload(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        first = image_id(page)
        page.context.set_offline(offline=True)
        page.keyboard.press("u")
        expect(page.locator("#saving-text")).to_have_text("Offline: 1 waiting")

        page.context.set_offline(offline=False)
        wait_until_saved(page)

        assert [each.image_id for each in revisions(database)] == [first]

    def test_case_097_a_closed_tab_leaves_a_draft_that_comes_back(
        self, open_context: Callable[..., BrowserContext], served: Served
    ) -> None:
        context = open_context()
        page = context.new_page()
        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)
        click_image(page, *SPOTS["eye_l"])
        click_image(page, *SPOTS["eye_r"])
        page.wait_for_timeout(600)  # a draft is written a quarter of a second after the last change
        before = [mark.get_attribute("transform") for mark in page.locator(".mark").all()]
        page.close()

        again = context.new_page()
        open_label_page(again, served.label_url)

        assert image_id(again) == first
        assert [mark.get_attribute("transform") for mark in again.locator(".mark").all()] == before
        expect(again.locator("#notice")).to_contain_text("is back")

    def test_case_097_a_draft_whose_lease_ran_out_is_not_asked_once_more(
        self, open_context: Callable[..., BrowserContext], served: Served, database: Database
    ) -> None:
        context = open_context()
        page = context.new_page()
        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)
        click_image(page, *SPOTS["eye_l"])
        page.wait_for_timeout(600)
        page.close()
        with database.unit_of_work() as session:
            session.execute(update(Hold).values(expires_at=utc_now() - timedelta(minutes=5)))

        again = context.new_page()
        open_label_page(again, served.label_url, mode="landmarks")
        again.wait_for_selector("#label[data-ahead='3']")
        assert image_id(again) == first
        again.keyboard.press("Enter")
        again.keyboard.press("Enter")
        wait_for_next(again, first)
        wait_until_saved(again)
        seen = []
        for _ in range(4):
            seen.append(image_id(again))
            again.keyboard.press(".")
            wait_for_next(again, seen[-1])

        assert [each.image_id for each in revisions(database)] == [first]
        assert first not in seen

    def test_what_was_changed_on_an_earlier_answer_is_there_after_a_reload(
        self, page: Page, served: Served
    ) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)
        for spot in SPOTS.values():
            click_image(page, *spot)
        page.keyboard.press("Enter")
        wait_for_next(page, first)
        wait_until_saved(page)
        page.keyboard.press("Control+ArrowLeft")
        page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")
        page.keyboard.press("Control+z")

        page.reload()  # at once: not saved yet
        page.wait_for_selector(SEEN)
        page.keyboard.press("Control+ArrowLeft")
        page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")

        assert len(marks(page)) == 2
        page.keyboard.press("Control+Shift+Z")
        page.evaluate(NEXT_FRAME)
        assert len(marks(page)) == 3

    def test_case_099_a_lost_acknowledgement_is_retried_and_counts_once(
        self, page: Page, served: Served, database: Database
    ) -> None:
        lost: list[str] = []

        def lose_first(route: Route) -> None:
            if lost:
                route.continue_()
                return
            lost.append(route.request.url)
            route.fetch()
            route.fulfill(status=504, body="gateway time-out")

        open_label_page(page, served.label_url, mode="attributes")
        page.route("**/attributes/**", lose_first)
        first = image_id(page)
        page.keyboard.press("u")
        wait_for_next(page, first)
        wait_until_saved(page)

        assert len(lost) == 1
        assert [each.image_id for each in revisions(database)] == [first]

    def test_case_101_a_refused_answer_stays_with_the_servers_words(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        first, asked = image_id(page), kind(page)
        answer_elsewhere(page, served, first, asked)

        answer(page, asked)
        page.wait_for_selector("#saving[data-attention='1']")
        page.reload()
        page.wait_for_selector("#saving[data-attention='1']")
        page.click("#saving")

        words = page.locator("#attention-list .words")
        expect(words).to_contain_text("revision 1")
        assert page.locator("#attention-list [data-code=stale_revision]").count() == 1
        assert [each.number for each in revisions(database)] == [1]

        page.click("text=Open again")
        page.wait_for_selector(f"{SEEN}[data-image-id='{first}'][data-kind='{asked}']")
        answer(page, asked)
        wait_for_next(page, first)
        wait_until_saved(page)
        assert [each.number for each in revisions(database)] == [1, 2]

    def test_case_101_a_refused_answer_can_be_discarded_but_not_by_one_click(
        self, page: Page, served: Served
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        answer_elsewhere(page, served, image_id(page), kind(page))
        answer(page, kind(page))
        page.wait_for_selector("#saving[data-attention='1']")
        page.click("#saving")

        page.click("#attention-list .danger")
        expect(page.locator("#attention-list .danger")).to_have_text("Discard for good")
        page.click("#attention-list .danger")

        expect(page.locator("#attention-list li")).to_have_count(0)

    def test_case_101_an_answer_that_breaks_the_server_waits_is_said_and_arrives_once(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        first = image_id(page)
        page.route("**/api/v1/images/*/attributes/*", lambda route: route.fulfill(status=500, body="no JSON"))

        page.keyboard.press("u")
        expect(page.locator("#saving-text")).to_have_text("1 waiting, trying again")
        page.reload()
        expect(page.locator("#saving-text")).to_have_text("1 waiting, trying again")
        page.unroute("**/api/v1/images/*/attributes/*")
        wait_until_saved(page)

        assert [each.image_id for each in revisions(database)] == [first]

    def test_case_101_an_answer_that_is_too_large_stays_and_can_be_sent_again(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        first, asked = image_id(page), kind(page)
        page.route(
            "**/api/v1/images/*/attributes/*", lambda route: route.fulfill(status=413, body="too large")
        )

        page.keyboard.press("u")
        page.wait_for_selector("#saving[data-attention='1']")
        page.reload()
        page.wait_for_selector("#saving[data-attention='1']")
        page.click("#saving")
        expect(page.locator("#attention-list")).to_contain_text("(413)")
        page.unroute("**/api/v1/images/*/attributes/*")
        page.click("text=Open again")
        page.wait_for_selector(f"{SEEN}[data-image-id='{first}'][data-kind='{asked}']")
        page.keyboard.press("u")
        wait_until_saved(page)

        assert [each.image_id for each in revisions(database)] == [first]

    def test_case_106_without_a_store_the_page_says_keep_this_tab_open(
        self, page: Page, served: Served, database: Database
    ) -> None:
        page.add_init_script("IDBFactory.prototype.open = () => { throw new Error('no store'); };")
        open_label_page(page, served.label_url, mode="attributes")

        expect(page.locator("#saving-text")).to_contain_text("eep this tab open")
        first = image_id(page)
        page.keyboard.press("u")
        wait_for_next(page, first)
        wait_until_saved(page)

        assert len(revisions(database)) == 1

    def test_case_106_closing_the_tab_warns_only_while_an_answer_is_in_memory_alone(
        self, page: Page, served: Served
    ) -> None:
        page.add_init_script("IDBFactory.prototype.open = () => { throw new Error('no store'); };")
        open_label_page(page, served.label_url, mode="attributes")
        page.wait_for_selector("#label[data-ahead='3']")
        page.context.set_offline(offline=True)
        page.keyboard.press("u")
        page.wait_for_selector("#saving[data-waiting='1']")

        with page.expect_event("dialog") as warned:
            page.close(run_before_unload=True)

        assert warned.value.type == "beforeunload"
        warned.value.dismiss()
        page.context.set_offline(offline=False)
        wait_until_saved(page)


def test_what_is_sent_while_the_page_is_loaded_anew_is_counted_once(page: Page, served: Served) -> None:
    """The number comes when the answer is stored and its acknowledgement is still on its way."""
    open_label_page(page, served.label_url, mode="landmarks")
    first = image_id(page)
    page.context.set_offline(offline=True)
    for spot in SPOTS.values():
        click_image(page, *spot)
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    page.context.set_offline(offline=False)

    def hold_back(route: Route) -> None:
        answered = route.fetch()
        page.wait_for_timeout(1000)
        route.fulfill(response=answered)

    page.route("**/landmarks", hold_back)
    page.reload()
    page.wait_for_selector(f"{SEEN}[data-kind=landmarks]")
    wait_until_saved(page)

    page.wait_for_timeout(500)
    expect(page.locator("#progress-text")).to_contain_text("1 of 8")
