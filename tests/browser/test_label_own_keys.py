"""Presets, own keys, the palette, notes and fingers on the labelling page."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from app.annotations.tables import Note
from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import (
    NEXT_FRAME,
    SEEN,
    click_image,
    image_id,
    kind,
    open_label_page,
    revisions,
    wait_for_next,
    wait_until_saved,
)
from tests.factories import FACE

pytestmark = pytest.mark.browser

POSE = FACE["attributes"][0]
ONE_QUESTION = FACE | {
    "landmarks": [],
    "edges": [],
    "mirror_pairs": [],
    "normaliser": {"kind": "box"},
    "attributes": [POSE],
}


def run_command(page: Page, words: str) -> None:
    """By the palette, with the keyboard alone."""
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-field")).to_be_focused()
    page.keyboard.type(words)
    page.keyboard.press("Enter")


def close(page: Page, dialog: str) -> None:
    """By Escape; the keys are the image's again once it is told."""
    page.keyboard.press("Escape")
    expect(page.locator(f"#{dialog}")).to_be_hidden()
    page.evaluate(NEXT_FRAME)


def choose_preset(page: Page, name: str) -> None:
    """In the dialog, which is closed again."""
    run_command(page, "presets")
    page.select_option("#keys-preset", name)
    close(page, "keys")


