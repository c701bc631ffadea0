"""How the picture is shown on the labelling page: light, the loupe, the reference."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.db import Database
from app.images.tables import Image
from tests.browser.conftest import Served
from tests.browser.labelling import (
    NEXT_FRAME,
    SEEN,
    SPOTS,
    camera,
    click_image,
    image_id,
    marks,
    open_label_page,
    wait_for_next,
    wait_until_saved,
)

pytestmark = pytest.mark.browser

GREYS = """() => {
  const canvas = document.querySelector("#picture canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const levels = data.filter((_, n) => n % 4 === 1);
  return [Math.min(...levels), Math.max(...levels), canvas.offsetWidth, canvas.offsetHeight];
}"""


def test_brightness_and_contrast_change_by_key_and_are_reset(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    picture = page.locator("#picture")

    page.keyboard.press("Shift+B")
    page.keyboard.press("Shift+B")
    page.keyboard.press("Alt+C")
    expect(picture).to_have_css("filter", "brightness(1.322) contrast(0.87)")
    expect(page.locator("#notice")).to_contain_text("Brightness 132 %, contrast 87 %")
    page.keyboard.press("Control+0")

    expect(picture).to_have_css("filter", "none")


def test_local_contrast_stretches_the_shown_image_and_the_next_one(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="attributes")
    first = image_id(page)

    page.keyboard.press("i")
    canvas = page.locator("#picture canvas")
    expect(canvas).to_be_visible()
    least, most, width, height = page.evaluate(GREYS)
    page.keyboard.press("u")
    wait_for_next(page, first)

    assert (width, height) == (320, 240)
    assert most - least > 100
    expect(canvas).to_be_visible()
    page.keyboard.press("i")
    expect(canvas).to_be_hidden()


def test_a_loupe_shows_the_place_while_the_button_is_held(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    left, top, scale = camera(page)
    loupe = page.locator(".loupe")
    expect(loupe).to_be_hidden()

    page.mouse.move(left + 100 * scale, top + 80 * scale)
    page.mouse.down()
    expect(loupe).to_be_visible()
    opaque = page.evaluate(
        """() => {
          const canvas = document.querySelector(".loupe canvas");
          return canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[3];
        }"""
    )
    page.mouse.up()

    assert opaque == 255
    expect(loupe).to_be_hidden()
    expect(page.locator(".mark[data-state=visible]")).to_have_count(1)


def test_a_quick_click_is_not_kept_waiting_by_the_loupe(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    page.evaluate(
        """() => window.addEventListener("pointerdown", () => requestAnimationFrame(() => {
          window.inFirstFrame = [
            document.querySelectorAll(".mark[data-state=visible]").length,
            document.querySelector(".loupe").hidden,
          ];
        }))"""
    )
    left, top, scale = camera(page)

    page.mouse.move(left + 100 * scale, top + 80 * scale)
    page.mouse.down()

    expect(page.locator(".loupe")).to_be_visible()
    assert page.evaluate("window.inFirstFrame") == [1, True]
    page.mouse.up()


def test_a_finger_that_is_held_places_with_the_loupe_and_a_short_drag_pans(
    open_context: Callable[..., BrowserContext], served: Served
) -> None:
    page = open_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    open_label_page(page, served.label_url, mode="landmarks")
    left, top, scale = camera(page)
    x, y = left + 160 * scale, top + 120 * scale
    client = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y, "id": n} for n, (x, y) in enumerate(points)]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    touch("touchStart", (x, y))
    touch("touchMove", (x + 20, y))
    touch("touchMove", (x + 40, y))
    touch("touchEnd")
    page.evaluate(NEXT_FRAME)
    panned = camera(page)[0] - left
    expect(page.locator(".mark[data-state=visible]")).to_have_count(0)
    touch("touchStart", (x, y))
    expect(page.locator(".loupe")).to_be_visible()
    touch("touchMove", (x + 10, y + 5))
    touch("touchEnd")
    page.evaluate(NEXT_FRAME)

    assert panned == pytest.approx(40, abs=1)
    place = marks(page)["eye l"]
    assert place == pytest.approx((160 + (10 - panned) / scale, 120 + 5 / scale), abs=1)
    expect(page.locator("#landmark-left")).to_have_text("2 of 3 left")


def test_no_loupe_while_the_whole_shape_is_dragged(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    click_image(page, *SPOTS["eye_l"])

    page.keyboard.down("Alt")
    page.mouse.down()
    page.mouse.move(300, 300, steps=3)

    expect(page.locator(".loupe")).to_be_hidden()
    page.mouse.up()
    page.keyboard.up("Alt")


def test_the_reference_marks_the_active_landmark_and_goes_away_for_good_by_key(
    page: Page, served: Served
) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    drawing = page.locator("#reference-drawing")
    expect(drawing).to_have_attribute("aria-label", "Where eye l belongs")
    expect(drawing.locator("circle")).to_have_count(3)

    page.keyboard.press("Tab")
    expect(drawing).to_have_attribute("aria-label", "Where eye r belongs")
    expect(drawing.locator("circle[data-active=true]")).to_have_count(1)
    page.keyboard.press("r")
    expect(page.locator("#reference")).to_be_hidden()
    page.reload()
    page.wait_for_selector("#label[data-phase=showing][data-seen]")

    expect(page.locator("#reference")).to_be_hidden()


def test_the_reference_is_drawn_on_an_image_as_soon_as_one_is_labelled(
    page: Page, served: Served, database: Database
) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    expect(page.locator("#reference-words")).to_have_text("A sketch, not to scale")
    expect(page.locator("#reference-drawing image")).to_have_count(0)
    shown, name = image_id(page), page.inner_text("#image-name")
    for spot in SPOTS.values():
        click_image(page, *spot)
    page.keyboard.press("Enter")
    wait_for_next(page, shown)
    wait_until_saved(page)

    page.reload()
    page.wait_for_selector(SEEN)

    picture = page.locator("#reference-drawing image")
    expect(picture).to_have_attribute("href", f"/api/v1/images/{shown}/file")
    expect(page.locator("#reference-words")).to_have_text(name)
    # the eye is on the picture where it was put
    box, mark = picture.bounding_box(), page.locator("#reference-drawing circle").first.bounding_box()
    assert box is not None
    assert mark is not None
    with database.reading() as session:
        width_px = session.get_one(Image, shown).width_px
    at = (mark["x"] + mark["width"] / 2 - box["x"]) / box["width"] * width_px
    assert at == pytest.approx(SPOTS["eye_l"][0], abs=2)


def test_the_reference_lets_clicks_through(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    page.keyboard.press("+")
    page.keyboard.press("+")
    box = page.locator("#reference").bounding_box()
    assert box is not None

    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    expect(page.locator(".mark[data-state=visible]")).to_have_count(1)
    expect(page.locator("#reference")).to_have_attribute("data-faded", "true")


def test_the_help_tells_what_keys_and_mouse_do_to_shape_and_picture(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    page.keyboard.press("?")

    for words in ("Mirror the shape", "Put the prediction away", "Local contrast", "Move the whole shape"):
        expect(page.locator("#help-keys")).to_contain_text(words)
