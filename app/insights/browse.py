"""What the data page shows: a project's images, filtered and sorted, a page at a time.

A page begins after (or ends before) a known image, so its price does not depend on how far one has walked:
nothing is counted and nothing skipped. Names never change and archived rows stay, so an image's id is all
that a link to the next page needs. Where a filter may leave few images, app/insights/candidates.py knows
them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, exists, select, tuple_
from sqlalchemy.orm import Session

from app.annotations.tables import LabelHead
from app.errors import Invalid
from app.images.tables import Image, Side
from app.insights import candidates
from app.insights.noted import Noted, noted_ids, notes_on
from app.insights.skipped import IS_WAITING, skipped_ids, unanswered_skips
from app.predictions import repository as predictions
from app.predictions.tables import Prediction
from app.projects.schemas import Schema
from app.projects.tables import Project
from app.queue.tables import Ask

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


@dataclass(frozen=True)
class Listed:
    """One image with its state.

    labelled   its kinds of label in the order of the schema
    skipped    None unless a question was skipped and has no answer yet; the newest reason, or empty
    """

    image: Image
    labelled: tuple[str, ...]
    is_predicted: bool
    note_count: int
    is_flagged: bool
    skipped: str | None


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
    maybe = _candidates(session, project.id, schema, wanted, network_id=network_id)
    walk = _Walk.from_image(start, sort=wanted.sort, is_back=is_back)
    images = _found(session, project.id, wanted, maybe, walk=walk, network_id=network_id, limit=limit + 1)
    has_more = len(images) > limit
    images = images[:limit]
    if is_back:
        images.reverse()
    return Listing(
        _with_state(session, project.id, images, schema, network_id=network_id),
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


@dataclass(frozen=True)
class _Walk:
    """In which direction a page goes, and from where: past an image by name, or from an id on."""

    sort: Sort
    is_falling: bool
    start: Image | None = None
    from_id: int | None = None

    @classmethod
    def from_image(cls, start: Image | None, *, sort: Sort, is_back: bool) -> "_Walk":
        is_falling = (sort in (Sort.NEWEST, Sort.NAME_BACK)) != is_back
        if start is None or sort in (Sort.NAME, Sort.NAME_BACK):
            return cls(sort, is_falling, start)
        return cls(sort, is_falling, from_id=start.id - 1 if is_falling else start.id + 1)

    @property
    def is_by_name(self) -> bool:
        return self.sort in (Sort.NAME, Sort.NAME_BACK)

    def reached(self, image_id: ColumnElement[int]) -> list[ColumnElement[bool]]:
        """Said of every table that a walk by id looks into: else it would be read from its beginning."""
        if self.from_id is None:
            return []
        return [image_id <= self.from_id if self.is_falling else image_id >= self.from_id]

    def through(self, query: Select[Image]) -> Select[Image]:
        keys = [Image.name, Image.id] if self.is_by_name else [Image.id]
        if self.start is not None:
            here, there = tuple_(*keys), tuple_(self.start.name, self.start.id)
            query = query.where(here < there if self.is_falling else here > there)
        query = query.where(*self.reached(Image.id.expression))
        return query.order_by(*(key.desc() if self.is_falling else key for key in keys))


def _candidates(
    session: Session, project_id: int, schema: Schema, wanted: Wanted, *, network_id: int | None
) -> Select[int] | None:
    """Images that may fit, where that can be asked apart from their order."""
    if wanted.name and (named := candidates.named(session, project_id, wanted.name)) is not None:
        return named
    if wanted.state is State.LABELLED and wanted.kind:
        return candidates.labelled(project_id, wanted.kind)
    if wanted.state is State.OPEN and schema.kinds:
        return candidates.unanswered(session, project_id, [wanted.kind] if wanted.kind else schema.kinds)
    if wanted.state is State.SKIPPED:
        return skipped_ids(project_id, schema.kinds)
    if wanted.state is State.UNPREDICTED and network_id is not None:
        return candidates.unpredicted(project_id, network_id)
    return None


def _found(
    session: Session,
    project_id: int,
    wanted: Wanted,
    maybe: Select[int] | None,
    *,
    walk: _Walk,
    network_id: int | None,
    limit: int,
) -> list[Image]:
    """The first images of the walk that fit."""
    ids = candidates.few(session, maybe) if maybe is not None else None
    is_ordered = wanted.state in (State.LABELLED, State.OPEN) and not wanted.name
    if maybe is not None and ids is None and is_ordered and not walk.is_by_name:
        (image_id,) = maybe.selected_columns
        nearest = maybe.where(*walk.reached(image_id)).order_by(
            image_id.desc() if walk.is_falling else image_id
        )
        first = session.scalar(nearest.limit(1))
        if first is None:
            return []
        walk = replace(walk, from_id=first)
    query = _filtered(project_id, wanted, walk=walk, network_id=network_id)
    if ids is not None:
        query = query.where(candidates.among(session, ids))
    return list(session.scalars(walk.through(query).limit(limit)))


def _filtered(project_id: int, wanted: Wanted, *, walk: _Walk, network_id: int | None) -> Select[Image]:
    query = select(Image).where(Image.project_id == project_id, Image.archived_at.is_(None))
    if wanted.side is not None:
        query = query.where(Image.side == wanted.side)
    if wanted.noted is not None:
        query = query.where(Image.id.in_(noted_ids(project_id, wanted.noted)))
    if wanted.name:
        query = query.where(Image.name.icontains(wanted.name, autoescape=True))
    if wanted.state is not None:
        query = query.where(_is_in_state(wanted.state, wanted.kind, network_id, walk))
    return query


def _is_in_state(state: State, kind: str | None, network_id: int | None, walk: _Walk) -> ColumnElement[bool]:
    if state in (State.LABELLED, State.OPEN):
        reached = walk.reached(LabelHead.image_id.expression)
        labelled = exists().where(LabelHead.image_id == Image.id, *reached)
        if kind is not None:
            labelled = labelled.where(LabelHead.kind == kind)
        return labelled if state is State.LABELLED else ~labelled
    if state is State.SKIPPED:
        return exists().where(Ask.image_id == Image.id, IS_WAITING, *walk.reached(Ask.image_id.expression))
    reached = walk.reached(Prediction.image_id.expression)
    predicted = exists().where(Prediction.image_id == Image.id, Prediction.network_id == network_id, *reached)
    return predicted if state is State.PREDICTED else ~predicted


def _with_state(
    session: Session, project_id: int, images: Sequence[Image], schema: Schema, *, network_id: int | None
) -> list[Listed]:
    ids = [image.id for image in images]
    found = session.execute(select(LabelHead.image_id, LabelHead.kind).where(LabelHead.image_id.in_(ids)))
    labelled = {(image_id, kind) for image_id, kind in found}
    said = select(Prediction.image_id).where(
        Prediction.network_id == network_id, Prediction.image_id.in_(ids)
    )
    predicted = set(session.scalars(said))
    noted = notes_on(session, ids)
    skipped = unanswered_skips(session, project_id, ids)
    return [
        Listed(
            image,
            tuple(kind for kind in schema.kinds if (image.id, kind) in labelled),
            image.id in predicted,
            *noted.get(image.id, (0, False)),
            skipped.get(image.id),
        )
        for image in images
    ]
