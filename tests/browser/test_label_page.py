"""The labelling page against the real service, in Chromium: placing and answering."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import (
    SEEN,
    SPOTS,
    answer,
    camera,
    click_image,
    image_id,
    kind,
    open_label_page,
    points_of,
    revisions,
    two_fingers,
    wait_for_next,
    wait_until_saved,
)

pytestmark = pytest.mark.browser


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

    def test_a_right_click_cycles_visible_hidden_absent(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        click_image(page, *SPOTS["eye_l"])
        mark = page.locator(".mark").first

        click_image(page, *SPOTS["eye_l"], button="right")
        expect(mark).to_have_attribute("data-state", "hidden")
        click_image(page, *SPOTS["eye_l"], button="right")
        expect(mark).to_have_attribute("data-state", "absent")
        page.locator(".landmark").first.click(button="right")

        expect(mark).to_have_attribute("data-state", "visible")

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


def pinch(page: Page, middle: tuple[float, float], *, before: float, after: float) -> None:
    """Two fingers from `before` to `after` CSS px apart."""
    x, y = middle
    two_fingers(
        page,
        ((x - before / 2, y), (x - after / 2, y)),
        ((x + before / 2, y), (x + after / 2, y)),
    )
