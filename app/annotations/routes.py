"""REST of an image's history and of what is said about it."""

import uuid

from fastapi import APIRouter
from sqlalchemy.orm import Session

from app.access import LABEL, REVIEW, SEE
from app.annotations import notes, repository
from app.annotations.notes import NoteIdReused
from app.annotations.schemas import NoteOut, NoteText, RevisionOut, UnmergedOut
from app.annotations.tables import Note, Revision, UnmergedAnswer
from app.http.access import Guarded, needs
from app.http.deps import NowDep, ReadDep, RowId, UserIdDep, WriteDep
from app.http.errors import problems
from app.images.errors import ImageArchived, ImageNotFound
from app.images.tables import Image
from app.users.tables import User

router = APIRouter(prefix="/api/v1", tags=["labels"], route_class=Guarded)


@router.get("/images/{image_id}/revisions", responses=problems(ImageNotFound))
@needs(SEE)
def list_revisions(image_id: RowId, session: ReadDep) -> list[RevisionOut]:
    """All that was ever answered about an image: who, when, how long, with what help."""
    _check_image(session, image_id)
    return [_revision_out(session, each) for each in repository.history(session, image_id)]


@router.get("/images/{image_id}/unmerged", responses=problems(ImageNotFound))
@needs(REVIEW)
def list_unmerged(image_id: RowId, session: ReadDep) -> list[UnmergedOut]:
    """Answers that were made on an older revision: kept, but not part of the chain."""
    _check_image(session, image_id)
    return [_unmerged_out(session, each) for each in repository.unmerged(session, image_id)]


@router.put(
    "/images/{image_id}/notes/{note_id}", responses=problems(ImageNotFound, ImageArchived, NoteIdReused)
)
@needs(LABEL)
def put_note(
    image_id: RowId, note_id: uuid.UUID, body: NoteText, session: WriteDep, user_id: UserIdDep, now: NowDep
) -> NoteOut:
    """Say something about an image, or flag it for review. The id is the client's, so a repeat is safe."""
    return _note_out(
        session, notes.add(session, image_id=image_id, note_id=note_id, said=body, by=user_id, now=now)
    )


@router.get("/images/{image_id}/notes", responses=problems(ImageNotFound))
@needs(SEE)
def list_notes(image_id: RowId, session: ReadDep) -> list[NoteOut]:
    """What was said about an image, oldest first."""
    _check_image(session, image_id)
    return [_note_out(session, each) for each in repository.notes(session, image_id)]


def _check_image(session: Session, image_id: int) -> None:
    if session.get(Image, image_id) is None:
        raise ImageNotFound(image=image_id)


def _author(session: Session, user_id: int) -> str:
    return session.get_one(User, user_id).name


def _note_out(session: Session, note: Note) -> NoteOut:
    return NoteOut(
        id=note.id,
        author=_author(session, note.author_id),
        created_at=note.created_at,
        text=note.text,
        is_flagged=note.is_flagged,
    )


def _revision_out(session: Session, revision: Revision) -> RevisionOut:
    return RevisionOut.model_validate(
        {
            "id": revision.id,
            "number": revision.number,
            "kind": revision.kind,
            "author": _author(session, revision.author_id),
            "created_at": revision.created_at,
            "active_seconds": revision.active_seconds,
            "assist": revision.assist,
            "prediction_id": revision.prediction_id,
            "origin": revision.origin,
            "is_late": revision.is_late,
            "schema_version": revision.schema_version,
            **revision.body,
        }
    )


def _unmerged_out(session: Session, kept: UnmergedAnswer) -> UnmergedOut:
    return UnmergedOut.model_validate(
        {
            "id": kept.id,
            "kind": kept.kind,
            "base_revision": kept.base_number,
            "author": _author(session, kept.author_id),
            "created_at": kept.created_at,
            "active_seconds": kept.active_seconds,
            **kept.body,
        }
    )
