"""The first images of a walk that fit a filter, at a price that does not grow with the pool.

Often many fit, and a page is full within the next few hundred images. If it is not, an index is asked which
images may fit at all: few are looked at one by one; to many that stand together a walk by id leaps. What no
network has predicted stands on a list of its own, in both orders.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.orm import Session

from app.annotations.tables import LabelHead
from app.db import is_one_of
from app.images.tables import Image
from app.insights import candidates
from app.insights.candidates import Candidates
from app.insights.noted import noted_ids
from app.insights.skipped import IS_WAITING, skipped_ids
from app.insights.walk import Walk
from app.insights.wanted import State, Wanted
from app.predictions import unpredicted
from app.predictions.tables import Prediction, Unpredicted
from app.projects.schemas import Schema
from app.queue.tables import Ask

NEAR = 200  # images that are looked at before an index is asked: a few ms, and a page if one in three fits


@dataclass(frozen=True)
class Search:
    """What is looked for, and where."""

    session: Session
    project_id: int
    schema: Schema
    network_id: int | None
    wanted: Wanted

    def first(self, walk: Walk, limit: int) -> list[Image]:
        """Up to so many images of the walk that fit, in its order."""
        if not self.wanted.is_narrow:
            return self._fitting(walk, limit)
        next_ids = self._next_ids(walk)
        near = self._among(next_ids, walk, limit)
        if len(next_ids) < NEAR or len(near) == limit:
            return near
        there = list(self._candidates())
        for each in there:
            ids = each.few(self.session)
            if ids is not None:
                return self._among(ids, walk, limit)
        leapt = self._leapt(walk, there)
        return self._far(leapt, limit) if leapt else []

    def _next_ids(self, walk: Walk) -> Sequence[int]:
        """The next NEAR images, named: of a stretch between two names PostgreSQL misjudges the length."""
        ahead = walk.through(select(Image.id).where(Image.project_id == self.project_id))
        return self.session.scalars(ahead.limit(NEAR)).all()

    def _among(self, ids: Sequence[int], walk: Walk, limit: int) -> list[Image]:
        query = self._filtered(walk).where(is_one_of(self.session, Image.id, ids))
        return list(self.session.scalars(walk.through(query).limit(limit)))

    def _candidates(self) -> Iterator[Candidates]:
        """What may fit by one part of the filter, where that can be asked apart from the order."""
        wanted = self.wanted
        if wanted.noted is not None:
            yield candidates.noted(self.project_id, wanted.noted)
        if wanted.state is State.LABELLED:
            yield candidates.labelled(self.session, self.project_id, wanted.kind)
        if wanted.state is State.OPEN and self.schema.kinds:
            kinds = [wanted.kind] if wanted.kind else self.schema.kinds
            if unanswered := candidates.unanswered(self.session, self.project_id, kinds):
                yield unanswered
        if wanted.state is State.SKIPPED:
            yield Candidates(skipped_ids(self.project_id, self.schema.kinds))
        if wanted.state is State.PREDICTED and self.network_id is not None:
            yield candidates.predicted(self.network_id)
        if wanted.side is not None:
            yield candidates.on_side(self.project_id, wanted.side)
        if wanted.name and (named := candidates.named(self.session, self.project_id, wanted.name)):
            yield named

    def _leapt(self, walk: Walk, there: Sequence[Candidates]) -> Walk | None:
        """The walk begun at the first image that may fit; None where none does."""
        for each in there:
            if not walk.is_by_name and each.ordered:
                first = each.first(self.session, walk)
                if first is None:
                    return None
                walk = walk.from_id(first)
        return walk

    def _far(self, walk: Walk, limit: int) -> list[Image]:
        through_id = None
        if self.wanted.state is State.UNPREDICTED and self.network_id is not None:
            through_id = unpredicted.find_through_id(self.session, self.project_id, self.network_id)
        if through_id is None:
            return self._fitting(walk, limit)
        found = self._by_list(walk, through_id, limit)
        still = unpredicted.find_through_id(self.session, self.project_id, self.network_id or 0)
        if still is None or still < through_id:  # another network was promoted meanwhile
            return self._fitting(walk, limit)
        return found

    def _by_list(self, walk: Walk, through_id: int, limit: int) -> list[Image]:
        """Of those on the list and those that came after it, the first.

        Each part is asked apart: in one statement, PostgreSQL prefers to walk through all names.
        """
        ids = self._filtered(walk).with_only_columns(Image.id)
        on_list = ids.join(Unpredicted, Unpredicted.image_id == Image.id)
        on_list = on_list.where(Unpredicted.network_id == self.network_id)
        on_list = walk.through(on_list, name=Unpredicted.name, image_id=Unpredicted.image_id)
        found = {*self.session.scalars(on_list.limit(limit))}
        came_later = select(Image.id).where(Image.project_id == self.project_id, Image.id > through_id)
        later = Candidates.in_order(came_later).few(self.session)
        if later is None:
            found.update(self.session.scalars(walk.through(ids.where(Image.id > through_id)).limit(limit)))
        elif later:
            some = ids.where(is_one_of(self.session, Image.id, later))
            found.update(self.session.scalars(walk.through(some).limit(limit)))
        both = select(Image).where(is_one_of(self.session, Image.id, sorted(found)))
        return list(self.session.scalars(walk.whole().through(both).limit(limit)))

    def _fitting(self, walk: Walk, limit: int) -> list[Image]:
        return list(self.session.scalars(walk.through(self._filtered(walk)).limit(limit)))

    def _filtered(self, walk: Walk) -> Select[Image]:
        wanted = self.wanted
        query = select(Image).where(Image.project_id == self.project_id, Image.archived_at.is_(None))
        if wanted.side is not None:
            query = query.where(Image.side == wanted.side)
        if wanted.noted is not None:
            query = query.where(Image.id.in_(noted_ids(self.project_id, wanted.noted)))
        if wanted.name:
            query = query.where(Image.name.icontains(wanted.name, autoescape=True))
        if wanted.state is not None:
            query = query.where(self._is_in_state(wanted.state, walk))
        return query

    def _is_in_state(self, state: State, walk: Walk) -> ColumnElement[bool]:
        if state in (State.LABELLED, State.OPEN):
            reached = walk.reached(LabelHead.image_id.expression)
            labelled = exists().where(LabelHead.image_id == Image.id, *reached)
            if self.wanted.kind is not None:
                labelled = labelled.where(LabelHead.kind == self.wanted.kind)
            return labelled if state is State.LABELLED else ~labelled
        if state is State.SKIPPED:
            reached = walk.reached(Ask.image_id.expression)
            return exists().where(Ask.image_id == Image.id, IS_WAITING, *reached)
        reached = walk.reached(Prediction.image_id.expression)
        said = (Prediction.image_id == Image.id, Prediction.network_id == self.network_id)
        predicted = exists().where(*said, *reached)
        return predicted if state is State.PREDICTED else ~predicted
