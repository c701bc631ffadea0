"""Every key of the grid: what it changes on the page and in what is stored, and that nothing else changes."""

from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import ANY
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page
from sqlalchemy import func, select

from app.annotations.tables import Revision
from app.db import Database
from tests.browser.conftest import Served
from tests.browser.gridding import IMAGE_COUNT, SEEN, open_grid, predicted_grid, wait_until_saved
from tests.browser.key_effects import Like, Other, differences
from tests.browser.labelling import NEXT_FRAME
from tests.browser.test_label_keys import keymap, pressed

pytestmark = pytest.mark.browser

TILES = 12
CLASSES = ("front", "side")
LOOK = """() => {
  const find = (selector) => document.querySelector(selector);
  const tiles = [...document.querySelectorAll(".grid-tile")];
  return {
    images: tiles.map((tile) => Number(tile.dataset.imageId)),
    answers: tiles.map((tile) => tile.querySelector(".tile-answer").textContent),
    selected: tiles.flatMap((tile, index) => (tile.ariaSelected === "true" ? [index] : [])),
    frame: tiles.findIndex((tile) => tile.dataset.focus === "true"),
    columns: tiles.filter((tile) => tile.offsetTop === tiles[0].offsetTop).length,
    words: find("#page-words").textContent, notice: find("#notice").textContent,
    dialog: find("dialog[open]")?.id ?? null, path: location.pathname.split("/").at(-1),
  };
}"""
Look = Mapping[str, Any]
Effect = Callable[[Look, Any], dict[str, Any]]


@pytest.fixture
def image_count() -> int:
    return IMAGE_COUNT


@pytest.fixture
def url(served: Served, database: Database) -> str:
    return predicted_grid(served, database)


def look(page: Page, database: Database) -> dict[str, Any]:
    with database.reading() as session:
        stored = session.scalar(select(func.count()).select_from(Revision))
    return page.evaluate(LOOK) | {"stored": stored}


def target(before: Look, by: Mapping[str, int]) -> int:
    """Where the frame goes; it stays on the page."""
    at: int = before["frame"] + by["dx"] + by["dy"] * before["columns"]
    return min(TILES - 1, max(0, at))


def moved(before: Look, by: Any) -> dict[str, Any]:
    return {"frame": target(before, by)}


def selected_on_the_way(before: Look, by: Any) -> dict[str, Any]:
    ends = sorted([before["frame"], target(before, by)])
    return {"frame": target(before, by), "selected": list(range(ends[0], ends[1] + 1))}


def toggled(before: Look, _: Any) -> dict[str, Any]:
    return {"selected": [] if before["selected"] else [before["frame"]]}


def answered(words: str) -> Effect:
    """The selected ones, or the framed one, are answered so, and nothing is selected any more."""

    def effect(before: Look, _: Any) -> dict[str, Any]:
        marked = before["selected"] or [before["frame"]]
        answers = [words if at in marked else said for at, said in enumerate(before["answers"])]
        return {"answers": answers, "selected": [], "words": ANY}

    return effect


def chosen(before: Look, digit: Any) -> dict[str, Any]:
    return answered(CLASSES[digit - 1])(before, None) if digit <= len(CLASSES) else {}


def opens(dialog: str) -> Effect:
    return lambda _before, _arg: {"dialog": dialog}


def says(words: str) -> Effect:
    return lambda _before, _arg: {"notice": Like(words)}


def as_at_the_start(start: Look) -> dict[str, Any]:
    return {part: start[part] for part in ("images", "answers", "columns")}


# what a key does, after the keys that lead to it
EFFECTS: dict[str, list[tuple[list[str], Effect]]] = {
    "gridMove": [([], moved), (["ArrowDown", "ArrowRight"], moved), (["Space"], moved)],
    "gridRange": [([], selected_on_the_way), (["ArrowDown", "ArrowRight"], selected_on_the_way)],
    "gridToggle": [([], toggled), (["Space"], toggled)],
    "gridAll": [([], lambda _before, _arg: {"selected": list(range(TILES))})],
    "gridClear": [(["Control+a"], lambda _before, _arg: {"selected": []}), ([], lambda _before, _arg: {})],
    "gridAnswer": [([], chosen), (["Shift+ArrowRight"], chosen), (["Control+a"], chosen)],
    "gridUnsure": [([], answered("cannot tell")), (["Control+a"], answered("cannot tell"))],
    "gridLeaveOut": [([], answered("no answer")), (["Shift+ArrowRight"], answered("no answer"))],
    "saySaved": [([], says("All saved.*"))],
    "note": [([], opens("note"))],
    "palette": [([], opens("palette"))],
    "help": [([], opens("help"))],
}
# these lead to another page, or back to what was before; each has its test below
APART = {"submit", "back", "gridBack", "undo", "redo", "modeLandmarks", "modeAttributes", "modeAuto"}
CHORDS = [
    (row["id"], chord, binding.get("arg"))
    for row in keymap()
    if "grid" in row["where"].split()
    for binding in row["bindings"]
    for chord in binding["chords"]
]


