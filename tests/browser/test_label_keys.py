"""The keymap of the labelling page: every key of it, presets, own keys, the palette."""

import json
import shutil
import subprocess
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.db import Database
from tests.browser.conftest import Served
from tests.browser.labelling import (
    NEXT_FRAME,
    SEEN,
    SPOTS,
    click_image,
    image_id,
    kind,
    open_label_page,
    revisions,
    wait_for_next,
    wait_until_saved,
)
from tests.browser.test_label_predictions import predict
from tests.factories import FACE
from tests.source import ROOT

pytestmark = pytest.mark.browser

POSE, YAW = FACE["attributes"]
MOOD = {"name": "mood", "question": "Which mood?", "kind": "classes", "classes": ["glad", "calm", "worn"]}
QUESTIONS = FACE | {"landmarks": [], "edges": [], "mirror_pairs": [], "normaliser": {"kind": "box"}}

# What of the page a row of the keymap changes, and the keys that come before it, by scope.
ANYWHERE = {
    "skip": "image", "skipBecause": "dialog", "back": "image", "forward": "image", "saySaved": "notice",
    "note": "dialog",
    "palette": "dialog", "fit": "camera", "zoomIn": "camera", "zoomOut": "camera", "imageBefore": "image",
    "imageAfter": "image", "lighter": "light", "darker": "light", "harder": "light", "softer": "light",
    "localContrast": "local", "lightReset": "light", "help": "dialog", "escape": "focus",
    "modeLandmarks": "mode", "modeAttributes": "mode", "modeAuto": "mode",
}  # fmt: skip
POINTS = {
    "submit": "image", "undo": "marks", "redo": "marks", "jump": "active", "next": "active",
    "previous": "active", "hidden": "marks", "absent": "marks", "unset": "marks", "accept": "marks",
    "acceptAll": "image", "loadPrediction": "ghosts", "clearPrediction": "ghosts", "bringShape": "marks",
    "copyShape": "notice", "pasteShape": "marks", "mirror": "marks", "swapPair": "marks", "nudge": "marks",
    "nudgeFar": "marks", "nudgeFine": "marks", "autoZoom": "camera", "panReady": "pan", "hide": "overlay",
    "edges": "edges", "names": "overlay", "reference": "reference", "heat": "heat",
}  # fmt: skip
CHOICES = {
    "submit": "image", "undo": "notice", "choose": "image", "chooseStay": "pressed", "yes": "image",
    "no": "image", "repeat": "image", "questionBefore": "kind", "questionAfter": "kind",
    "cannotTell": "image", "cannotTellZero": "image", "skipQuestion": "image", "takeBack": "image",
}  # fmt: skip
NUMBERS = {
    "submit": "notice", "undo": "notice", "cannotTell": "image", "skipQuestion": "image",
    "takeBack": "image", "repeat": "image", "typeNumber": "focus", "stepValue": "number",
    "scaleBefore": "kind", "scaleAfter": "kind",
}  # fmt: skip
# nothing to see at a question; bound to no key; another page
UNSEEN = {"redo", "keys", "worstFirst", "follow", "gridMode"}
BEFORE = {
    "forward": ["Control+ArrowLeft"], "fit": ["+"], "imageBefore": ["."], "lightReset": ["Shift+B"],
    "modeLandmarks": ["Alt+4"],
}  # fmt: skip
ON_FIRST = {
    row: ["1"]
    for row in (
        "next", "previous", "hidden", "absent", "unset", "swapPair", "nudge", "nudgeFar", "nudgeFine",
    )
}  # fmt: skip
BEFORE_POINTS = BEFORE | ON_FIRST | {
    "redo": ["Control+z"], "loadPrediction": ["Shift+P"], "pasteShape": ["1", "Control+c", "ArrowRight"],
    "autoZoom": ["f", "1"],
}  # fmt: skip
EMPTY = {"accept", "acceptAll", "loadPrediction", "clearPrediction", "bringShape"}  # no point is placed
AFTER = {
    "forward": "Control+ArrowRight", "modeAttributes": "Alt+1", "modeAuto": "Alt+1", "autoZoom": "z",
    "hide": "h", "names": "t", "edges": "e", "reference": "r", "heat": "u",
}  # fmt: skip

LOOK = """() => {
  const find = (selector) => document.querySelector(selector);
  const all = (selector, of) => [...document.querySelectorAll(selector)].map(of).join(" ");
  const { dataset } = find("#label");
  const picture = find("#picture");
  const overlay = find("#overlay").dataset;
  return {
    image: `${dataset.imageId} ${dataset.kind}`, kind: dataset.kind,
    camera: picture.style.transform, light: picture.style.filter,
    local: find("#picture canvas")?.checkVisibility() ?? false, notice: find("#notice").dataset.fresh,
    dialog: find("dialog[open]")?.id ?? "",
    focus: document.activeElement.id || document.activeElement.className,
    mode: all("[data-mode]", (node) => node.ariaPressed), overlay: overlay.hidden + overlay.names,
    marks: all(".mark", (node) => node.dataset.state + node.getAttribute("transform")),
    ghosts: all(".ghost", (node) => node.dataset.shown), active: find("#landmark-now").textContent,
    edges: all("line.edge", (node) => node.dataset.shown), pan: find("#stage").dataset.pan,
    reference: find("#reference").hidden, heat: find("#button-heat").ariaPressed,
    pressed: all(".choice", (node) => node.ariaPressed), number: find("#scale-number").value,
  };
}"""


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


