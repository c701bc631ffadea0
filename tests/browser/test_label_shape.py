"""The whole shape on the labelling page, by key, mouse and wheel."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import (
    NEXT_FRAME,
    SPOTS,
    camera,
    choose,
    click_image,
    image_id,
    marks,
    open_label_page,
    points_of,
    revisions,
    two_fingers,
    wait_for_next,
    wait_until_saved,
)
from tests.browser.test_label_own_keys import close, run_command
from tests.browser.test_label_predictions import predict

pytestmark = pytest.mark.browser


@pytest.fixture
def placed(page: Page, served: Served) -> Page:
    """The page with a whole face placed on its first image."""
    open_label_page(page, served.label_url, mode="landmarks")
    for spot in SPOTS.values():
        click_image(page, *spot)
    return page


def test_b_brings_the_shape_of_the_previous_image_and_says_so_to_the_server(
    placed: Page, database: Database
) -> None:
    first = image_id(placed)
    placed.keyboard.press("Enter")
    wait_for_next(placed, first)
    wait_until_saved(placed)
    placed.reload()
    wait_for_next(placed, first)
    choose(placed, "landmarks")
    second = image_id(placed)
    placed.keyboard.press("b")
    expect(placed.locator(".mark[data-state=visible]")).to_have_count(3)
    placed.keyboard.press("Enter")
    wait_for_next(placed, second)
    wait_until_saved(placed)

    (one,), (other,) = revisions(database, image_id=first), revisions(database, image_id=second)
    assert points_of(other) == points_of(one)
    assert (one.assist, other.assist) == ("none", "previous_image")


def test_a_copied_shape_is_pasted_on_another_image_and_selected_words_are_not_touched(placed: Page) -> None:
    first, shape = image_id(placed), marks(placed)
    placed.evaluate("getSelection().selectAllChildren(document.querySelector('#landmark-now'))")
    placed.keyboard.press("Control+c")
    placed.keyboard.press("Control+v")
    expect(placed.locator("#notice")).to_contain_text("No shape is copied")
    placed.evaluate("getSelection().removeAllRanges()")

    placed.keyboard.press("Control+c")
    placed.keyboard.press("Enter")
    wait_for_next(placed, first)
    placed.keyboard.press("Control+v")

    expect(placed.locator(".mark[data-state=visible]")).to_have_count(3)
    assert marks(placed) == shape


def test_fingers_move_and_turn_the_whole_shape_until_the_next_image(
    open_context: Callable[..., BrowserContext], served: Served
) -> None:
    page = open_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
    open_label_page(page, served.label_url, mode="landmarks")
    left, top, scale = camera(page)
    for x, y in SPOTS.values():
        page.touchscreen.tap(left + x * scale, top + y * scale)
    before = marks(page)
    page.click("summary")
    page.click("#button-whole")
    expect(page.locator("#button-whole")).to_have_attribute("aria-pressed", "true")

    x, y = left + 40 * scale, top + 40 * scale
    two_fingers(page, ((x, y), (x, y)), ((x + 60, y), (x, y + 60)))  # a quarter turn about the first finger
    page.evaluate(NEXT_FRAME)

    after = marks(page)
    assert camera(page)[2] == pytest.approx(scale)
    eyes = [
        (shape["eye r"][0] - shape["eye l"][0], shape["eye r"][1] - shape["eye l"][1])
        for shape in (before, after)
    ]
    assert eyes[1] == pytest.approx((-eyes[0][1], eyes[0][0]), abs=0.5)


def test_x_mirrors_with_names_swapped_and_shift_x_swaps_the_active_pair(placed: Page) -> None:
    before = marks(placed)

    placed.keyboard.press("x")
    placed.evaluate(NEXT_FRAME)
    mirrored = marks(placed)
    placed.keyboard.press("1")
    placed.keyboard.press("Shift+X")
    placed.evaluate(NEXT_FRAME)
    swapped = marks(placed)

    assert mirrored["eye l"] == pytest.approx(before["eye l"], abs=1e-6)
    assert mirrored["mouth"] != pytest.approx(before["mouth"], abs=0.1)
    assert swapped["eye l"] == mirrored["eye r"]
    for _ in range(2):
        placed.keyboard.press("Control+z")
    placed.evaluate(NEXT_FRAME)
    assert marks(placed) == before


def test_alt_drag_moves_the_shape_as_one_step(placed: Page) -> None:
    before = marks(placed)
    left, top, scale = camera(placed)

    placed.keyboard.down("Alt")
    placed.mouse.move(left + 150 * scale, top + 120 * scale)
    placed.mouse.down()
    placed.mouse.move(left + 160 * scale, top + 125 * scale, steps=4)
    placed.mouse.up()
    placed.keyboard.up("Alt")
    placed.evaluate(NEXT_FRAME)

    after = marks(placed)
    for name, (x, y) in before.items():
        assert after[name] == pytest.approx((x + 10, y + 5), abs=0.01)
    placed.keyboard.press("Control+z")
    placed.evaluate(NEXT_FRAME)
    assert marks(placed) == before


def test_alt_drag_without_a_shape_says_so_and_places_nothing(page: Page, served: Served) -> None:
    open_label_page(page, served.label_url, mode="landmarks")

    page.keyboard.down("Alt")
    click_image(page, *SPOTS["eye_l"])
    page.keyboard.up("Alt")
    expect(page.locator("#notice")).to_have_text("Nothing is placed yet.")

    expect(page.locator(".mark[data-state=visible]")).to_have_count(0)


@pytest.mark.parametrize(("keys", "spread"), [(("Alt",), 1.0), (("Control", "Alt"), 1.03)])
def test_the_wheel_turns_or_scales_the_shape_and_leaves_the_camera(
    placed: Page, keys: tuple[str, ...], spread: float
) -> None:
    before, seen = marks(placed), camera(placed)

    for key in keys:
        placed.keyboard.down(key)
    placed.mouse.wheel(0, -50)
    placed.mouse.wheel(0, -50)
    for key in keys:
        placed.keyboard.up(key)
    placed.wait_for_function("was => document.querySelector('.mark').getAttribute('transform') !== was",
                             arg=f"translate({before['eye l'][0]:g} {before['eye l'][1]:g})")  # fmt: skip
    placed.evaluate(NEXT_FRAME)

    after = marks(placed)
    assert camera(placed) == seen
    assert after["mouth"] != before["mouth"]
    assert apart(after) / apart(before) == pytest.approx(spread, abs=0.002)
    placed.keyboard.press("Control+z")
    placed.evaluate(NEXT_FRAME)
    assert marks(placed) == before


def apart(shape: dict[str, tuple[float, float]]) -> float:
    """Distance of the eyes."""
    (x, y), (other_x, other_y) = shape["eye l"], shape["eye r"]
    return float(((x - other_x) ** 2 + (y - other_y) ** 2) ** 0.5)


def test_the_buttons_do_the_same_and_leave_the_keys_with_the_image(placed: Page) -> None:
    before, first = marks(placed), image_id(placed)

    placed.click("details.more summary")
    placed.get_by_role("button", name="Mirror").click()
    placed.evaluate(NEXT_FRAME)
    assert marks(placed)["mouth"] != before["mouth"]
    placed.keyboard.press("Enter")

    wait_for_next(placed, first)
    expect(placed.locator("details.more")).to_have_attribute("open", "")


def test_what_the_prediction_does_is_switched_by_words_or_by_a_key_of_ones_own(
    page: Page, served: Served, database: Database
) -> None:
    predict(database, served.project_id, image_count=8, shift_px=0)
    open_label_page(page, served.label_url, mode="landmarks")
    worst, follow = (page.locator(f"[data-arg={what}]") for what in ("isWorstFirst", "isRefining"))
    expect(worst.locator("kbd")).to_be_hidden()

    run_command(page, "worst first")
    expect(worst).to_have_attribute("aria-pressed", "true")
    page.evaluate(NEXT_FRAME)
    run_command(page, "follow")
    expect(follow).to_have_attribute("aria-pressed", "false")
    page.evaluate(NEXT_FRAME)
    run_command(page, "presets")
    page.click("[data-slot='follow.0.']")
    page.keyboard.press("l")
    close(page, "keys")

    expect(follow.locator("kbd")).to_have_text("L")
    page.keyboard.press("l")
    expect(follow).to_have_attribute("aria-pressed", "true")
