"""How the picture is shown on the labelling page: light, the loupe, the reference."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.labelling import image_id, open_label_page, wait_for_next

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
