"""REST of an image's history."""

from fastapi import APIRouter
from sqlalchemy.orm import Session

from app.access import REVIEW, SEE
from app.annotations import repository
from app.annotations.schemas import RevisionOut, UnmergedOut
from app.annotations.tables import Revision, UnmergedAnswer
from app.http.access import Guarded, needs
from app.http.deps import ReadDep, RowId
from app.http.errors import problems
from app.images.errors import ImageNotFound
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


def _check_image(session: Session, image_id: int) -> None:
    if session.get(Image, image_id) is None:
        raise ImageNotFound(image=image_id)


def _author(session: Session, user_id: int) -> str:
    return session.get_one(User, user_id).name


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
