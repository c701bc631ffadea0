"""Queries about images."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.db import changed_rows
from app.images.tables import Image
from app.projects.tables import Project


def find_image(session: Session, image_id: int) -> Image | None:
    """The image, archived ones too."""
    return session.get(Image, image_id)


def find_image_for_update(session: Session, image_id: int) -> Image | None:
    """The image, locked, as it is now and not as it may have been read before."""
    locked = select(Image).where(Image.id == image_id).with_for_update(key_share=True)
    return session.scalars(locked, execution_options={"populate_existing": True}).first()


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


class Waiting(NamedTuple):
    """An image that is to be decoded."""

    image_id: int
    sha256: str
    name: str


def waiting(session: Session, project_id: int, *, after_id: int, limit: int) -> list[Waiting]:
    """Up to `limit` images past `after_id` that nobody has decoded, archived ones too, in their order."""
    wanted = select(Image.id, Image.sha256, Image.name).where(
        Image.project_id == project_id, Image.id > after_id, Image.is_waiting
    )
    return [Waiting(*row) for row in session.execute(wanted.order_by(Image.id).limit(limit))]


def projects_waiting(session: Session) -> Sequence[int]:
    """The projects that have images to be decoded."""
    return session.scalars(select(Image.project_id).where(Image.is_waiting).distinct()).all()


def end_waiting(
    session: Session, image_id: int, *, descriptor: bytes | None = None, problem: str | None = None
) -> bool:
    """Note the descriptor or the problem of an image. False: it does not wait, and nothing is changed."""
    its = update(Image).where(Image.id == image_id, Image.is_waiting)
    ended = its.values(is_waiting=False, descriptor=descriptor, problem=problem)
    return changed_rows(session.execute(ended, execution_options={"synchronize_session": False})) == 1


def lock_for_adding(session: Session, project_id: int) -> bool:
    """Let one transaction at a time add images to a project; False: there is no such project.

    The lock leaves other rows free to refer to the project, so labels go on being saved.
    """
    locked = select(Project.id).where(Project.id == project_id).with_for_update(key_share=True)
    return session.scalar(locked) is not None
