"""Which images the data page is asked for, and in which order."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from app.errors import Invalid
from app.images.tables import Side
from app.insights.noted import Noted
from app.insights.walk import Sort
from app.projects.schemas import Schema

Word = TypeVar("Word", bound=StrEnum)


class FilterUnknown(Invalid):
    """A filter that the page does not offer, e.g. from an old link."""

    message = "Images cannot be filtered by {field} “{value}”."


class State(StrEnum):
    """What is known of an image; the first two may name a kind, as in `open:pose`."""

    LABELLED = "labelled"
    OPEN = "open"
    PREDICTED = "predicted"
    UNPREDICTED = "unpredicted"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which images, in which order.

    kind    of label that the states labelled and open are about; None for any label at all
    noted   only images with a note, or with one that flags them
    name    part of the file name, upper and lower case alike
    """

    state: State | None = None
    kind: str | None = None
    side: Side | None = None
    noted: Noted | None = None
    name: str = ""
    sort: Sort = Sort.OLDEST

    @property
    def is_narrow(self) -> bool:
        """Whether anything is left out."""
        return any((self.state, self.side, self.noted, self.name))


def wanted_of(*, state: str, side: str, notes: str, name: str, sort: str, schema: Schema) -> Wanted:
    """The filter that a page's address names; empty words mean everything.

    Raises:
        FilterUnknown: one of the words is none that the page offers.

    """
    word, _, kind = state.partition(":")
    if kind and (kind not in schema.kinds or word not in (State.LABELLED, State.OPEN)):
        raise FilterUnknown(field="state", value=state)
    return Wanted(
        state=_member(State, "state", word) if word else None,
        kind=kind or None,
        side=_member(Side, "side", side) if side else None,
        noted=_member(Noted, "notes", notes) if notes else None,
        name=name.strip(),
        sort=_member(Sort, "sort", sort) if sort else Sort.OLDEST,
    )


def _member(words: type[Word], field: str, value: str) -> Word:
    try:
        return words(value)
    except ValueError as error:
        raise FilterUnknown(field=field, value=value) from error
