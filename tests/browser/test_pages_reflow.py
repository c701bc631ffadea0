"""Pages on narrow screens, at 200 % zoom, a tablet, small laptops: all within the border and under a finger.

In German, whose words are the longer ones.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import Served, sign_in
from tests.browser.labelling import NEXT_FRAME, choose
from tests.browser.lived_in import LABELLED_ID, live_in
from tests.browser.test_accessibility import PAGES, QUERIES, READY, WITH_ACCOUNTS

Opener = Callable[..., BrowserContext]

pytestmark = pytest.mark.browser

TARGET_PX = 44
SCREENS: dict[str, dict[str, Any]] = {
    # 1280 px at 400 %, WCAG 1.4.10
    "narrow": {"viewport": {"width": 320, "height": 640}, "has_touch": True, "is_mobile": True},
    "zoomed": {"viewport": {"width": 683, "height": 384}, "device_scale_factor": 2},  # a laptop at 200 %
    "tablet": {"viewport": {"width": 820, "height": 1180}, "has_touch": True, "is_mobile": True},
}
# tables may scroll within their own box: only what widens the page itself counts
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
# a press on the words of a label counts as one on its control
SMALL = """(least) => [...document.querySelectorAll(
    "button, select, input:not([type=hidden]), .button, summary, nav a")]
  .filter((each) => each.checkVisibility() && !each.closest("dialog:not([open])"))
  .map((each) => [each, (each.closest("label") ?? each).getBoundingClientRect()])
  .filter(([, { width, height }]) => Math.min(width, height) < least - 0.5)
  .map(([each, { width, height }]) => `${each.id || each.textContent.trim()}: ${width} x ${height}`)"""
GRID = "/projects/{project_id}/grid"
LABEL = "/projects/{project_id}/label"
# what of these is not whole on the screen, or lies under something else
OUT_OF_SIGHT = """(wanted) => [...document.querySelectorAll(wanted)]
  .filter((each) => each.checkVisibility())
  .filter((each) => {
    const box = each.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    const isOut = box.left < 0 || box.top < 0 || box.right > innerWidth || box.bottom > innerHeight;
    return isOut || !each.contains(top);
  })
  .map((each) => each.id || each.textContent.trim())"""
LAPTOPS: dict[str, dict[str, Any]] = {
    f"{width} x {height}": {"viewport": {"width": width, "height": height}}
    for width, height in ((1100, 640), (1100, 700), (1366, 768))
}
ANSWERS = {"landmarks": "#button-submit", "attributes": "#class-list button, #button-answer"}


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_no_wider_than_its_screen_and_fingers_hit_its_controls(
    request: pytest.FixtureRequest, open_context: Opener, path: str, screen: str
) -> None:
    page = opened(request, open_context, path, screen)

    assert page.evaluate(OVERFLOW) <= 0
    if SCREENS[screen].get("has_touch"):
        assert page.evaluate(SMALL, TARGET_PX) == []


@pytest.mark.parametrize("mode", ANSWERS)
@pytest.mark.parametrize("screen", SCREENS | LAPTOPS)
def test_what_answers_is_in_sight_on_the_labelling_page(
    request: pytest.FixtureRequest, open_context: Opener, screen: str, mode: str
) -> None:
    page = opened(request, open_context, LABEL, screen)
    choose(page, mode)
    page.evaluate(NEXT_FRAME)

    assert page.locator(ANSWERS[mode]).filter(visible=True).count() > 0
    assert page.evaluate(OUT_OF_SIGHT, f"{ANSWERS[mode]}, .image-name, [aria-current=page]") == []


@pytest.mark.parametrize("screen", SCREENS)
def test_what_confirms_a_page_of_the_grid_is_in_sight(
    request: pytest.FixtureRequest, open_context: Opener, screen: str
) -> None:
    page = opened(request, open_context, GRID, screen)

    expect(page.locator(".grid-confirm")).to_be_visible()
    assert page.evaluate(OUT_OF_SIGHT, ".grid-confirm") == []


def opened(request: pytest.FixtureRequest, open_context: Opener, path: str, screen: str) -> Page:
    """The page in a project that has been worked in, once its script has drawn it."""
    has_accounts = path.startswith(WITH_ACCOUNTS)
    served: Served = request.getfixturevalue("served_with_accounts" if has_accounts else "served")
    live_in(request.getfixturevalue("database"), served.project_id, image_count=8)
    page = open_context(**(SCREENS | LAPTOPS)[screen], locale="de", reduced_motion="reduce").new_page()
    if has_accounts and path != "/sign-in":
        sign_in(page, served.url)
    address = path.format(project_id=served.project_id, image_id=LABELLED_ID, secret=served.secret)
    page.goto(f"{served.url}{address}{QUERIES.get(path, '')}")
    if path in READY:
        page.wait_for_selector(READY[path])
    return page
