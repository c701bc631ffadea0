"""Which images have notes, and which of those flag them."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import Select, and_, exists, func, select
from sqlalchemy.orm import Session

from app.annotations.tables import Note, SettledFlag

_IS_OPEN_FLAG = and_(Note.is_flagged.is_(True), ~exists().where(SettledFlag.note_id == Note.id))


class Noted(StrEnum):
    """What was said about an image; flagged is one that nobody has seen to."""

    ANY = "any"
    FLAGGED = "flagged"


def noted_ids(project_id: int, noted: Noted) -> Select[int]:
    """For IN and not EXISTS: notes are few, so that SQLite begins with them instead of asking every image."""
    ids = select(Note.image_id).where(Note.project_id == project_id)
    return ids.where(_IS_OPEN_FLAG) if noted is Noted.FLAGGED else ids


def notes_on(session: Session, image_ids: Sequence[int]) -> dict[int, tuple[int, bool]]:
    """How many notes each image has, and whether an open flag is among them; without one it is left out."""
    flags = func.count().filter(_IS_OPEN_FLAG)
    said = select(Note.image_id, func.count(), flags).where(Note.image_id.in_(image_ids))
    return {
        image_id: (count, flag_count > 0)
        for image_id, count, flag_count in session.execute(said.group_by(Note.image_id))
    }