def test_every_row_of_the_grids_keymap_has_its_effect_here():
    assert {row for row, _, _ in CHORDS} == set(EFFECTS) | APART


@pytest.mark.parametrize("row", EFFECTS)
def test_a_key_does_this_and_nothing_else(page: Page, url: str, database: Database, row: str) -> None:
    wrong = {}
    open_grid(page, url)
    for _, chord, arg in [each for each in CHORDS if each[0] == row]:
        for keys, effect in EFFECTS[row]:
            reset(page)
            before = struck(page, database, *keys)
            wanted = before | effect(before, arg)
            page.keyboard.press(pressed(chord))
            if left := differences(page, lambda: look(page, database), wanted):
                wrong[f"{' '.join(keys)} {chord}"] = left

    assert wrong == {}


@pytest.mark.parametrize("chord", ["Enter", "Control+Enter"])
def test_a_key_stores_all_answers_of_the_page_and_shows_other_images(
    page: Page, url: str, database: Database, chord: str
) -> None:
    open_grid(page, url)
    before = struck(page, database, "ArrowRight", "Space")

    page.keyboard.press(chord)

    others = {"images": Other(before["images"]), "answers": ANY, "words": ANY, "columns": ANY}
    wanted = before | others | {"stored": TILES, "frame": 0, "selected": []}
    assert differences(page, lambda: look(page, database), wanted) == {}


@pytest.mark.parametrize("chord", ["Control+ArrowLeft", "Backspace", "Control+z"])
def test_a_key_brings_back_the_page_before(page: Page, url: str, database: Database, chord: str) -> None:
    open_grid(page, url)
    start = struck(page, database)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{SEEN}[data-page='2']")
    wait_until_saved(page)
    before = struck(page, database)

    page.keyboard.press(chord)

    words = "The page before. What you change replaces your answer."
    wanted = before | as_at_the_start(start) | {"notice": words, "words": f"Again: {start['words']}"}
    assert differences(page, lambda: look(page, database), wanted) == {}


@pytest.mark.parametrize("redo", ["Control+Shift+Z", "Control+y"])
def test_a_step_is_undone_and_redone_with_its_selection(
    page: Page, url: str, database: Database, redo: str
) -> None:
    open_grid(page, url)
    chosen_two = struck(page, database, "Shift+ArrowRight")
    answered_two = struck(page, database, "1")

    page.keyboard.press("Control+z")
    undone = differences(page, lambda: look(page, database), chosen_two)
    page.keyboard.press(redo)

    assert answered_two["answers"][:3] == ["front", "front", "side"]
    assert undone == {}
    assert differences(page, lambda: look(page, database), answered_two) == {}


@pytest.mark.parametrize(
    ("chord", "wanted"), [("Alt+1", "landmarks"), ("Alt+2", "attributes"), ("Alt+4", "auto")]
)
def test_a_mode_is_gone_to_on_the_labelling_page(
    page: Page, url: str, database: Database, chord: str, wanted: str
) -> None:
    open_grid(page, url)

    page.keyboard.press(chord)

    page.wait_for_selector(f"[data-mode={wanted}][aria-pressed=true]")
    assert urlsplit(page.url).path.endswith("/label")


def reset(page: Page) -> None:
    """No dialog, no marks, nothing selected, and the first image framed."""
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog[open]", state="detached")
    while page.locator(".grid-tile[data-differs=true], .grid-tile[data-answer=none]").count() > 0:
        page.keyboard.press("Control+z")
        page.evaluate(NEXT_FRAME)
    page.keyboard.press("Escape")
    for _ in range(TILES):
        page.keyboard.press("ArrowLeft")
    page.evaluate(NEXT_FRAME)


def struck(page: Page, database: Database, *keys: str) -> dict[str, Any]:
    """The page after these keys, once it is drawn."""
    for key in keys:
        page.keyboard.press(key)
        page.evaluate(NEXT_FRAME)
    page.evaluate(NEXT_FRAME)
    return look(page, database)
