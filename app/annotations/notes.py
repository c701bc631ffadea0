"""Verbs about notes: what is said about an image is added, never changed."""

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.annotations import repository
from app.annotations.schemas import NoteText
from app.annotations.tables import Note, SettledFlag
from app.errors import Invalid, NotFound
from app.images.errors import ImageArchived, ImageNotFound


class NoteIdReused(Invalid):
    """The same client-made id came with another note."""

    message = "This id was used for another note."


class FlagNotFound(NotFound):
    """There is nothing to see to."""

    message = "This image has no such flag."


def add(
    session: Session, *, image_id: int, note_id: uuid.UUID, said: NoteText, by: int, now: datetime
) -> Note:
    """Store a note. The same note sent twice is stored once, so the browser may retry freely.

    Raises:
        NoteIdReused: the id belongs to another note.
        ImageNotFound, ImageArchived: nothing is stored.

    """
    image = repository.find_image_for_update(session, image_id)
    if image is None:
        raise ImageNotFound(image=image_id)
    note = Note(
        id=note_id,
        project_id=image.project_id,
        image_id=image_id,
        author_id=by,
        created_at=now,
        text=said.text,
        is_flagged=said.is_flagged,
    )
    if earlier := session.get(Note, note_id):
        if _said(earlier) != _said(note):
            raise NoteIdReused
        return earlier
    if image.archived_at is not None:
        raise ImageArchived(image=image_id)
    session.add(note)
    session.flush()
    _record(session, note, "note.added", by=by, now=now)
    return note


def settle(session: Session, *, image_id: int, note_id: uuid.UUID, by: int, now: datetime) -> None:
    """Somebody has seen to what the note flags; once more changes nothing.

    Raises:
        FlagNotFound: this image has no such note, or it flags nothing.

    """
    note = session.scalars(select(Note).where(Note.id == note_id).with_for_update()).first()
    if note is None or note.image_id != image_id or not note.is_flagged:
        raise FlagNotFound
    if session.get(SettledFlag, note_id) is None:
        session.add(SettledFlag(note_id=note_id, by_user_id=by, at=now))
        session.flush()
        _record(session, note, "flag.settled", by=by, now=now)


def _record(session: Session, note: Note, action: str, *, by: int, now: datetime) -> None:
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=note.project_id,
        action=action,
        subject=f"image:{note.image_id}",
        note=str(note.id),
        is_flagged=note.is_flagged,
    )
    session.flush()


def _said(note: Note) -> tuple[int, int, str, bool]:
    return note.image_id, note.author_id, note.text, note.is_flagged
