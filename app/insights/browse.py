"""What the data page shows: a project's images, filtered and sorted, a page at a time.

A page begins after (or ends before) a known image, so its price does not depend on how far one has walked:
nothing is counted and nothing skipped. Names never change and archived rows stay, so an image's id is all
that a link to the next page needs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, exists, func, select, tuple_
from sqlalchemy.orm import Session

from app.annotations.tables import LabelHead, Note, SettledFlag
from app.errors import Invalid
from app.images.tables import Image, Side
from app.predictions import repository as predictions
from app.predictions.tables import Prediction
from app.projects.schemas import Schema
from app.projects.tables import Project

Word = TypeVar("Word", bound=StrEnum)


class FilterUnknown(Invalid):
    """A filter that the page does not offer, e.g. from an old link."""

    message = "Images cannot be filtered by {field} “{value}”."


class Sort(StrEnum):
    """In which order images are listed."""

    OLDEST = "oldest"
    NEWEST = "newest"
    NAME = "name"
    NAME_BACK = "name_back"


class State(StrEnum):
    """What is known of an image; the first two may name a kind, as in `open:pose`."""

    LABELLED = "labelled"
    OPEN = "open"
    PREDICTED = "predicted"
    UNPREDICTED = "unpredicted"


class Noted(StrEnum):
    """What was said about an image; flagged is one that nobody has seen to."""

    ANY = "any"
    FLAGGED = "flagged"


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


@dataclass(frozen=True)
class Listed:
    """One image with its state. `labelled` names its kinds of label in the order of the schema."""

    image: Image
    labelled: tuple[str, ...]
    is_predicted: bool
    note_count: int
    is_flagged: bool


@dataclass(frozen=True)
class Listing:
    """A page of images, and whether others stand before and behind it."""

    rows: Sequence[Listed]
    has_earlier: bool
    has_later: bool


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


def list_images(
    session: Session,
    project: Project,
    schema: Schema,
    wanted: Wanted,
    *,
    after_id: int | None = None,
    before_id: int | None = None,
    limit: int,
) -> Listing:
    """Up to `limit` images past `after_id`, or the last ones before `before_id`, without archived ones.

    An unknown id begins at the start.
    """
    network = predictions.find_current_network(session, project.id)
    network_id = network.id if network else None
    is_back = before_id is not None
    start = _start(session, project.id, before_id if is_back else after_id)
    query = _filtered(project.id, wanted, network_id=network_id)
    ordered = _walked(query, wanted.sort, start=start, is_back=is_back)
    images = list(session.scalars(ordered.limit(limit + 1)))
    has_more = len(images) > limit
    images = images[:limit]
    if is_back:
        images.reverse()
    return Listing(
        _with_state(session, images, schema, network_id=network_id),
        has_earlier=has_more if is_back else start is not None,
        has_later=start is not None if is_back else has_more,
    )


def _member(words: type[Word], field: str, value: str) -> Word:
    try:
        return words(value)
    except ValueError as error:
        raise FilterUnknown(field=field, value=value) from error


def _start(session: Session, project_id: int, image_id: int | None) -> Image | None:
    image = session.get(Image, image_id) if image_id is not None else None
    return image if image is not None and image.project_id == project_id else None


def _filtered(project_id: int, wanted: Wanted, *, network_id: int | None) -> Select[Image]:
    query = select(Image).where(Image.project_id == project_id, Image.archived_at.is_(None))
    if wanted.side is not None:
        query = query.where(Image.side == wanted.side)
    if wanted.noted is not None:
        query = query.where(Image.id.in_(_noted_ids(project_id, wanted.noted)))
    if wanted.name:
        query = query.where(Image.name.icontains(wanted.name, autoescape=True))
    if wanted.state is not None:
        query = query.where(_is_in_state(wanted.state, wanted.kind, network_id))
    return query


def _is_in_state(state: State, kind: str | None, network_id: int | None) -> ColumnElement[bool]:
    if state in (State.LABELLED, State.OPEN):
        labelled = exists().where(LabelHead.image_id == Image.id)
        if kind is not None:
            labelled = labelled.where(LabelHead.kind == kind)
        return labelled if state is State.LABELLED else ~labelled
    predicted = exists().where(Prediction.image_id == Image.id, Prediction.network_id == network_id)
    return predicted if state is State.PREDICTED else ~predicted


_IS_OPEN_FLAG = and_(Note.is_flagged.is_(True), ~exists().where(SettledFlag.note_id == Note.id))


def _noted_ids(project_id: int, noted: Noted) -> Select[int]:
    """For IN and not EXISTS: notes are few, so that SQLite begins with them instead of asking every image."""
    ids = select(Note.image_id).where(Note.project_id == project_id)
    return ids.where(_IS_OPEN_FLAG) if noted is Noted.FLAGGED else ids


def _walked(query: Select[Image], sort: Sort, *, start: Image | None, is_back: bool) -> Select[Image]:
    is_falling = (sort in (Sort.NEWEST, Sort.NAME_BACK)) != is_back
    is_by_name = sort in (Sort.NAME, Sort.NAME_BACK)
    keys = [Image.name, Image.id] if is_by_name else [Image.id]
    if start is not None:
        here = tuple_(*keys)
        there = tuple_(start.name, start.id) if is_by_name else tuple_(start.id)
        query = query.where(here < there if is_falling else here > there)
    return query.order_by(*(key.desc() if is_falling else key for key in keys))


def _with_state(
    session: Session, images: Sequence[Image], schema: Schema, *, network_id: int | None
) -> list[Listed]:
    ids = [image.id for image in images]
    found = session.execute(select(LabelHead.image_id, LabelHead.kind).where(LabelHead.image_id.in_(ids)))
    labelled = {(image_id, kind) for image_id, kind in found}
    said = select(Prediction.image_id).where(
        Prediction.network_id == network_id, Prediction.image_id.in_(ids)
    )
    predicted = set(session.scalars(said))
    noted = _noted(session, ids)
    return [
        Listed(
            image,
            tuple(kind for kind in schema.kinds if (image.id, kind) in labelled),
            image.id in predicted,
            *noted.get(image.id, (0, False)),
        )
        for image in images
    ]


def _noted(session: Session, image_ids: Sequence[int]) -> dict[int, tuple[int, bool]]:
    """How many notes each image has, and whether an open flag is among them; without one it is left out."""
    flags = func.count().filter(_IS_OPEN_FLAG)
    said = select(Note.image_id, func.count(), flags).where(Note.image_id.in_(image_ids))
    return {
        image_id: (count, flag_count > 0)
        for image_id, count, flag_count in session.execute(said.group_by(Note.image_id))
    }
