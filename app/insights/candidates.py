"""Images that may fit a filter, found by an index made for them.

A list is walked in its order, and what does not fit is passed over. Where a filter leaves only a few of a
million images, that would be a walk through all of them; so the few are looked up first. Where it leaves many
that stand together, as after an import of labels, a walk by id begins at the first of them.
"""

from collections.abc import Sequence

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Select,
    any_,
    bindparam,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Session

from app.annotations import repository as labels
from app.annotations.tables import LabelHead
from app.images.tables import Image
from app.predictions.tables import Prediction
from app.queue.tables import Ask, AskStatus

FEW = 5000  # where more fit, one in 200 of a million does: a walk to a full page passes 12,000
LETTERS = 3  # the index of names knows groups of three; a shorter part is in so many that a walk is short


def few(session: Session, candidates: Select[int]) -> Sequence[int] | None:
    """The ids, unless there are many. One statement counts and names them: candidates may be dear."""
    some = candidates.limit(FEW + 1).cte()
    count = select(func.count()).select_from(some).scalar_subquery()
    ids = session.scalars(select(some).where(count <= FEW)).all()
    if not ids and session.scalar(candidates.limit(1)) is not None:
        return None
    return ids


def among(session: Session, ids: Sequence[int]) -> ColumnElement[bool]:
    """Whether an image is one of these. PostgreSQL gets them as one array: 5,000 parameters take 100 ms."""
    if session.get_bind().dialect.name == "sqlite":
        return Image.id.in_(ids)
    given: BindParameter[Sequence[int]] = bindparam(None, ids, ARRAY(BigInteger))
    return Image.id == any_(given)


def named(session: Session, project_id: int, part: str) -> Select[int] | None:
    """Images with this part of a name, upper and lower case alike; None where no index knows them."""
    if session.get_bind().dialect.name == "sqlite" or len(part) < LETTERS:
        return None
    same = Image.name.icontains(part, autoescape=True)
    return select(Image.id).where(Image.project_id == project_id, same)


def labelled(project_id: int, kind: str) -> Select[int]:
    """Images with a label of a kind."""
    return select(LabelHead.image_id).where(LabelHead.project_id == project_id, LabelHead.kind == kind)


def unanswered(session: Session, project_id: int, kinds: Sequence[str]) -> Select[int] | None:
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
    return asked.where(Ask.status != answered)


def unpredicted(project_id: int, network_id: int) -> Select[int]:
    """Images of which a network has said nothing.

    No index knows them: this walks through two side by side, a million images in a second on busy cores.
    """
    said = exists().where(Prediction.image_id == Image.id, Prediction.network_id == network_id)
    return select(Image.id).where(Image.project_id == project_id, ~said)


def _is_asked(session: Session, project_id: int, kind: str) -> bool:
    """Of the oldest image that is there: what it is not asked, no image of its time is."""
    there = select(Image.id).where(Image.project_id == project_id, Image.archived_at.is_(None))
    oldest = there.order_by(Image.id).limit(1).scalar_subquery()
    return session.scalar(select(Ask.id).where(Ask.image_id == oldest, Ask.kind == kind)) is not None
