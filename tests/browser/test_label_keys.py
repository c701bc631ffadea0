"""The keymap of the labelling page: every key of it, presets, own keys, the palette."""

import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any
from unittest.mock import ANY

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app.db import Database
from app.queue.tables import Ask, AskStatus
from tests.browser.conftest import Served
from tests.browser.key_effects import ANYWHERE, CLASSES, LANDMARKS, SCALE, Effect, Struck, differences
from tests.browser.label_look import look, settled
from tests.browser.labelling import (
    NEXT_FRAME,
    SEEN,
    SPOTS,
    click_image,
    image_id,
    open_label_page,
    revisions,
    wait_for_next,
    wait_until_saved,
)
from tests.browser.test_label_many import MANY
from tests.browser.test_label_predictions import predict
from tests.factories import FACE
from tests.source import ROOT

pytestmark = pytest.mark.browser

POSE, YAW = FACE["attributes"]
MOOD = {"name": "mood", "question": "Which mood?", "kind": "classes", "classes": ["glad", "calm", "worn"]}
SECOND_DIGIT_MS = 420  # a digit that comes later is one of its own
QUESTIONS = FACE | {"landmarks": [], "edges": [], "mirror_pairs": [], "normaliser": {"kind": "box"}}

# Keys before a key, and after it, by row.
BEFORE = {
    "forward": ["Control+ArrowLeft"], "fit": ["+"], "zoomOut": ["+"], "imageBefore": ["."],
    "lightReset": ["Shift+B", "i"], "modeLandmarks": ["Alt+4"],
    "lighter": ["Control+0"], "darker": ["Control+0"], "harder": ["Control+0"], "softer": ["Control+0"],
}  # fmt: skip
ON_FIRST = {
    row: ["1"]
    for row in (
        "next", "previous", "hidden", "absent", "unset", "accept", "swapPair", "nudge", "nudgeFar",
        "nudgeFine",
    )
}  # fmt: skip
BEFORE_POINTS = BEFORE | ON_FIRST | {
    "undo": ["3", "ArrowRight"], "redo": ["Control+z"], "loadPrediction": ["Shift+P"],
    "pasteShape": ["1", "Control+c", "ArrowRight"], "autoZoom": ["f", "1"],
}  # fmt: skip
AFTER = {
    "back": "Control+ArrowRight", "imageAfter": ",", "modeAttributes": "Alt+1", "modeAuto": "Alt+1",
    "localContrast": "i",
}  # fmt: skip
AFTER_POINTS = AFTER | {
    "autoZoom": "z", "hide": "h", "names": "t", "edges": "e", "reference": "r", "heat": "u",
    "clearPrediction": "p",
}  # fmt: skip
AFTER_CHOICE = AFTER | dict.fromkeys(("undo", "takeBack", "chooseStay"), "Control+ArrowRight") | {
    "questionBefore": "PageDown", "questionAfter": "PageUp", "scaleBefore": "PageDown",
    "scaleAfter": "PageUp",
}  # fmt: skip
EMPTY = {"accept", "acceptAll", "loadPrediction", "clearPrediction", "bringShape"}  # no point is placed
PLACED = set(LANDMARKS) - set(ANYWHERE) - EMPTY - {"modeLandmarks", "modeAttributes", "modeAuto"}
LEAVES = {"gridMode"}  # leads to another page


