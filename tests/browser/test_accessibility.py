"""Every page by axe (WCAG 2.2 AA and axe's best practice), light and dark, on a phone and a laptop."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute

from app.main import routers
from tests.browser.conftest import sign_in
from tests.browser.labelling import SEEN

FRAGMENTS = {"/projects/{project_id}/training/live"}  # a part of a page, which is checked with it
QUERIES = {"/projects/{project_id}/grid": "?attribute=pose"}
WITH_ACCOUNTS = ("/account", "/invitations", "/sign-in", "/projects/{project_id}/people")
# what is there once the page's script has drawn it
READY = {"/projects/{project_id}/label": SEEN, "/projects/{project_id}/grid": "#tiles [role=option] img"}
SIZES = {"phone": {"width": 390, "height": 844}, "laptop": {"width": 1366, "height": 768}}


def _page_paths() -> list[str]:
    """From the routers, so that a new page cannot be forgotten."""
    found = [route for router in routers() for route in router.routes if isinstance(route, APIRoute)]
    pages = {route.path for route in found if "GET" in route.methods and route.response_class is HTMLResponse}
    return sorted(pages - FRAGMENTS)


PAGES = _page_paths()


def test_the_pages_are_found():
    assert {"/", "/projects/{project_id}", "/projects/{project_id}/label"} <= set(PAGES)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_no_violation(request, open_context, path, size, scheme):
    has_accounts = path.startswith(WITH_ACCOUNTS)
    served = request.getfixturevalue("served_with_accounts" if has_accounts else "served")
    page = open_context(color_scheme=scheme, viewport=SIZES[size], reduced_motion="reduce").new_page()
    if has_accounts:
        sign_in(page, served.url)
    address = path.format(project_id=served.project_id, image_id=1, secret=served.secret)
    page.goto(f"{served.url}{address}{QUERIES.get(path, '')}")
    if path in READY:
        page.wait_for_selector(READY[path])

    found = Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