def settle(page: Page) -> dict[str, Any]:
    """What is to be seen, once the shown image may be answered."""
    page.evaluate(NEXT_FRAME)  # what was pressed before is drawn
    page.wait_for_selector(SEEN)
    found: dict[str, Any] = page.evaluate(LOOK)
    return found


def strike(page: Page, *chords: str) -> None:
    """Press one after the other, each on what the one before has led to."""
    for chord in chords:
        settle(page)
        page.keyboard.press(pressed(chord))


def sees(page: Page, before: dict[str, Any], what: str) -> bool:
    """Whether this part of the page changes."""
    for _ in range(60):
        if page.evaluate(LOOK)[what] != before[what]:
            return True
        page.wait_for_timeout(50)
    return False


def tidy(page: Page) -> None:
    """No dialog, and the focus on the image."""
    if page.evaluate(LOOK)["dialog"]:
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
    """Every landmark of FACE at its spot."""
    unplace(page)
    strike(page, "f", "1")
    for spot in SPOTS.values():
        click_image(page, *spot)


def come_to(page: Page, asked: str) -> None:
    """This question, about whatever image."""
    if kind(page) != asked:
        before = settle(page)
        page.keyboard.press("PageDown")
        assert sees(page, before, "kind")
        settle(page)


class TestEveryKey:
    """In the default preset. A row of the table that is missing here fails."""

    @pytest.fixture
    def image_count(self) -> int:
        return 40

    def test_on_landmarks(self, page: Page, served: Served, database: Database) -> None:
        predict(database, served.project_id, image_count=40, shift_px=0)
        open_label_page(page, served.label_url, mode="landmarks")
        place_all(page)
        strike(page, "Enter")  # an answer to go back to
        dead = []

        for row, chord, arg in bindings("landmarks"):
            if row == "gridMode":  # leads to another page: tests/browser/test_label_queue.py
                continue
            what = (ANYWHERE | POINTS)[row]
            if row in EMPTY:
                unplace(page)
            elif row not in ANYWHERE:
                place_all(page)
            if row == "jump":
                strike(page, "1" if arg != 1 else "2")
            strike(page, *BEFORE_POINTS.get(row, []))
            before = settle(page)
            page.keyboard.down(pressed(chord)) if row == "panReady" else page.keyboard.press(pressed(chord))
            is_beyond = row == "jump" and arg not in (1, 2, 3)
            if sees(page, before, what) if not is_beyond else settle(page)[what] != before[what]:
                dead += [(row, chord, "beyond")] if is_beyond else []
            elif not is_beyond:
                dead.append((row, chord, what))
            if row == "panReady":
                page.keyboard.up(pressed(chord))
            tidy(page)
            strike(page, *filter(None, [AFTER.get(row)]))

        assert not dead, str(dead)

    @pytest.mark.parametrize(
        ("schema", "asked", "scope", "changes"),
        [
            (QUESTIONS | {"attributes": [POSE, MOOD]}, "pose", "binary", CHOICES),
            (QUESTIONS | {"attributes": [POSE, MOOD]}, "mood", "classes", CHOICES),
            (QUESTIONS | {"attributes": [YAW, MOOD]}, "yaw", "scale", NUMBERS),
        ],
        ids=["two classes", "classes", "number"],
    )
    def test_at_a_question(
        self, page: Page, served: Served, asked: str, scope: str, changes: dict[str, str]
    ) -> None:
        classes = {"pose": 2, "mood": 3}.get(asked, 0)
        page.goto(served.label_url)
        strike(page, "u")  # an answer to go back to
        dead = []

        for row, chord, arg in bindings(scope):
            if row in UNSEEN or row.startswith("mode"):  # this project has one mode
                continue
            if row in ("choose", "chooseStay") and arg > classes:
                continue
            if row in ("repeat", "chooseStay"):
                come_to(page, asked)
                strike(page, "u")
            come_to(page, asked)
            if row == "submit" and classes:
                strike(page, "Shift+1")
            if row == "fit":
                page.mouse.move(300, 300)
                page.mouse.wheel(0, -300)
            else:
                strike(page, *BEFORE.get(row, []))
            before = settle(page)
            page.keyboard.press(pressed(chord))
            if not sees(page, before, (ANYWHERE | changes)[row]):
                dead.append((row, chord))
            tidy(page)

        assert not dead, str(dead)


@pytest.mark.parametrize("schema", [QUESTIONS | {"attributes": [POSE]}])
class TestTwoClasses:
    @pytest.mark.parametrize(
        ("chord", "value"), [("ArrowRight", "front"), ("y", "front"), ("x", "side"), ("o", "front")]
    )
    def test_yes_is_the_first_class(
        self, page: Page, served: Served, database: Database, chord: str, value: str
    ) -> None:
        page.goto(served.label_url)
        settle(page)
        first = image_id(page)

        page.keyboard.press(chord)
        wait_for_next(page, first)
        wait_until_saved(page)

        assert [each.body for each in revisions(database)] == [{"value": value}]

    def test_the_buttons_show_digit_letter_and_arrow(self, page: Page, served: Served) -> None:
        page.goto(served.label_url)
        settle(page)

        assert page.locator(".choice").nth(0).locator("kbd").all_inner_texts() == ["1", "O", "→"]
        assert page.locator(".choice").nth(1).get_attribute("aria-keyshortcuts") == "2 S ArrowLeft N X"

    def test_backspace_takes_the_last_answer_back_after_a_reload(
        self, page: Page, served: Served, database: Database
    ) -> None:
        page.goto(served.label_url)
        settle(page)
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
