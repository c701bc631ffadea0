"""Why an ask was chosen: the code is stored with its rank, the words are made when it is handed out.

The words are kept in English with the lease; `retold` says them in their reader's language.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from app.language import find_retold, msgid
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
    GROWN = "grown"


SENTENCES = {
    Reason.NEW: msgid("Next in the order of import; the images are not ranked yet."),
    Reason.SPREAD: msgid("Typical of images that are unlike all that is labelled so far."),
    Reason.DOUBT: msgid("The network is unsure here: {amount:.1f} times its usual doubt."),
    Reason.MEASURE: msgid("Kept for measuring: this label checks the network and is never trained on."),
    Reason.ALIKE: msgid("Shown in a grid, beside images with the same predicted answer."),
    Reason.CHOSEN: msgid("Somebody chose this image to be asked next."),
    Reason.GROWN: msgid("Answered before the project gained a landmark: only that one is left."),
    Reason.LATER: msgid("Similar images are labelled already; nothing more urgent is left."),
}
FIRST = msgid("{mine} first: {theirs} teaches nothing yet.")
WORTH = msgid("A second on {mine} ({seconds:.0f} s each) is worth {times} one on {theirs}.")
MORE = msgid("{ratio:.1f} times as much as")
ALIKE = msgid("about as much as")
KINDS = (msgid("Landmarks"), msgid("landmarks"), msgid("“{name}”"))
TEMPLATES = (*SENTENCES.values(), FIRST, WORTH, MORE, ALIKE, *KINDS)


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
        return FIRST.format(mine=mine, theirs=theirs.lower())
    ratio = chosen.value_per_second / other.value_per_second
    times = MORE.format(ratio=ratio) if ratio >= 1.05 else ALIKE
    return WORTH.format(mine=mine.lower(), seconds=chosen.seconds, times=times, theirs=theirs.lower())


def retold(words: str) -> str:
    """What a lease keeps, one sentence or two, in the language that is spoken."""
    ends = [*(found.start() for found in re.finditer(r"(?<=\.) ", words)), len(words)]
    for end in ends:
        first, rest = find_retold(words[:end], TEMPLATES), words[end + 1 :]
        last = find_retold(rest, TEMPLATES) if rest else ""
        if first is not None and last is not None:
            return f"{first} {last}".strip()
    return words


def _label(kind: str) -> str:
    return "Landmarks" if kind == LANDMARKS else f"“{kind}”"
