"""Queries about labels."""

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations.tables import LabelHead, Note, Revision, SettledFlag, Tally, UnmergedAnswer
from app.images.tables import Image


def find_revision(session: Session, revision_id: uuid.UUID) -> Revision | None:
    """The answer with this client-made id."""
    return session.get(Revision, revision_id)


def find_image_for_update(session: Session, image_id: int) -> Image | None:
    """The image, locked: answers about one image come one after the other."""
    return session.scalars(select(Image).where(Image.id == image_id).with_for_update(key_share=True)).first()


def find_current(session: Session, image_id: int, kind: str) -> Revision | None:
    """The newest revision of one image and kind."""
    newest = select(Revision).join(LabelHead, LabelHead.revision_id == Revision.id)
    return session.scalars(newest.where(LabelHead.image_id == image_id, LabelHead.kind == kind)).first()


def revision_numbers(session: Session, image_ids: Collection[int], kind: str) -> dict[int, int]:
    """Number of the newest revision of one kind, by image; images without one are left out."""
    heads = select(LabelHead.image_id, LabelHead.number)
    found = session.execute(heads.where(LabelHead.image_id.in_(image_ids), LabelHead.kind == kind))
    return {row.image_id: row.number for row in found}


def history(session: Session, image_id: int) -> Sequence[Revision]:
    """All revisions of an image, oldest first."""
    all_of_it = select(Revision).where(Revision.image_id == image_id)
    return session.scalars(all_of_it.order_by(Revision.created_at, Revision.kind, Revision.number)).all()


def unmerged(session: Session, image_id: int) -> Sequence[UnmergedAnswer]:
    """Answers about an image that came too late, oldest first."""
    kept = select(UnmergedAnswer).where(UnmergedAnswer.image_id == image_id)
    return session.scalars(kept.order_by(UnmergedAnswer.created_at)).all()


def notes(session: Session, image_id: int) -> Sequence[Note]:
    """What was said about an image, oldest first."""
    said = select(Note).where(Note.image_id == image_id)
    return session.scalars(said.order_by(Note.created_at, Note.id)).all()


def settled_flags(session: Session, image_id: int) -> dict[uuid.UUID, SettledFlag]:
    """Who has seen to which of an image's flags, by note."""
    settled = select(SettledFlag).join(Note, Note.id == SettledFlag.note_id).where(Note.image_id == image_id)
    return {flag.note_id: flag for flag in session.scalars(settled)}


def current_revisions(
    session: Session,
    project_id: int,
    *,
    kinds: Sequence[str] | None = None,
    after_image_id: int = 0,
    limit: int = 1000,
) -> Sequence[Revision]:
    """The current labels of up to `limit` images past `after_image_id`, by image.

    All labels of an image come together, so the last image id is where the next call goes on.
    """
    some = select(LabelHead.image_id).where(
        LabelHead.project_id == project_id, LabelHead.image_id > after_image_id
    )
    some = some.distinct().order_by(LabelHead.image_id).limit(limit)
    wanted = select(Revision).join(LabelHead, LabelHead.revision_id == Revision.id)
    wanted = wanted.where(LabelHead.image_id.in_(some))
    if kinds is not None:
        wanted = wanted.where(LabelHead.kind.in_(kinds))
    return session.scalars(wanted.order_by(LabelHead.image_id, LabelHead.kind)).all()


def tallies_of(session: Session, project_id: int) -> dict[str, Tally]:
    """The counters of a project, by kind; a kind without a label has none."""
    return {row.kind: row for row in session.scalars(select(Tally).where(Tally.project_id == project_id))}