class TestPresets:
    def test_cvat_walks_by_d_and_f_and_keeps_the_work(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        choose_preset(page, "cvat")
        first = image_id(page)
        click_image(page, 100, 80)

        page.keyboard.press("f")
        wait_for_next(page, first)
        page.keyboard.press("d")

        page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")
        expect(page.locator(".mark[data-state=visible]")).to_have_count(1)

    def test_napari_walks_by_a_and_d_and_steps_by_s_and_w(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        choose_preset(page, "napari")
        first = image_id(page)

        page.keyboard.press("s")
        expect(page.locator("#landmark-now")).to_have_text("eye r")
        page.keyboard.press("d")
        wait_for_next(page, first)
        page.keyboard.press("a")
        page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")
        page.keyboard.press("v")

        expect(page.locator("#overlay")).to_have_attribute("data-hidden", "true")

    def test_label_studio_submits_by_ctrl_enter_and_hides_by_alt_h(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        choose_preset(page, "labelstudio")
        expect(page.locator("#button-submit kbd")).to_have_text("Ctrl Enter")
        first = image_id(page)
        for x, y in ((100, 80), (200, 82), (150, 180)):
            click_image(page, x, y)

        page.keyboard.press("Alt+h")
        expect(page.locator("#overlay")).to_have_attribute("data-hidden", "true")
        page.keyboard.press("Control+Enter")
        wait_for_next(page, first)
        wait_until_saved(page)

        assert [each.image_id for each in revisions(database)] == [first]

    def test_sleap_submits_by_space_steps_by_the_backquote_and_goes_back(
        self, page: Page, served: Served
    ) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        choose_preset(page, "sleap")
        first = image_id(page)
        page.keyboard.press("`")
        expect(page.locator("#landmark-now")).to_have_text("eye r")
        for x, y in ((200, 82), (150, 180), (100, 80)):
            click_image(page, x, y)

        page.keyboard.press("Space")
        wait_for_next(page, first)
        page.keyboard.press("Shift+Space")

        page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")

    def test_a_preset_outlives_a_reload(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        choose_preset(page, "sleap")

        page.reload()
        page.wait_for_selector(SEEN)

        expect(page.locator("#button-submit")).to_have_attribute(
            "aria-keyshortcuts", "Space Enter Control+Enter"
        )


class TestOwnKeys:
    def test_a_conflict_is_named_and_swapped_and_everything_shows_the_new_keys(
        self, page: Page, served: Served
    ) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        click_image(page, 100, 80)
        run_command(page, "presets")

        page.locator("[data-slot='hidden.0.Q']").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("o")
        expect(page.locator("#keys-conflict-words")).to_have_text(
            "O means “Absent: not in the picture” already."
        )
        page.keyboard.press("Enter")  # swap
        expect(page.locator("[data-slot='absent.0.Q']")).to_be_visible()
        close(page, "keys")

        expect(page.locator("#button-hidden kbd")).to_have_text("O")
        expect(page.locator("#button-absent")).to_have_attribute("aria-keyshortcuts", "Q")
        page.keyboard.press("?")
        row = page.locator(".help-row", has_text="Hidden behind something")
        expect(row.locator("kbd")).to_have_text("O")
        close(page, "help")
        page.keyboard.press("1")
        page.keyboard.press("o")
        expect(page.locator(".mark").first).to_have_attribute("data-state", "hidden")

    def test_a_title_names_the_bound_key(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        expect(page.locator("#button-undo")).to_have_attribute("title", "Undo (Ctrl + Z)")
        run_command(page, "presets")

        page.click("[data-slot='undo.0.Ctrl+Z']")
        page.keyboard.press("Alt+z")
        close(page, "keys")

        expect(page.locator("#button-undo")).to_have_attribute("title", "Undo (Alt + Z)")
        page.keyboard.press("Alt+z")
        expect(page.locator("#notice")).to_contain_text("There is no earlier answer")

    def test_escape_ends_the_waiting_and_leaves_the_dialog_open(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        run_command(page, "presets")

        page.click("[data-slot='hidden.0.Q']")
        page.keyboard.press("Escape")

        expect(page.locator("#keys")).to_be_visible()
        expect(page.locator("[data-slot='hidden.0.Q']")).to_have_text("Q")

    def test_delete_frees_a_key_and_restore_brings_it_back(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        run_command(page, "presets")

        page.locator("[data-slot='hidden.0.Q']").focus()
        page.keyboard.press("Delete")
        expect(page.locator("[data-slot='hidden.0.Q']")).to_have_count(0)
        page.get_by_label("Restore: Hidden behind something").click()

        expect(page.locator("[data-slot='hidden.0.Q']")).to_be_visible()

    def test_keys_are_exported_and_imported(self, page: Page, served: Served, tmp_path: Path) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        run_command(page, "presets")
        page.click("[data-slot='hidden.0.Q']")
        page.keyboard.press("j")
        with page.expect_download() as download:
            page.click("#keys-export")
        kept = tmp_path / "keys.json"
        download.value.save_as(kept)
        page.click("#keys-restore")
        expect(page.locator("[data-slot='hidden.0.Q']")).to_be_visible()

        page.set_input_files("#keys-import", kept)
        expect(page.locator("[data-slot='hidden.0.J']")).to_be_visible()
        (tmp_path / "other.json").write_text("{}")
        page.set_input_files("#keys-import", tmp_path / "other.json")

        expect(page.locator("#keys-words")).to_contain_text("other.json is not taken")
        expect(page.locator("[data-slot='hidden.0.J']")).to_be_visible()
        assert json.loads(kept.read_text())["changes"] == {"default": {"hidden": [["J"]]}}

    def test_damaged_keys_fall_back_to_the_default_and_it_is_said(self, page: Page, served: Served) -> None:
        page.goto(served.label_url)
        page.evaluate('localStorage.setItem(\'equimark.keys\', \'{"version": 1, "preset": "emacs"}\')')

        open_label_page(page, served.label_url)

        expect(page.locator("#notice")).to_contain_text("The default keys hold")
        expect(page.locator("#button-submit kbd")).to_have_text("Enter")


class TestThePalette:
    def test_it_is_a_combobox_that_runs_what_is_chosen(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        page.keyboard.press("Control+k")
        field = page.locator("#palette-field")
        expect(field).to_be_focused()

        page.keyboard.type("jump mou")
        expect(page.get_by_role("option")).to_have_count(1)
        page.keyboard.press("Control+a")
        page.keyboard.type("next")
        page.keyboard.press("ArrowDown")
        expect(field).to_have_attribute("aria-activedescendant", "palette-1")
        expect(page.locator("#palette-1")).to_have_attribute("aria-selected", "true")
        page.keyboard.press("Control+a")
        page.keyboard.type("next landmark")
        page.keyboard.press("Enter")

        expect(page.locator("#palette")).to_be_hidden()
        expect(page.locator("#landmark-now")).to_have_text("eye r")

    def test_it_says_where_nothing_is_called_so(self, page: Page, served: Served) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        page.keyboard.press("Control+k")
        expect(page.locator("#palette-field")).to_be_focused()

        page.keyboard.type("fly")
        page.keyboard.press("Enter")

        expect(page.locator("#palette-none")).to_be_visible()


def test_a_note_and_a_flag_are_stored_with_author_and_shown_again(
    page: Page, served: Served, database: Database
) -> None:
    open_label_page(page, served.label_url, mode="landmarks")
    first = image_id(page)

    page.keyboard.press("m")
    expect(page.locator("#note-text")).to_be_focused()
    page.keyboard.type("two hands in it?")
    page.check("#note-flag")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("flagged for review")
    wait_until_saved(page)
    page.keyboard.press("m")

    expect(page.locator("#note-list li")).to_contain_text("two hands in it?")
    page.keyboard.press("Enter")  # says nothing
    expect(page.locator("#note")).to_be_visible()
    with database.reading() as session:
        (note,) = session.scalars(select(Note))
    assert (note.image_id, note.text, note.is_flagged) == (first, "two hands in it?", True)


@pytest.mark.parametrize("schema", [ONE_QUESTION])
class TestFingers:
    @pytest.fixture
    def phone(self, open_context: Callable[..., BrowserContext], served: Served) -> Page:
        page = open_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True).new_page()
        page.goto(served.label_url)
        page.wait_for_selector(SEEN)
        return page

    @pytest.mark.parametrize(
        ("by", "words", "stored"),
        [((120, 5), "front →", ["front"]), ((-120, -9), "← side", ["side"]), ((4, -120), "↑ Skip", [])],
        ids=["right", "left", "up"],
    )
    def test_a_swipe_shows_where_it_leads_and_answers(
        self, phone: Page, database: Database, by: tuple[int, int], words: str, stored: list[str]
    ) -> None:
        first = image_id(phone)
        fingers = Fingers(phone)

        fingers.swipe(by, lift=False)
        expect(phone.locator("#swipe-hint[data-armed=true]")).to_have_text(words)
        fingers.touch("touchEnd", [])
        wait_for_next(phone, first)
        wait_until_saved(phone)

        assert [each.body["value"] for each in revisions(database)] == stored
        expect(phone.locator("#swipe-hint")).to_be_hidden()

    def test_a_short_or_slanted_movement_and_a_zoomed_image_answer_nothing(
        self, phone: Page, database: Database
    ) -> None:
        first = image_id(phone)
        fingers = Fingers(phone)

        for by in ((40, 0), (90, 80), (0, 120)):
            fingers.swipe(by)
        phone.click("[data-command=zoom][data-arg='1.4']")
        fingers.swipe((150, 0))
        phone.click("[data-command=fit]")
        fingers.touch("touchStart", [(150, 250)])
        fingers.touch("touchMove", [(260, 250)])
        fingers.touch("touchStart", [(260, 250), (300, 300)])  # a second finger
        fingers.touch("touchEnd", [])
        phone.wait_for_timeout(300)

        assert image_id(phone) == first
        assert revisions(database) == []

    def test_a_tap_with_two_fingers_takes_the_answer_back(self, phone: Page) -> None:
        first = image_id(phone)
        fingers = Fingers(phone)
        fingers.swipe((120, 0))
        wait_for_next(phone, first)

        fingers.touch("touchStart", [(150, 250), (220, 260)])
        fingers.touch("touchEnd", [])

        phone.wait_for_selector(f"{SEEN}[data-image-id='{first}']")
        assert kind(phone) == "pose"


class Fingers:
    """Fingers on the image of a page."""

    def __init__(self, page: Page) -> None:
        self._client = page.context.new_cdp_session(page)

    def touch(self, event: str, places: list[tuple[int, int]]) -> None:
        """What all fingers do now."""
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        self._client.send("Input.dispatchTouchEvent", {"type": event, "touchPoints": points})

    def swipe(self, by: tuple[int, int], *, lift: bool = True) -> None:
        """One finger over the middle of the image."""
        x, y = 190, 250
        self.touch("touchStart", [(x, y)])
        for part in (1, 2, 3, 4):
            self.touch("touchMove", [(x + by[0] * part // 4, y + by[1] * part // 4)])
        if lift:
            self.touch("touchEnd", [])
