"""Ask again what was answered before the schema gained a landmark.

Once for each growth, in the job that it brings. Whatever is answered later had the landmark to answer, but
for pages that were opened before: their answer names the schema that they had, and leaves its ask open. The
new answer stands on the old one, as always, so only the new point is left to place.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, Update, select, update
from sqlalchemy.orm import Session

from app.annotations.schemas import AttributeAnswer, LandmarksAnswer
from app.annotations.tables import LANDMARKS, LabelHead, Revision
from app.db import Database, changed_rows
from app.images.tables import Image
from app.projects import service as projects
from app.projects.tables import Project
from app.queue.reasons import Reason
from app.queue.tables import Ask, AskStatus

SCORE = 2.0  # as the best of the ranked: a point or two there cost less than a whole shape elsewhere
ROWS_AT_ONCE = 500


def ask_again(*, database: Database, project_id: int, landmarks: Collection[str]) -> int:
    """Open the asks for landmarks whose newest answer lacks one of these; returns how many."""
    opened, after_id = 0, 0
    while True:
        with database.unit_of_work() as session:
            answered = session.execute(_answered(project_id, after_id=after_id)).all()
            opened += _open(session, [row.image_id for row in answered if _lacks(row.body, landmarks)])
        if len(answered) < ROWS_AT_ONCE:
            return opened
        after_id = answered[-1].image_id


def is_outgrown(answer: LandmarksAnswer | AttributeAnswer, *, project: Project) -> bool:
    """Whether an answer made on an older schema lacks a landmark; a client that names none is up to date."""
    if not isinstance(answer, LandmarksAnswer) or answer.schema_version is None:
        return False
    is_older = answer.schema_version < project.schema_version
    return is_older and _lacks(answer.body, projects.schema_of(project).landmarks)


def ask_for_the_rest(session: Session, *, image_id: int) -> None:
    """Leave the ask for an image's landmarks open, or open it again, for those that its answer lacks."""
    _reopen(session, update(Ask).where(Ask.image_id == image_id, Ask.kind == LANDMARKS))


def _answered(project_id: int, *, after_id: int) -> Select[Any]:
    """Images with their newest landmarks, in the order of their ids."""
    newest = select(LabelHead.image_id, Revision.body).join(Revision, Revision.id == LabelHead.revision_id)
    newest = newest.join(Image, Image.id == LabelHead.image_id)
    of_project = newest.where(LabelHead.project_id == project_id, LabelHead.kind == LANDMARKS)
    usable = of_project.where(Image.archived_at.is_(None), Image.problem.is_(None))
    return usable.where(LabelHead.image_id > after_id).order_by(LabelHead.image_id).limit(ROWS_AT_ONCE)


def _lacks(body: dict[str, Any], landmarks: Collection[str]) -> bool:
    return not {point["name"] for point in body["points"]}.issuperset(landmarks)


def _open(session: Session, image_ids: Collection[int]) -> int:
    asked = update(Ask).where(Ask.image_id.in_(image_ids), Ask.kind == LANDMARKS)
    return _reopen(session, asked.where(Ask.status == AskStatus.ANSWERED))


def _reopen(session: Session, asks: Update) -> int:
    opened = asks.values(
        status=AskStatus.OPEN, skip_count=0, rank_key=-SCORE, reason_code=Reason.GROWN, reason_amount=None
    )
    return changed_rows(session.execute(opened, execution_options={"synchronize_session": False}))
