"""By axe, light and dark: what the labelling page and the grid show for a while, as dialogs and bad news."""

from collections.abc import Callable
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import update

from app.db import Database
from app.queue.tables import Ask, AskStatus
from tests.browser import gridding
from tests.browser.conftest import Served
from tests.browser.labelling import NEXT_FRAME, SEEN, click_image, open_label_page
from tests.browser.lived_in import live_in

Opener = Callable[..., BrowserContext]
Scheme = Literal["light", "dark"]

pytestmark = pytest.mark.browser

# keys that lead to a state of the labelling page, and what is then there
LANDMARK_STATES: dict[str, tuple[list[str], str]] = {
    "help": (["?"], "#help[open]"),
    "keys": (["Control+k", *"presets", "Enter"], "#keys[open]"),
    "palette": (["Control+k"], "#palette[open]"),
    "palette without a match": (["Control+k", *"zzzz"], "#palette[open]"),
    "note": (["m"], "#note[open]"),
    "reason of a skip": (["Control+Shift+Space"], "#skip[open]"),
    "shape and picture": ([], ".more-tools"),
    "doubt, names and edges": (["u", "t", "e"], "#button-heat[aria-pressed=true]"),
    "hidden and absent": (["1", "q", "2", "o"], ".landmark[data-state=absent]"),
    "a notice": (["Control+s"], "#notice:not(:empty)"),
}
GRID_STATES: dict[str, tuple[list[str], str]] = {
    "help": (["?"], "#help[open]"),
    "keys": (["Control+k", *"presets", "Enter"], "#keys[open]"),
    "palette": (["Control+k"], "#palette[open]"),
    "note": (["m"], "#note[open]"),
    "selected, answered and left out": (
        ["1", "ArrowRight", "u", "ArrowRight", "Delete", "Shift+ArrowRight"],
        ".grid-tile[aria-selected=true]",
    ),
}


@pytest.fixture(params=["light", "dark"])
def scheme(request: pytest.FixtureRequest) -> Scheme:
    found: Scheme = request.param
    return found


@pytest.fixture
def page(open_context: Opener, scheme: Scheme) -> Page:
    return open_context(color_scheme=scheme, reduced_motion="reduce").new_page()


def test_what_keys_bring_up_over_landmarks(page: Page, served: Served, database: Database) -> None:
    live_in(database, served.project_id, image_count=8)
    reports = {}
    for state, (keys, there) in LANDMARK_STATES.items():
        open_label_page(page, served.label_url, mode="landmarks")
        if state == "shape and picture":
            page.click(".more summary")
        reports[state] = report_after(page, keys, there)

    assert reports == dict.fromkeys(reports, "")


def test_what_keys_bring_up_over_questions(page: Page, served: Served, database: Database) -> None:
    live_in(database, served.project_id, image_count=8)
    open_label_page(page, served.label_url, mode="attributes")

    with_classes, with_a_number = (report_after(page, ["PageDown"], SEEN) for _ in range(2))

    assert (with_classes, with_a_number) == ("", "")


def test_what_keys_bring_up_over_the_grid(page: Page, served: Served, database: Database) -> None:
    live_in(database, served.project_id, image_count=8)
    reports = {}
    for state, (keys, there) in GRID_STATES.items():
        gridding.open_grid(page, f"{served.url}/projects/{served.project_id}/grid?attribute=pose")
        reports[state] = report_after(page, keys, there)

    assert reports == dict.fromkeys(reports, "")


def test_answers_that_wait_and_one_that_was_refused(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="attributes")
    page.context.set_offline(offline=True)
    waiting = report_after(page, ["1"], "#saving[data-tone=warn]")
    page.context.set_offline(offline=False)
    page.wait_for_selector("#saving[data-waiting='0']")
    page.route(
        "**/api/v1/images/*/attributes/*",
        lambda route: route.fulfill(
            status=422,
            content_type="application/problem+json",
            body='{"code": "value_unknown", "detail": "No.", "status": 422, "retryable": false}',
        ),
    )
    refused = report_after(page, ["1"], "#saving[data-tone=bad]")
    page.click("#saving")
    told = report_after(page, [], "#attention[open]")

    assert (waiting, refused, told) == ("", "", "")


def test_an_image_that_does_not_open_and_a_queue_that_is_empty(
    page: Page, served: Served, database: Database
) -> None:
    page.route("**/file", lambda route: route.fulfill(status=200, content_type="image/png", body="no image"))
    page.goto(served.label_url)
    broken = report_after(page, [], "#label[data-phase=broken][data-seen]")
    page.unroute("**/file")
    with database.unit_of_work() as session:
        session.execute(update(Ask).values(status=AskStatus.ANSWERED))
    page.goto(served.label_url)
    empty = report_after(page, [], "#label[data-phase=empty]")
    page.goto(f"{served.url}/projects/{served.project_id}/grid?attribute=pose")
    grid = report_after(page, [], "#grid[data-phase=empty]")

    assert (broken, empty, grid) == ("", "", "")


def test_a_second_tab_and_a_step_back(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    second = page.context.new_page()
    open_label_page(second, served.label_url, mode="landmarks")
    told = report_after(second, [], "#notice:not(:empty)")
    click_image(second, 100, 80)
    second.keyboard.press("Control+Space")
    second.wait_for_selector(SEEN)
    again = report_after(second, ["Control+ArrowLeft"], "#notice:not(:empty)")

    assert (told, again) == ("", "")


def report_after(page: Page, keys: list[str], there: str) -> str:
    """What axe finds once these keys have led to what should be there; nothing, if all is well."""
    for key in keys:
        page.keyboard.press(key)
    page.wait_for_selector(there)
    page.evaluate(NEXT_FRAME)
    found = Axe().run(page)
    return found.generate_report() if found.violations_count else ""