def keymap() -> list[dict[str, Any]]:
    """The table itself, as Node reads it."""
    program = "import('./app/static/label/keys.js').then((all) => console.log(JSON.stringify(all.KEYMAP)))"
    run = subprocess.run(
        [shutil.which("node") or "node", "-e", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    table: list[dict[str, Any]] = json.loads(run.stdout)
    return table


def bindings(scope: str) -> list[tuple[str, str, Any]]:
    """Row, chord and argument of every key that holds in a scope."""
    return [
        (row["id"], chord, binding.get("arg"))
        for row in keymap()
        if {"any", scope} & set(row["where"].split())
        for binding in row["bindings"]
        for chord in binding["chords"]
    ]


def pressed(chord: str) -> str:
    """A chord in the words of Playwright."""
    name = chord.replace("Ctrl+", "Control+")
    return name.lower() if len(name) == 1 else name


def strike(page: Page, *chords: str) -> None:
    """Press one after the other, each on what the one before has led to."""
    for chord in chords:
        page.evaluate(NEXT_FRAME)
        page.wait_for_selector(SEEN)
        page.keyboard.press(pressed(chord))


def tidy(page: Page) -> None:
    """No dialog, and the focus on the image."""
    if page.locator("dialog[open]").count() > 0:
        page.keyboard.press("Escape")
        page.wait_for_selector("dialog[open]", state="detached")
    page.evaluate("document.activeElement.blur()")
    page.focus("#stage")


def unplace(page: Page) -> None:
    """Undo all that was done on this image."""
    while page.is_enabled("#button-undo"):
        strike(page, "Control+z")
        page.evaluate(NEXT_FRAME)


def place_all(page: Page) -> None:
    """Every landmark of FACE stands somewhere, at its spot unless it has been moved."""
    if page.locator(".mark[data-state=visible]").count() == len(SPOTS):
        return
    unplace(page)
    strike(page, "f", "1")
    for spot in SPOTS.values():
        click_image(page, *spot)


def ask_only(database: Database, asked: str) -> None:
    """Other questions about an image are reached by the keys alone."""
    with database.unit_of_work() as session:
        session.execute(update(Ask).where(Ask.kind != asked).values(status=AskStatus.ANSWERED))


class Striker:
    """Strikes keys of one page, and says of each what it should have done and has not."""

    def __init__(self, page: Page, database: Database, effects: Mapping[str, Effect]) -> None:
        self.page, self.database, self.effects = page, database, effects
        self.dead: list[Any] = []

    def strike(
        self, row: str, chord: str, arg: Any, before: Sequence[str], classes: tuple[str, ...] = ()
    ) -> None:
        """A key, after the keys that lead to it. It is held until its effect has been looked at."""
        start = settled(self.page, self.database)
        if before == WHEEL:
            self.page.mouse.move(300, 300)
            self.page.mouse.wheel(0, -300)
        else:
            strike(self.page, *before)
        seen = settled(self.page, self.database)
        wanted = seen | {"notice": ANY} | self.effects[row](Struck(start, seen, arg, classes))
        *modifiers, key = pressed(chord).split("+") if chord != "+" else ["+"]
        for each in (*modifiers, key):
            self.page.keyboard.down(each)
        self.page.evaluate(NEXT_FRAME)
        wrong = differences(self.page, lambda: look(self.page, self.database), wanted)
        for each in (key, *modifiers):
            self.page.keyboard.up(each)
        if wrong:
            self.dead.append((row, chord, wrong))
        tidy(self.page)


WHEEL = ("wheel",)  # where no key zooms


class TestEveryKey:
    """In the default preset. A row of the table for which no effect is told fails."""

    @pytest.fixture
    def image_count(self) -> int:
        return 40

    def test_on_landmarks(self, page: Page, served: Served, database: Database) -> None:
        predict(database, served.project_id, image_count=40, shift_px=0)
        open_label_page(page, served.label_url, mode="landmarks")
        place_all(page)
        strike(page, "Enter")  # an answer to go back to
        keys = Striker(page, database, LANDMARKS)

        for row, chord, arg in bindings("landmarks"):
            if row in LEAVES:
                continue
            if row in EMPTY:
                unplace(page)
            elif row in PLACED:
                place_all(page)
            if row == "back":  # to an answer, not to what was skipped since
                place_all(page)
                strike(page, "Enter")
            before = ["2" if arg == 1 else "1"] if row == "jump" else BEFORE_POINTS.get(row, [])
            keys.strike(row, chord, arg, before)
            strike(page, *filter(None, [AFTER_POINTS.get(row)]))

        assert not keys.dead, "\n".join(map(str, keys.dead))

    @pytest.mark.parametrize("schema", [QUESTIONS | {"attributes": [POSE, MOOD, YAW]}])
    @pytest.mark.parametrize(
        ("asked", "scope", "effects", "classes"),
        [
            ("pose", "binary", CLASSES, ("front", "side")),
            ("mood", "classes", CLASSES, ("glad", "calm", "worn")),
            ("yaw", "scale", SCALE, ()),
        ],
        ids=["two classes", "classes", "number"],
    )
    def test_at_a_question(
        self,
        page: Page,
        served: Served,
        database: Database,
        asked: str,
        scope: str,
        effects: dict[str, Effect],
        classes: tuple[str, ...],
    ) -> None:
        ask_only(database, asked)
        page.goto(served.label_url)
        strike(page, "u")  # an answer to go back to
        keys = Striker(page, database, effects)

        for row, chord, arg in bindings(scope):
            if row in LEAVES:
                continue
            before: Sequence[str] = BEFORE.get(row, [])
            if row in {"repeat", "back", "takeBack"}:  # the last thing done is an answer, no skip
                strike(page, "u")
            elif row == "submit":
                before = ["Shift+1"] if classes else ["1", "2"]
            elif row == "redo":
                before = ["Control+z"]
            elif row == "fit" and scope == "scale":
                before = WHEEL
            keys.strike(row, chord, arg, before, classes)
            strike(page, *filter(None, [AFTER_CHOICE.get(row)]))

        assert not keys.dead, "\n".join(map(str, keys.dead))

    @pytest.mark.parametrize("schema", [MANY])
    def test_digits_jump_to_as_many_landmarks_and_two_of_them_beyond_the_tenth(
        self, page: Page, served: Served
    ) -> None:
        open_label_page(page, served.label_url)
        active = page.locator("#landmark-now")

        for digit, name in {**{str(n): f"p{n - 1}" for n in range(1, 10)}, "0": "p9"}.items():
            page.wait_for_timeout(SECOND_DIGIT_MS)
            page.keyboard.press(digit)
            expect(active).to_have_text(name)
        page.wait_for_timeout(SECOND_DIGIT_MS)
        page.keyboard.press("1")
        page.keyboard.press("2")

        expect(active).to_have_text("p11")


@pytest.mark.parametrize("schema", [QUESTIONS | {"attributes": [YAW]}])
@pytest.mark.parametrize(
    ("keys", "value"),
    [(["ArrowUp", "Enter"], -11.4), (["7", "Control+Enter"], 7)],
)
def test_a_number_that_is_there_comes_before_the_predicted_one(
    page: Page, served: Served, database: Database, keys: list[str], value: float
) -> None:
    predict(database, served.project_id, image_count=8, shift_px=0, places={})
    page.goto(served.label_url)
    page.wait_for_selector(SEEN)
    first = image_id(page)

    for key in keys:
        page.keyboard.press(key)
    wait_for_next(page, first)
    wait_until_saved(page)

    assert [each.body for each in revisions(database)] == [{"value": value}]


@pytest.mark.parametrize("schema", [QUESTIONS | {"attributes": [YAW]}])
def test_a_number_that_is_none_yet_is_not_taken_for_an_empty_field(
    page: Page, served: Served, database: Database
) -> None:
    predict(database, served.project_id, image_count=8, shift_px=0, places={})
    page.goto(served.label_url)
    page.wait_for_selector(SEEN)

    page.keyboard.press("-")
    page.keyboard.press("Enter")

    expect(page.locator("#notice")).to_have_text("A number from -90 to 90 deg, please.")
    assert revisions(database) == []


@pytest.mark.parametrize("schema", [QUESTIONS | {"attributes": [POSE]}])
class TestTwoClasses:
    @pytest.mark.parametrize(
        ("chord", "value"), [("ArrowRight", "front"), ("y", "front"), ("x", "side"), ("o", "front")]
    )
    def test_yes_is_the_first_class(
        self, page: Page, served: Served, database: Database, chord: str, value: str
    ) -> None:
        page.goto(served.label_url)
        page.wait_for_selector(SEEN)
        first = image_id(page)

        page.keyboard.press(chord)
        wait_for_next(page, first)
        wait_until_saved(page)

        assert [each.body for each in revisions(database)] == [{"value": value}]

    def test_the_buttons_show_digit_letter_and_arrow(self, page: Page, served: Served) -> None:
        page.goto(served.label_url)
        page.wait_for_selector(SEEN)

        assert page.locator(".choice").nth(0).locator("kbd").all_inner_texts() == ["1", "O", "→"]
        assert page.locator(".choice").nth(1).get_attribute("aria-keyshortcuts") == "2 S ArrowLeft N X"

    def test_backspace_takes_the_last_answer_back_after_a_reload(
        self, page: Page, served: Served, database: Database
    ) -> None:
        page.goto(served.label_url)
        page.wait_for_selector(SEEN)
        first = image_id(page)
        page.keyboard.press("1")
        wait_for_next(page, first)
        wait_until_saved(page)

        page.reload()
        strike(page, "Backspace")
        page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")
        expect(page.locator(".choice[aria-pressed=true] .name")).to_have_text("front")
        page.keyboard.press("2")
        wait_for_next(page, first)
        wait_until_saved(page)

        assert [(each.number, each.body["value"]) for each in revisions(database, image_id=first)] == [
            (1, "front"),
            (2, "side"),
        ]
