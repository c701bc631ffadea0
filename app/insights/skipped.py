"""Which images are skipped and still without an answer, and why annotators skipped them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Select, and_, bindparam, func, select
from sqlalchemy.orm import Session

from app.audit import AuditEntry
from app.queue.skips import SKIPPED, why_words
from app.queue.tables import Ask, AskStatus
from app.users import service as users

IS_WAITING = and_(Ask.skip_count > 0, Ask.status.in_([AskStatus.OPEN, AskStatus.SET_ASIDE]))


def skipped_ids(project_id: int, kinds: Sequence[str]) -> Select[int]:
    """Images with a question that was skipped and has no answer yet, each once for every such question.

    The index of asks has the count of skips behind kind and status: what was never skipped is not read.
    """
    return select(Ask.image_id).where(Ask.project_id == project_id, Ask.kind.in_(kinds), IS_WAITING)


def skipped_count(session: Session, project_id: int, kinds: Sequence[str]) -> int:
    """How many images the list of skipped ones has."""
    ids = skipped_ids(project_id, kinds).distinct().subquery()
    return session.scalar(select(func.count()).select_from(ids)) or 0


@dataclass(frozen=True)
class Skip:
    """One skip. `why` is in the language that is spoken, empty where the annotator gave no reason."""

    kind: str
    author: str
    at: datetime
    why: str


def skips_of(session: Session, project_id: int, image_id: int) -> list[Skip]:
    """Every skip of an image, the newest first."""
    entries = _entries(session, project_id, [image_id]).get(image_id, [])
    names = users.names_of(session, {entry.user_id for entry in entries})
    return [
        Skip(entry.detail["kind"], names.get(entry.user_id or 0, ""), entry.at, why_words(entry.detail))
        for entry in entries
    ]


def unanswered_skips(session: Session, project_id: int, image_ids: Sequence[int]) -> dict[int, str]:
    """Of the images that are skipped and unanswered: the newest reason, empty where nobody gave one."""
    asked = select(Ask.image_id, Ask.kind).where(Ask.image_id.in_(image_ids), IS_WAITING)
    waiting = {(image_id, kind) for image_id, kind in session.execute(asked)}
    ids = sorted({image_id for image_id, _ in waiting})
    entries = _entries(session, project_id, ids)
    reasons = {
        image_id: [
            why_words(each.detail)
            for each in entries.get(image_id, [])
            if (image_id, each.detail["kind"]) in waiting
        ]
        for image_id in ids
    }
    return {image_id: next(filter(None, words), "") for image_id, words in reasons.items()}


def _entries(session: Session, project_id: int, image_ids: Sequence[int]) -> dict[int, list[AuditEntry]]:
    """What the audit has of the skips of these images, the newest first."""
    subjects = {f"image:{image_id}": image_id for image_id in image_ids}
    # in the text of the statement: the index holds only such rows, and is not used for a parameter
    action: BindParameter[str] = bindparam("action", SKIPPED, literal_execute=True)
    told = select(AuditEntry).where(
        AuditEntry.project_id == project_id, AuditEntry.action == action, AuditEntry.subject.in_(subjects)
    )
    found = defaultdict(list)
    # not ordered by the database, which might walk through all changes of the project for that
    for entry in sorted(session.scalars(told) if subjects else (), key=lambda entry: -entry.id):
        found[subjects[entry.subject]].append(entry)
    return dict(found)
