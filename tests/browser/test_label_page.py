"""The labelling page against the real service, in Chromium."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import (
    SEEN,
    camera,
    choose,
    click_image,
    image_id,
    kind,
    open_label_page,
    points_of,
    revisions,
    wait_for_next,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

IMAGES_LOADED = "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('/file')).length"
SPOTS = {"eye_l": (100, 80), "eye_r": (200, 82), "mouth": (150, 180)}


class TestLandmarks:
    def test_clicks_place_one_after_the_other_and_enter_submits(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)

        hit = {name: click_image(page, *spot) for name, spot in SPOTS.items()}
        page.keyboard.press("Enter")
        wait_for_next(page, first)
        wait_until_saved(page)

        (stored,) = revisions(database, image_id=first)
        assert (stored.number, stored.kind) == (1, "landmarks")
        for name, (x, y) in hit.items():
            point = points_of(stored)[name]
            assert point["state"] == "visible"
            assert (point["x"], point["y"]) == pytest.approx((x, y), abs=1e-3)
        assert 0 < (stored.active_seconds or 0) < 60

    def test_the_keyboard_alone_can_correct_hide_and_leave_out(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)
        for spot in SPOTS.values():
            click_image(page, *spot)
        before = page.evaluate("document.querySelector('.mark').getAttribute('transform')")

        for key in ("1", "ArrowRight", "Shift+ArrowDown", "Alt+ArrowLeft", "Tab", "q", "3", "o", "Enter"):
            page.keyboard.press(key)
        wait_for_next(page, first)
        wait_until_saved(page)

        (stored,) = revisions(database, image_id=first)
        points = points_of(stored)
        x, y = (float(part) for part in before.removeprefix("translate(").removesuffix(")").split())
        assert (points["eye_l"]["x"], points["eye_l"]["y"]) == pytest.approx((x + 0.75, y + 10), abs=1e-9)
        assert points["eye_r"]["state"] == "hidden"
        assert points["mouth"] == {"name": "mouth", "state": "absent"}

    def test_a_drag_moves_a_point_and_undo_takes_it_back(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        x, y = click_image(page, *SPOTS["eye_l"])
        left, top, scale = camera(page)
        mark = page.locator(".mark").first
        before = mark.get_attribute("transform")

        page.mouse.move(left + x * scale, top + y * scale)
        page.mouse.down()
        page.mouse.move(left + x * scale + 50, top + y * scale + 30, steps=5)
        page.mouse.up()

        expect(mark).not_to_have_attribute("transform", before or "")
        page.keyboard.press("Control+z")
        expect(mark).to_have_attribute("transform", before or "")

    def test_missing_landmarks_are_pointed_out_before_the_answer_goes(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)
        click_image(page, *SPOTS["eye_l"])

        page.keyboard.press("Enter")
        expect(page.locator("#notice")).to_contain_text("eye r, mouth")
        assert image_id(page) == first
        page.keyboard.press("Enter")
        wait_for_next(page, first)
        wait_until_saved(page)

        (stored,) = revisions(database, image_id=first)
        assert list(points_of(stored)) == ["eye_l"]

    @pytest.mark.parametrize("ratio", [1, 1.5, 2])
    def test_case_104_zoom_pan_and_resize_leave_coordinates_as_they_were_placed(
        self, open_context: Callable[..., BrowserContext], served: Served, database: Database, ratio: float
    ) -> None:
        page = open_context(device_scale_factor=ratio).new_page()
        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)
        hit = {name: click_image(page, *spot) for name, spot in SPOTS.items()}

        page.mouse.wheel(0, -700)
        page.keyboard.down("Space")
        page.mouse.down()
        page.mouse.move(300, 200, steps=3)
        page.mouse.up()
        page.keyboard.up("Space")
        page.set_viewport_size({"width": 700, "height": 900})
        page.keyboard.press("f")
        page.keyboard.press("Enter")
        wait_for_next(page, first)
        wait_until_saved(page)

        (stored,) = revisions(database, image_id=first)
        for name, (x, y) in hit.items():
            point = points_of(stored)[name]
            assert (point["x"], point["y"]) == pytest.approx((x, y), abs=1e-3)

    def test_two_fingers_zoom_and_a_tap_places(
        self, open_context: Callable[..., BrowserContext], served: Served
    ) -> None:
        page = open_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
        open_label_page(page, served.label_url, mode="landmarks")
        left, top, scale = camera(page)
        middle = (left + 160 * scale, top + 120 * scale)

        pinch(page, middle, before=40, after=120)
        wider = camera(page)[2]
        page.touchscreen.tap(*middle)

        assert wider == pytest.approx(3 * scale, rel=0.01)
        expect(page.locator(".mark[data-state=visible]")).to_have_count(1)
        expect(page.locator("#landmark-left")).to_have_text("2 of 3 left")


class TestAttributes:
    def test_one_key_answers_and_shows_the_next_image(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        given = {}
        for _ in range(4):
            shown, asked = image_id(page), kind(page)
            given[shown, asked] = answer(page, asked)
            wait_for_next(page, shown)
        wait_until_saved(page)

        stored = {(each.image_id, each.kind): each.body["value"] for each in revisions(database)}
        assert stored == given

    def test_cannot_tell_is_stored_as_an_answer(self, page: Page, served: Served, database: Database) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        first = image_id(page)

        page.keyboard.press("u")
        wait_for_next(page, first)
        wait_until_saved(page)

        (stored,) = revisions(database)
        assert stored.body == {"value": None}

    def test_backspace_goes_back_and_the_new_answer_supersedes(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        first = image_id(page)
        page.keyboard.press("u")
        wait_for_next(page, first)

        page.keyboard.press("Backspace")
        page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")
        changed = answer(page, kind(page))
        wait_for_next(page, first)
        wait_until_saved(page)

        assert [(each.number, each.body["value"]) for each in revisions(database)] == [
            (1, None),
            (2, changed),
        ]

    def test_space_skips_without_an_answer(self, page: Page, served: Served, database: Database) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        first = image_id(page)

        page.keyboard.press("Space")
        wait_for_next(page, first)
        wait_until_saved(page)

        assert revisions(database) == []

    def test_case_103_a_held_key_answers_one_image_only(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        first = image_id(page)

        for _ in range(90):  # 3 s at 30 Hz
            page.keyboard.down("u")
            page.wait_for_timeout(33)
        page.keyboard.up("u")
        wait_until_saved(page)

        assert [each.image_id for each in revisions(database)] == [first]

    def test_case_103_a_double_click_answers_one_image_only(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        first = image_id(page)

        page.locator("#button-cannot-tell").dblclick()
        wait_for_next(page, first)
        wait_until_saved(page)

        assert [each.image_id for each in revisions(database)] == [first]


class TestBadConnection:
    def test_case_098_answers_given_offline_survive_a_reload_and_arrive_once_in_order(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        page.wait_for_function(f"({IMAGES_LOADED}) >= 4")  # the shown one and three ahead
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


class TestTheQueue:
    def test_leaving_the_page_gives_unanswered_images_back(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        first = image_id(page)
        page.goto("about:blank")

        page.wait_for_timeout(500)  # the requests outlive the page
        open_label_page(page, served.label_url, mode="attributes")

        assert image_id(page) == first

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

    def test_case_102_two_tabs_hold_different_images(
        self, open_context: Callable[..., BrowserContext], served: Served
    ) -> None:
        context = open_context()
        one, two = context.new_page(), context.new_page()

        open_label_page(one, served.label_url, mode="landmarks")
        open_label_page(two, served.label_url, mode="landmarks")

        assert image_id(one) != image_id(two)


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

    def test_switching_the_mode_by_key_asks_for_that_kind(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url)

        page.keyboard.press("Alt+1")
        page.wait_for_selector(f"{SEEN}[data-kind=landmarks]")
        page.keyboard.press("Alt+2")

        page.wait_for_selector(f"{SEEN}:not([data-kind=landmarks])")
        choose(page, "landmarks")


def answer(page: Page, asked: str) -> str | float:
    """Answer an attribute of FACE by keys."""
    if asked == "pose":
        page.keyboard.press("2")
        return "side"
    page.keyboard.type("-12.5")
    page.keyboard.press("Enter")
    return -12.5


def answer_elsewhere(page: Page, served: Served, image: int, asked: str) -> None:
    """Somebody else is faster."""
    body = {
        "id": "7b1c7f5e-2f0e-4b3e-9d55-0f6f4f0f8a11", "base_revision": 0, "lease_id": None, "value": None,
        "active_seconds": 1.0, "assist": {"kind": "none", "prediction_id": None}, "next_kinds": [],
    }  # fmt: skip
    response = page.request.put(f"{served.url}/api/v1/images/{image}/attributes/{asked}", data=body)
    assert response.ok, response.text()


def pinch(page: Page, middle: tuple[float, float], *, before: float, after: float) -> None:
    """Two fingers from `before` to `after` CSS px apart."""
    client = page.context.new_cdp_session(page)
    x, y = middle

    def touch(kind: str, apart: float | None) -> None:
        ends = [] if apart is None else [(x - apart / 2, y), (x + apart / 2, y)]
        points = [{"x": ends[n][0], "y": ends[n][1], "id": n} for n in range(len(ends))]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", before)
    for step in range(1, 6):
        touch("touchMove", before + (after - before) * step / 5)
    touch("touchEnd", None)
