"""Queries about imports, exports and what an export needs."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.annotations.tables import LabelHead, Revision
from app.bulk_insert import insert_new
from app.exchange.tables import Export, Import, ImportedFile
from app.images.tables import Image


def find_import(session: Session, import_id: int) -> Import | None:
    """One import."""
    return session.get(Import, import_id)


def find_export(session: Session, export_id: int) -> Export | None:
    """One export."""
    return session.get(Export, export_id)


def files_of(session: Session, import_id: int, *, after: str, limit: int) -> Sequence[ImportedFile]:
    """Outcomes by name, past the name `after`."""
    wanted = select(ImportedFile).where(ImportedFile.import_id == import_id, ImportedFile.name > after)
    return session.scalars(wanted.order_by(ImportedFile.name).limit(limit)).all()


def finished_names(session: Session, import_id: int) -> dict[str, int | None]:
    """Files of an import that have their outcome already, with the image that each became."""
    done = select(ImportedFile.name, ImportedFile.image_id).where(ImportedFile.import_id == import_id)
    return dict(session.execute(done).all())


def outcome_counts(session: Session, import_id: int) -> dict[str, int]:
    """How many files had each outcome."""
    counted = select(ImportedFile.outcome, func.count()).where(ImportedFile.import_id == import_id)
    return dict(session.execute(counted.group_by(ImportedFile.outcome)).all())


def add_outcomes(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    """Insert outcomes; one that is there already stays, so an import can be taken up again."""
    insert_new(session, ImportedFile, rows, key=("import_id", "name"))


def known_hashes(session: Session, project_id: int) -> set[str]:
    """Contents that the project has, archived ones too."""
    return set(session.scalars(select(Image.sha256).where(Image.project_id == project_id)))


def count_images(session: Session, project_id: int) -> int:
    """Images that an export has to hold."""
    there = select(func.count()).where(Image.project_id == project_id, Image.archived_at.is_(None))
    return session.scalar(there) or 0


def count_labels(session: Session, project_id: int, kinds: Sequence[str]) -> dict[str, int]:
    """Current labels that an export has to hold, by kind."""
    there = select(LabelHead.kind, func.count()).join(Image, Image.id == LabelHead.image_id)
    there = there.where(
        LabelHead.project_id == project_id, LabelHead.kind.in_(kinds), Image.archived_at.is_(None)
    )
    return dict(session.execute(there.group_by(LabelHead.kind)).all())


def labels_of(session: Session, image_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """By image and kind, the body of each current label."""
    current = select(Revision.image_id, Revision.kind, Revision.body)
    current = current.join(LabelHead, LabelHead.revision_id == Revision.id)
    labels: dict[int, dict[str, Any]] = {}
    for image_id, kind, body in session.execute(current.where(LabelHead.image_id.in_(image_ids))):
        labels.setdefault(image_id, {})[kind] = body
    return labels
