"""Every page by axe (WCAG 2.2 AA and axe's best practice), and whether its words fit.

Each page is seen light and dark, in English and in German. Sizes are spread over these four, each page begins
with another one: all of them see a phone, a laptop and a large screen, and a phone with the longer words.
`make screenshots` has every page at every size in each of the four, and keeps a picture of it for people.
"""

import itertools
import os
from pathlib import Path
from typing import Literal, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from playwright.sync_api import Page, ViewportSize, expect

from app.db import Database
from app.main import routers
from tests.browser.conftest import Served, sign_in
from tests.browser.labelling import SEEN
from tests.browser.lived_in import LABELLED_ID, live_in

pytestmark = pytest.mark.browser

FRAGMENTS = {"/projects/{project_id}/training/live"}  # a part of a page, which is checked with it
NOT_FOUND = "/projects/99"
QUERIES = {"/projects/{project_id}/grid": "?attribute=pose"}
WITH_ACCOUNTS = ("/account", "/invitations", "/sign-in", "/projects/{project_id}/people")
# what is there once the page's script has drawn it
READY = {"/projects/{project_id}/label": SEEN, "/projects/{project_id}/grid": "#tiles [role=option] img"}
SIZES: dict[str, ViewportSize] = {
    "phone": {"width": 390, "height": 844},
    "laptop": {"width": 1366, "height": 768},
    "large": {"width": 3840, "height": 2160},
}
SPREADS = (
    ("phone", "laptop", "large", "phone"),
    ("laptop", "large", "phone", "laptop"),
    ("large", "phone", "laptop", "phone"),
)


Language = Literal["en", "de"]
Scheme = Literal["light", "dark"]
LANGUAGES: tuple[Language, ...] = ("en", "de")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


class Look(NamedTuple):
    """How a page is looked at."""

    path: str
    language: Language
    scheme: Scheme
    size: str


def _page_paths() -> list[str]:
    """From the routers, so that a new page cannot be forgotten."""
    found = [route for router in routers() for route in router.routes if isinstance(route, APIRoute)]
    pages = {route.path for route in found if "GET" in route.methods and route.response_class is HTMLResponse}
    return sorted((pages - FRAGMENTS) | {NOT_FOUND})


def _looks(paths: list[str]) -> list[Look]:
    ways = list(itertools.product(LANGUAGES, SCHEMES))
    spreads = itertools.cycle(SPREADS)
    return [
        Look(path, *way, size)
        for path, spread in zip(paths, spreads, strict=False)
        for way, size in zip(ways, spread, strict=True)
    ]


PICTURES = os.environ.get("EQUIMARK_SCREENSHOTS")  # a folder
PAGES = _page_paths()
LOOKS = (
    [Look(*each) for each in itertools.product(PAGES, LANGUAGES, SCHEMES, SIZES)]
    if PICTURES
    else _looks(PAGES)
)


def test_the_pages_are_found():
    assert {"/", "/projects/{project_id}", "/projects/{project_id}/label"} <= set(PAGES)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_seen_in_all_sizes_and_in_both_languages_in_both_schemes(path):
    looks = [look for look in LOOKS if look.path == path]

    assert {look.size for look in looks} == set(SIZES)
    assert len({(look.language, look.scheme) for look in looks}) == len(LANGUAGES) * len(SCHEMES)
    assert "phone" in {look.size for look in looks if look.language == "de"}


@pytest.mark.parametrize("look", LOOKS, ids="-".join)
def test_a_page_has_no_violation_and_its_words_fit(request, open_context, database, image_count, look):
    page = opened(request, open_context, database, image_count, look)
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{_file_name(look)}.png", full_page=True)

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    expect(page.locator("html")).to_have_attribute("lang", look.language)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def _file_name(look: Look) -> str:
    """The page's address with a word for what is an id in it, then how it was looked at."""
    steps = ["one" if step.startswith("{") else step for step in look.path.split("/") if step]
    return "-".join([*(steps or ["start"]), look.size, look.language, look.scheme])


def opened(
    request: pytest.FixtureRequest, open_context, database: Database, image_count: int, look: Look
) -> Page:
    """The page in a project that has been worked in, once its script has drawn it."""
    has_accounts = look.path.startswith(WITH_ACCOUNTS)
    served: Served = request.getfixturevalue("served_with_accounts" if has_accounts else "served")
    live_in(database, served.project_id, image_count=image_count)
    page: Page = open_context(
        color_scheme=look.scheme, locale=look.language, viewport=SIZES[look.size], reduced_motion="reduce"
    ).new_page()
    if has_accounts and look.path != "/sign-in":
        sign_in(page, served.url)
    address = look.path.format(project_id=served.project_id, image_id=LABELLED_ID, secret=served.secret)
    page.goto(f"{served.url}{address}{QUERIES.get(look.path, '')}")
    if look.path in READY:
        page.wait_for_selector(READY[look.path])
    return page
