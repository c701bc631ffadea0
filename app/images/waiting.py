"""Images that were recorded from their headers: decoding them afterwards, and what is noted of it."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from app import audit
from app.errors import DomainError
from app.images import repository, service
from app.images.ingest import PreparedImage, prepare
from app.images.service import ShownFile
from app.images.tables import Image
from app.settings import Settings
from app.storage import BlobCorrupt, Storage, sha256_hex


def decoded(storage: Storage, sha256: str, name: str, settings: Settings) -> PreparedImage:
    """Decode the very bytes that were taken in, and make their thumbnail durable; nothing is noted of it.

    Raises:
        BlobMissing, BlobCorrupt: the file is not what was taken in.
        app.images.errors: one of REFUSALS; it does not decode.
        InsufficientStorage: the disk is full.

    """
    key = service.original_key(sha256)
    content = storage.get(key)
    if sha256_hex(content) != sha256:
        raise BlobCorrupt(key=key)
    prepared = prepare(content, name, settings)
    service.store_copies(storage, prepared)
    return prepared


def made_thumb(storage: Storage, image: Image, *, settings: Settings) -> ShownFile:
    """The thumbnail of an image that waits, made now since somebody looks.

    Raises:
        As `decoded`.

    """
    decoded(storage, image.sha256, image.name, settings)
    return service.thumb_file(storage, image)


def finish(session: Session, descriptors: Mapping[int, bytes]) -> None:
    """Note that these images decode; of one that no longer waits, nothing is changed."""
    for image_id, descriptor in descriptors.items():
        repository.end_waiting(session, image_id, descriptor=descriptor)


def mark_broken(session: Session, image_id: int, problem: DomainError, *, now: datetime) -> bool:
    """Note that an image does not decode, and why; its file and labels stay. False: it no longer waits."""
    if not repository.end_waiting(session, image_id, problem=problem.code()[:64]):
        return False
    audit.record(
        session,
        at=now,
        user_id=None,
        project_id=service.get_image(session, image_id).project_id,
        action="image.broken",
        subject=f"image:{image_id}",
        why=str(problem),
    )
    return True
