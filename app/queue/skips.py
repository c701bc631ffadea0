"""Why annotators skip: the reasons that the page offers are codes, and are told in their reader's language.

A reason in somebody's own words is kept as it was written. The audit entry of a skip has them as `why_code`
and `why`, in the same transaction as the skip; rows from before the codes have an English sentence as `why`.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from app.language import _, msgid

SKIPPED = "ask.skipped"  # the action in the audit; its index holds no other


class SkipReason(StrEnum):
    """What the page offers; the last one it sends by itself."""

    BLURRED = "blurred"
    CUT_OFF = "cut_off"
    NOT_WANTED = "not_wanted"
    UNCLEAR = "unclear"
    BROKEN = "broken"


WORDS = {
    SkipReason.BLURRED: msgid("Too blurred or dark"),
    SkipReason.CUT_OFF: msgid("Cut off or covered"),
    SkipReason.NOT_WANTED: msgid("Not what is to be labelled"),
    SkipReason.UNCLEAR: msgid("Unclear how to label it"),
    SkipReason.BROKEN: msgid("The image does not open"),
}
OFFERED = tuple(reason for reason in SkipReason if reason is not SkipReason.BROKEN)
BROKEN_BEFORE = "image does not open: "
BEFORE = {
    "too blurred or dark": SkipReason.BLURRED,
    "cut off or covered": SkipReason.CUT_OFF,
    "not what is to be labelled": SkipReason.NOT_WANTED,
    "unclear how to label it": SkipReason.UNCLEAR,
}


def offered() -> dict[str, str]:
    """Code and words of each reason that the page offers."""
    return {reason.value: _(WORDS[reason]) for reason in OFFERED}


def why_words(detail: Mapping[str, Any]) -> str:
    """The reason that an audit entry has, in the language that is spoken; empty where none was given."""
    code, said = detail.get("why_code"), detail.get("why") or ""
    if code is None and said in BEFORE:
        code, said = BEFORE[said], ""
    elif code is None and said.startswith(BROKEN_BEFORE):
        code, said = SkipReason.BROKEN, said.removeprefix(BROKEN_BEFORE)
    if code is None:
        return said
    words = _(WORDS[SkipReason(code)]) if code in list(SkipReason) else str(code)
    return f"{words}: {said}" if said else words
