"""Images that may fit a filter, found by an index made for them.

A list is walked in its order, and what does not fit is passed over. Where a filter leaves only a few of a
million images, that would be a walk through all of them; so the few are looked up. Where it leaves many
that stand together, as after an import of labels, a walk by id begins at the first of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BindParameter, Select, bindparam, func, select
from sqlalchemy.orm import Session

from app.annotations import repository as labels
from app.annotations.tables import LabelHead
from app.images.tables import Image, Side
from app.insights.noted import Noted, noted_ids
from app.insights.walk import Walk
from app.predictions.tables import Prediction
from app.queue.tables import Ask, AskStatus

FEW = 5000  # where more fit, one in 200 of a million does: a walk to a full page passes 12,000
RUN = re.compile(r"[^\W_]{3,}")  # the index of names knows groups of three letters or digits


@dataclass(frozen=True)
class Candidates:
    """Ids of images among which are all that fit; an image may come twice.

    ordered   queries whose ids together are the same, each with an index in the order of ids; empty: none has
    """

    ids: Select[int]
    ordered: tuple[Select[int], ...] = ()

    @classmethod
    def in_order(cls, ids: Select[int]) -> "Candidates":
        """What one index has in the order of ids."""
        return cls(ids, (ids,))

    def few(self, session: Session) -> Sequence[int] | None:
        """The ids, unless there are many. One statement counts and names them: they may be dear."""
        some = self.ids.limit(FEW + 1).cte()
        count = select(func.count()).select_from(some).scalar_subquery()
        ids = session.scalars(select(some).where(count <= FEW)).all()
        if not ids and session.scalar(self.ids.limit(1)) is not None:
            return None
        return ids

    def first(self, session: Session, walk: Walk) -> int | None:
        """The one that a walk by id comes to first."""
        firsts = [session.scalar(_nearest(ids, walk)) for ids in self.ordered]
        return (max if walk.is_falling else min)((each for each in firsts if each is not None), default=None)


def _nearest(ids: Select[int], walk: Walk) -> Select[int]:
    (image_id,) = ids.selected_columns
    nearest = ids.where(*walk.reached(image_id))
    return nearest.order_by(image_id.desc() if walk.is_falling else image_id).limit(1)


def noted(project_id: int, what: Noted) -> Candidates:
    """Images with notes."""
    return Candidates(noted_ids(project_id, what))


def on_side(project_id: int, side: Side) -> Candidates:
    """Images of one side."""
    return Candidates.in_order(select(Image.id).where(Image.project_id == project_id, Image.side == side))


def named(session: Session, project_id: int, part: str) -> Candidates | None:
    """Images whose names may have this part, upper and lower case alike; None where no index knows them.

    They have its runs of letters and digits. That a run begins or ends there is known, too, but not asked:
    among a million numbered names "a word with 0 in front" is each of them, and so many take seven times as
    long as all the rest. A part without a run is in so many names that a walk is short.
    """
    runs = RUN.findall(part)
    if session.get_bind().dialect.name == "sqlite" or not runs:
        return None
    same = (Image.name.icontains(run, autoescape=True) for run in runs)
    return Candidates(select(Image.id).where(Image.project_id == project_id, *same))


def labelled(session: Session, project_id: int, kind: str | None) -> Candidates:
    """Images with a label of a kind, or of any that there is."""
    there = select(LabelHead.image_id).where(LabelHead.project_id == project_id)
    kinds = [kind] if kind else sorted(labels.tallies_of(session, project_id))
    ordered = tuple(there.where(LabelHead.kind == each) for each in kinds)
    return Candidates(ordered[0] if kind else there, ordered)


def unanswered(session: Session, project_id: int, kinds: Sequence[str]) -> Candidates | None:
    """Images with an open or set aside question of that kind of which most are answered.

    Every image without any label is among them. None while not every image has been asked: a schema that has
    grown gets its asks with the next ranking, all of them in one transaction.
    """
    tallies = labels.tallies_of(session, project_id)
    kind = max(kinds, key=lambda kind: tallies[kind].labelled_count if kind in tallies else 0)
    if not _is_asked(session, project_id, kind):
        return None
    asked = select(Ask.image_id).where(Ask.project_id == project_id, Ask.kind == kind)
    # in the text of the statement: the index holds only such rows, and is not used for a parameter
    answered: BindParameter[str] = bindparam("answered", AskStatus.ANSWERED.value, literal_execute=True)
    return Candidates.in_order(asked.where(Ask.status != answered))


def predicted(network_id: int) -> Candidates:
    """Images of which a network has said something."""
    return Candidates.in_order(select(Prediction.image_id).where(Prediction.network_id == network_id))


def _is_asked(session: Session, project_id: int, kind: str) -> bool:
    """Of the oldest image that is there: what it is not asked, no image of its time is."""
    there = select(Image.id).where(Image.project_id == project_id, Image.archived_at.is_(None))
    oldest = there.order_by(Image.id).limit(1).scalar_subquery()
    return session.scalar(select(Ask.id).where(Ask.image_id == oldest, Ask.kind == kind)) is not None
