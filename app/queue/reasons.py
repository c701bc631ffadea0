"""Why an ask was chosen: the code is stored with its rank, the words are made when it is handed out."""

from collections.abc import Sequence
from enum import StrEnum

from app.projects.schemas import LANDMARKS
from app.queue.planner import Priced


class Reason(StrEnum):
    """Why an image stands where it stands in the queue."""

    NEW = "new"
    SPREAD = "spread"
    DOUBT = "doubt"
    MEASURE = "measure"
    LATER = "later"
    ALIKE = "alike"
    CHOSEN = "chosen"


SENTENCES = {
    Reason.NEW: "Next in the order of import; the images are not ranked yet.",
    Reason.SPREAD: "Typical of images that are unlike all that is labelled so far.",
    Reason.DOUBT: "The network is unsure here: {amount:.1f} times its usual doubt.",
    Reason.MEASURE: "Kept for measuring: this label checks the network and is never trained on.",
    Reason.ALIKE: "Shown in a grid, beside images with the same predicted answer.",
    Reason.CHOSEN: "Somebody chose this image to be asked next.",
    Reason.LATER: "Similar images are labelled already; nothing more urgent is left.",
}


def sentence(code: str, amount: float | None) -> str:
    """The reason of the image."""
    return SENTENCES[Reason(code)].format(amount=amount or 0.0)


def price_sentence(chosen: Priced, priced: Sequence[Priced]) -> str:
    """Why this kind of label now; empty where there was nothing to choose between."""
    others = [each for each in priced if (each.kind == LANDMARKS) != (chosen.kind == LANDMARKS)]
    if not others:
        return ""
    other = max(others, key=lambda each: each.value_per_second)
    mine, theirs = _label(chosen.kind), _label(other.kind)
    if other.value_per_second <= 0:
        return f"{mine} first: {theirs.lower()} teaches nothing yet."
    ratio = chosen.value_per_second / other.value_per_second
    times = f"{ratio:.1f} times as much as" if ratio >= 1.05 else "about as much as"
    return (
        f"A second on {mine.lower()} ({chosen.seconds:.0f} s each) is worth {times} one on {theirs.lower()}."
    )


def _label(kind: str) -> str:
    return "Landmarks" if kind == LANDMARKS else f"“{kind}”"
