"""Which images the data page is asked for, and in which order."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from app.errors import Invalid
from app.images.tables import Side
from app.insights.noted import Noted
from app.insights.walk import Sort
from app.projects.schemas import Schema

Member = TypeVar("Member", bound=StrEnum)
Word = Annotated[str, Field(max_length=100)]


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


class ListQuery(BaseModel):
    """The filter and order of a list of images, as its address says them; empty words mean everything."""

    state: Word = ""
    side: Word = ""
    notes: Word = ""
    name: Word = ""
    sort: Word = ""

    def wanted(self, schema: Schema) -> Wanted:
        """See wanted_of."""
        return wanted_of(**self._words(), schema=schema)

    def address(self, **place: int) -> str:
        """The end of an address that says the same, and a place in the list; empty where all is said."""
        kept = {name: value for name, value in self._words().items() if value}
        said = urlencode(kept | {name: str(image_id) for name, image_id in place.items()})
        return f"?{said}" if said else ""

    def _words(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ListQuery.model_fields}


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


def _member(words: type[Member], field: str, value: str) -> Member:
    try:
        return words(value)
    except ValueError as error:
        raise FilterUnknown(field=field, value=value) from error
