"""What every key of the labelling page does, by row of the keymap: what is then otherwise, and how.

A part that an effect does not name must stay as it was.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from unittest.mock import ANY

import pytest
from playwright.sync_api import Page

from tests.browser.test_label_predictions import SAID

Look = Mapping[str, Any]  # the parts of the page by name, see label_look.py
POINTS_SHOWN = ("eye l", "eye r", "mouth")
GHOSTS = {
    name: ("visible", pytest.approx(x), pytest.approx(y))
    for name, (x, y) in zip(POINTS_SHOWN, SAID.values(), strict=True)
}
UNSET = ("unset", None, None)
OF_IMAGE = (
    "image", "kind", "lease", "camera", "marks", "ghosts", "active", "edges", "heats", "pressed", "number",
    "slider", "newest", "reference",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Other:
    """Anything but this."""

    than: Any

    def __eq__(self, found: object) -> bool:
        return bool(found != self.than)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Like:
    """Words of this form."""

    pattern: str

    def __eq__(self, found: object) -> bool:
        return re.fullmatch(self.pattern, str(found)) is not None

    __hash__ = None  # type: ignore[assignment]


def differences(page: Page, look: Callable[[], Look], wanted: Look) -> dict[str, Any]:
    """Parts of the page that are not as they should be by now: what was wanted, and what is there."""
    for _ in range(100):
        found = look()
        left = {part: (value, found[part]) for part, value in wanted.items() if value != found[part]}
        if not left:
            return {}
        page.wait_for_timeout(30)
    return left


class Struck(NamedTuple):
    """A key that is struck: the page before it and before the keys that lead to it, its argument."""

    start: Look
    before: Look
    arg: Any
    classes: tuple[str, ...] = ()  # of the question

    def mark(self, name: str) -> tuple[str, float, float]:
        """How a landmark stands."""
        state, x, y = self.before["marks"][name]
        return state, x, y

    def with_marks(self, **marks: tuple[Any, ...]) -> dict[str, Any]:
        """The points of before, but for these; `_` stands for a blank."""
        return self.before["marks"] | {name.replace("_", " "): mark for name, mark in marks.items()}


Effect = Callable[[Struck], dict[str, Any]]


def nothing(_: Struck) -> dict[str, Any]:
    return {}


def another_image(struck: Struck, **parts: Any) -> dict[str, Any]:
    return dict.fromkeys(OF_IMAGE, ANY) | {"image": Other(struck.before["image"])} | parts


def answered(struck: Struck, body: Any) -> dict[str, Any]:
    """This is stored as the answer about the image, and another one is shown."""
    newest = (*struck.before["image"], body)
    return another_image(struck, newest=newest, answers=struck.before["answers"] + 1)


def answered_by_class(at: int) -> Effect:
    return lambda struck: answered(struck, struck.classes[at])


def chosen(struck: Struck) -> dict[str, Any]:
    return answered(struck, struck.classes[struck.arg - 1]) if struck.arg <= len(struck.classes) else {}


def chosen_to_stay(struck: Struck) -> dict[str, Any]:
    if struck.arg > len(struck.classes):
        return {}
    value = struck.classes[struck.arg - 1]
    newest = (*struck.before["image"], value)
    return {"newest": newest, "answers": struck.before["answers"] + 1, "pressed": (value,), "lease": ANY}


def skipped(struck: Struck) -> dict[str, Any]:
    """A question beside the asked one has no lease, so there is nothing to be told to the server."""
    skips = struck.before["skips"] + (struck.before["lease"] is not None)
    return another_image(struck, newest=struck.before["newest"], skips=skips)


def seen_again(struck: Struck) -> dict[str, Any]:
    """The newest answer, as it was given."""
    number, kind, body = struck.before["newest"]
    said = {"marks": body} if kind == "landmarks" else {"pressed": ANY}
    words = "Your earlier answer. A new one replaces it."
    return another_image(struck, image=(number, kind), newest=struck.before["newest"], notice=words) | said


def seen_as_at_the_start(struck: Struck) -> dict[str, Any]:
    """Back where the keys before it began: with all that was there."""
    return another_image(struck, **{part: struck.start[part] for part in ("image", "marks", "newest")})


def question(step: int) -> Effect:
    kinds = ("pose", "mood", "yaw")

    def effect(struck: Struck) -> dict[str, Any]:
        number, kind = struck.before["image"]
        wanted = kinds[(kinds.index(kind) + step) % len(kinds)]
        return another_image(struck, image=(number, wanted), kind=wanted, newest=struck.before["newest"])

    return effect


def opens(dialog: str) -> Effect:
    return lambda _: {"dialog": dialog, "focus": dialog}


def says(words: str) -> Effect:
    return lambda _: {"notice": Like(words)}


def switches(part: str, value: Any, **also: Any) -> Effect:
    return lambda _: {part: value} | also


def lit(brightness: float, contrast: float) -> Effect:
    words = f"Brightness {brightness:.0%}, contrast {contrast:.0%}. Ctrl + 0 resets.".replace("%", " %")
    return switches(
        "light", f"brightness({round(brightness, 3):g}) contrast({round(contrast, 3):g})", notice=words
    )


def zoomed(factor: float) -> Effect:
    return lambda struck: {"camera": (pytest.approx(factor * struck.before["camera"][0], rel=1e-4), ANY, ANY)}


def fitted(struck: Struck) -> dict[str, Any]:
    return {"camera": struck.start["camera"]}


def mode(name: str, kind: Any) -> Effect:
    def effect(struck: Struck) -> dict[str, Any]:
        return another_image(struck, image=ANY, kind=kind, mode=(name,), newest=struck.before["newest"])

    return effect


def submitted(struck: Struck) -> dict[str, Any]:
    return answered(struck, struck.before["marks"])


def jumped(struck: Struck) -> dict[str, Any]:
    """Digits beyond the last landmark lead nowhere."""
    return {"active": POINTS_SHOWN[struck.arg - 1]} if struck.arg in (1, 2, 3) else {}


def nudged(struck: Struck) -> dict[str, Any]:
    state, x, y = struck.mark("eye l")
    to = (state, pytest.approx(x + struck.arg["dx"]), pytest.approx(y + struck.arg["dy"]))
    return {"marks": struck.with_marks(eye_l=to)}


def hidden(struck: Struck) -> dict[str, Any]:
    _, x, y = struck.mark("eye l")
    return {"marks": struck.with_marks(eye_l=("hidden", x, y)), "active": "All placed"}


def absent(struck: Struck) -> dict[str, Any]:
    """The lines to it go as well."""
    return {"marks": struck.with_marks(eye_l=("absent", None, None)), "active": "All placed", "edges": 1}


def unset(struck: Struck) -> dict[str, Any]:
    return {"marks": struck.with_marks(eye_l=UNSET), "edges": 1, "ghosts": ("eye l",)}


def accepted(struck: Struck) -> dict[str, Any]:
    marks = struck.with_marks(eye_l=GHOSTS["eye l"])
    return {"marks": marks, "active": "eye r", "ghosts": ("eye r", "mouth")}


def brought(struck: Struck) -> dict[str, Any]:
    """As on the image before."""
    return {
        "marks": struck.before["newest"][2],
        "active": "All placed",
        "edges": 2,
        "ghosts": (),
        "notice": ANY,
    }


def mirrored(struck: Struck) -> dict[str, Any]:
    """At the line between the eyes, which change places and names: only the mouth moves."""
    (_, x1, y1), (_, x2, y2), (state, x, y) = (struck.mark(name) for name in POINTS_SHOWN)
    length = math.hypot(x2 - x1, y2 - y1)
    right, down = (x2 - x1) / length, (y2 - y1) / length
    away = 2 * ((x - (x1 + x2) / 2) * right + (y - (y1 + y2) / 2) * down)
    mouth = (state, pytest.approx(x - away * right), pytest.approx(y - away * down))
    eyes = {
        f"eye_{side}": (state, pytest.approx(x), pytest.approx(y))
        for side, (state, x, y) in zip("lr", (struck.mark("eye l"), struck.mark("eye r")), strict=True)
    }
    return {"marks": struck.with_marks(mouth=mouth, **eyes)}


def swapped(struck: Struck) -> dict[str, Any]:
    return {"marks": struck.with_marks(eye_l=struck.mark("eye r"), eye_r=struck.mark("eye l"))}


def undone(struck: Struck) -> dict[str, Any]:
    return {part: struck.start[part] for part in ("marks", "edges", "ghosts")} | {"active": ANY}


def zoomed_to_active(struck: Struck) -> dict[str, Any]:
    """The landmark in the middle of the stage."""
    fit, (_, x, y) = struck.before["camera"][0], struck.mark("eye l")
    scale = min(3.5 * fit, max(fit, 12))
    width, height = struck.before["stage"]
    at = [pytest.approx(half - scale * place, abs=0.1) for half, place in ((width / 2, x), (height / 2, y))]
    return {"camera": (pytest.approx(scale, rel=1e-3), *at)}


def stepped(struck: Struck) -> dict[str, Any]:
    """By one, from where the slider stands."""
    number = f"{struck.before['slider'] + struck.arg:g}"
    return {"number": number, "slider": float(number)}


ANYWHERE: dict[str, Effect] = {
    "skip": skipped,
    "skipBecause": opens("skip"),
    "back": seen_again,
    "forward": seen_as_at_the_start,
    "saySaved": says(r"All saved\. Last answer saved \d+ (s|min) ago\."),
    "note": opens("note"),
    "palette": opens("palette"),
    "help": opens("help"),
    "fit": fitted,
    "zoomIn": zoomed(1.25),
    "zoomOut": zoomed(0.8),
    "imageBefore": seen_as_at_the_start,
    "imageAfter": lambda struck: another_image(struck, newest=struck.before["newest"]),
    "lighter": lit(1.15, 1),
    "darker": lit(1 / 1.15, 1),
    "harder": lit(1, 1.15),
    "softer": lit(1, 1 / 1.15),
    "localContrast": switches("local", value=True, notice=Like("Brightness.* local contrast.*")),
    "lightReset": switches("light", "", local=False, notice="The picture is shown as it is."),
    "escape": switches("focus", "panel"),
}
LANDMARKS = ANYWHERE | {
    "submit": submitted,
    "undo": undone,
    "redo": undone,
    "modeLandmarks": mode("landmarks", "landmarks"),
    "modeAttributes": mode("attributes", Other("landmarks")),
    "modeAuto": mode("auto", ANY),
    "jump": jumped,
    "next": switches("active", "eye r"),
    "previous": switches("active", "mouth"),
    "hidden": hidden,
    "absent": absent,
    "unset": unset,
    "accept": accepted,
    "acceptAll": lambda struck: answered(struck, GHOSTS),
    "loadPrediction": switches("ghosts", POINTS_SHOWN, notice="The prediction is shown."),
    "clearPrediction": switches("ghosts", (), notice="The prediction is put away. P brings it back."),
    "bringShape": brought,
    "copyShape": says(r"The shape is copied\. .*"),
    "pasteShape": undone,
    "mirror": mirrored,
    "swapPair": swapped,
    "nudge": nudged,
    "nudgeFar": nudged,
    "nudgeFine": nudged,
    "autoZoom": zoomed_to_active,
    "panReady": switches("pan", "true"),
    "hide": switches("overlay", "hidden"),
    "edges": switches("edges", 0),
    "names": switches("names", value=False),
    "reference": switches("reference", value=False),
    "heat": switches("heat", value=True, heats=3),
}
QUESTION = ANYWHERE | {
    "undo": seen_again,
    "redo": seen_as_at_the_start,
    "takeBack": seen_again,
    # a project without landmarks has nothing to choose between
    "modeLandmarks": nothing,
    "modeAttributes": nothing,
    "modeAuto": nothing,
    "repeat": lambda struck: answered(struck, None),
    "cannotTell": lambda struck: answered(struck, None),
    "skipQuestion": skipped,
}
CLASSES = QUESTION | {
    # what was chosen to stay is stored already
    "submit": lambda struck: another_image(struck, newest=struck.before["newest"]),
    "choose": chosen,
    "chooseStay": chosen_to_stay,
    "yes": answered_by_class(0),
    "no": answered_by_class(1),
    "questionBefore": question(-1),
    "questionAfter": question(1),
    "cannotTellZero": lambda struck: answered(struck, None),
}
SCALE = QUESTION | {
    "submit": lambda struck: answered(struck, 12.0) | {"focus": "stage"},
    "typeNumber": switches("focus", "scale-number", number=ANY, slider=ANY),
    "stepValue": stepped,
    "scaleBefore": question(-1),
    "scaleAfter": question(1),
}
