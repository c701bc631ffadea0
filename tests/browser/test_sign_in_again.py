"""A session that ends in the middle of the work costs no answer."""

import pytest
from playwright.sync_api import Page, Route

from app.db import Database
from tests.accounts import end_sessions, make_account
from tests.browser.conftest import Served, sign_in
from tests.browser.labelling import (
    SPOTS,
    answer,
    click_image,
    image_id,
    kind,
    marks,
    open_label_page,
    revisions,
    wait_for_next,
    wait_until_saved,
)


def test_case_100_answers_wait_for_the_sign_in_and_arrive_once(
    served_with_accounts: Served, database: Database, page: Page
) -> None:
    served = served_with_accounts
    sign_in(page, served.url)
    open_label_page(page, served.label_url, mode="attributes")
    end_sessions(database)
    for _ in range(2):
        before = image_id(page)
        answer(page, kind(page))
        wait_for_next(page, before)
    page.wait_for_selector("#saving[data-waiting='2'][data-tone=warn]")
    assert "Signed out" in page.inner_text("#saving-text")
    assert revisions(database) == []

    with page.expect_popup() as opened:
        page.click("#sign-in-again")
    again = opened.value
    again.fill("#name", "ann")
    again.fill("#password", "correct horse battery")
    again.press("#password", "Enter")
    again.wait_for_selector("h1:has-text('My account')")
    again.close()
    page.bring_to_front()
    page.evaluate("window.dispatchEvent(new Event('focus'))")

    wait_until_saved(page)
    assert not page.is_visible("#sign-in-again")
    assert len(revisions(database)) == 2


def test_the_way_back_in_is_one_escape_away(
    served_with_accounts: Served, database: Database, page: Page
) -> None:
    served = served_with_accounts
    sign_in(page, served.url)
    open_label_page(page, served.label_url, mode="attributes")
    end_sessions(database)
    answer(page, kind(page))
    page.wait_for_selector("#sign-in-again:visible")
    page.locator("#stage").focus()

    page.keyboard.press("Escape")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")

    assert opened.value.url.endswith("/sign-in?next=/account")
    page.bring_to_front()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "stage"


@pytest.fixture
def served_with_eve(served_with_accounts: Served, database: Database) -> Served:
    """A second person may sign in."""
    with database.unit_of_work() as session:
        make_account(session, "eve", is_admin=True)
    return served_with_accounts


def test_what_one_person_answered_is_not_sent_as_another(
    served_with_eve: Served, database: Database, page: Page
) -> None:
    served = served_with_eve
    sign_in(page, served.url)
    open_label_page(page, served.label_url, mode="attributes")
    end_sessions(database)
    eve = page.context.new_page()
    sign_in(eve, served.url, "eve")

    page.bring_to_front()
    answer(page, kind(page))
    page.wait_for_selector("#saving[data-waiting='1'][data-tone=warn]")
    eve.goto(served.label_url)
    eve.wait_for_selector("#label[data-phase=showing]")

    assert "opened by somebody else" in (page.get_attribute("#saving", "title") or "")
    assert eve.get_attribute("#saving", "data-waiting") == "0"
    assert revisions(database) == []


def test_what_one_person_began_comes_back_to_that_person_alone(
    served_with_eve: Served, database: Database, page: Page
) -> None:
    served = served_with_eve
    sign_in(page, served.url)
    open_label_page(page, served.label_url, mode="landmarks")
    begun = image_id(page)
    click_image(page, *SPOTS["eye_l"])
    page.wait_for_timeout(600)
    end_sessions(database)

    sign_in(page, served.url, "eve")
    open_label_page(page, served.label_url, mode="landmarks")
    assert (image_id(page) != begun, marks(page)) == (True, {})
    end_sessions(database)
    sign_in(page, served.url)
    open_label_page(page, served.label_url)

    assert (image_id(page), len(marks(page))) == (begun, 1)


def test_an_image_that_is_kept_back_is_not_called_broken(
    served_with_accounts: Served, database: Database, page: Page
) -> None:
    served = served_with_accounts
    sign_in(page, served.url)
    _end_sessions_after_the_asks(page, database)
    page.goto(served.label_url)
    page.wait_for_selector("#sign-in-again:visible", timeout=20_000)

    assert page.get_attribute("#label", "data-phase") == "loading"


def _end_sessions_after_the_asks(page: Page, database: Database) -> None:
    """The session ends between the ask and its image."""

    def end(route: Route) -> None:
        end_sessions(database)
        route.continue_()

    page.route("**/file", end)
