"""Queries about images."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.images.tables import Image
from app.projects.tables import Project


def find_image(session: Session, image_id: int) -> Image | None:
    """The image, archived ones too."""
    return session.get(Image, image_id)


def find_image_for_update(session: Session, image_id: int) -> Image | None:
    """The image, locked."""
    return session.scalars(select(Image).where(Image.id == image_id).with_for_update(key_share=True)).first()


def by_ids(session: Session, ids: Collection[int]) -> dict[int, Image]:
    """These images, by id."""
    return {image.id: image for image in session.scalars(select(Image).where(Image.id.in_(ids)))}


def by_sha256(session: Session, project_id: int, hashes: Collection[str]) -> dict[str, Image]:
    """The project's images with these contents, archived ones too, by hash."""
    same = select(Image).where(Image.project_id == project_id, Image.sha256.in_(hashes))
    return {image.sha256: image for image in session.scalars(same)}


def page(session: Session, project_id: int, *, after_id: int, limit: int) -> Sequence[Image]:
    """Up to `limit` images of the project past `after_id`, without archived ones, in the order they came."""
    there = select(Image).where(
        Image.project_id == project_id, Image.id > after_id, Image.archived_at.is_(None)
    )
    return session.scalars(there.order_by(Image.id).limit(limit)).all()


def lock_for_adding(session: Session, project_id: int) -> bool:
    """Let one transaction at a time add images to a project; False: there is no such project.

    The lock leaves other rows free to refer to the project, so labels go on being saved.
    """
    locked = select(Project.id).where(Project.id == project_id).with_for_update(key_share=True)
    return session.scalar(locked) is not None
