"""Verbs about images."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from app import audit
from app.errors import DomainError
from app.images import repository
from app.images.errors import REFUSALS, ImageNotFound, ImageTooLarge, ImageTruncated, ThumbnailWaits
from app.images.formats import MEDIA_TYPES
from app.images.ingest import MeasuredImage, PreparedImage, prepare, side_of
from app.images.names import clean_name
from app.images.tables import Image, Side
from app.projects import service as projects
from app.settings import Settings
from app.storage import BlobMissing, Storage, blob_key

ROWS_AT_ONCE = 100  # images a transaction; longer ones would keep annotators waiting
THUMB_MEDIA_TYPE = "image/webp"


@dataclass(frozen=True)
class Received:
    """One file that was given: prepared and its blobs durable, or refused."""

    name: str
    prepared: PreparedImage | None = None
    refusal: DomainError | None = None


@dataclass(frozen=True)
class Added:
    """One image as it stands in the project now."""

    image: Image
    is_new: bool


@dataclass(frozen=True)
class ShownFile:
    """What a browser gets of an image: a file, its fixed type, and a tag that never names other bytes."""

    path: Path
    media_type: str
    etag: str


def receive(storage: Storage, settings: Settings, *, file: BinaryIO, name: str | None) -> Received:
    """Read one uploaded file, prepare it and store its blobs; no row names them yet.

    Raises:
        InsufficientStorage: the disk is full.

    """
    name = clean_name(name)
    content = file.read(settings.image_limit_bytes + 1)
    try:
        if len(content) > settings.image_limit_bytes:
            raise ImageTooLarge(name=name, byte_count=len(content), limit=settings.image_limit_bytes)
        prepared = prepare(content, name, settings)
    except REFUSALS as refusal:
        return Received(name, refusal=refusal)
    store_blobs(storage, content, prepared)
    return Received(name, prepared=prepared)


def store_blobs(storage: Storage, content: bytes, measured: MeasuredImage) -> None:
    """Make the original, and what was made of it, durable; before any row names them.

    Raises:
        InsufficientStorage: the disk is full.

    """
    storage.put(original_key(measured.sha256), content)
    if isinstance(measured, PreparedImage):
        store_copies(storage, measured)


def store_copies(storage: Storage, prepared: PreparedImage) -> None:
    """Make the thumbnail and the browser's copy durable.

    Raises:
        InsufficientStorage: the disk is full.

    """
    storage.put(thumb_key(prepared.sha256), prepared.thumb)
    if prepared.shown is not None:
        storage.put(_shown_copy(prepared.sha256, prepared.format), prepared.shown)


def add_images(
    session: Session,
    *,
    project_id: int,
    prepared: Sequence[MeasuredImage],
    sides: Sequence[Side | None],
    by: int,
    now: datetime,
) -> list[Added]:
    """Add those that the project does not have yet, by content; one result for each, in order.

    sides   what the source says an image serves for; None lets its content decide

    Raises:
        ProjectNotFound: there is no such project.

    """
    if not repository.lock_for_adding(session, project_id):
        raise projects.ProjectNotFound(project=project_id)
    there = repository.by_sha256(session, project_id, [each.sha256 for each in prepared])
    added: list[Added] = []
    for each, side in zip(prepared, sides, strict=True):
        is_new = each.sha256 not in there
        if is_new:
            there[each.sha256] = _new_image(each, project_id=project_id, side=side, now=now)
            session.add(there[each.sha256])
        added.append(Added(there[each.sha256], is_new))
    session.flush()
    if new_ids := [each.image.id for each in added if each.is_new]:
        projects.count_images(session, project_id, len(new_ids))
        audit.record(
            session,
            at=now,
            user_id=by,
            project_id=project_id,
            action="images.added",
            subject=f"project:{project_id}",
            images=new_ids,
        )
    return added


def archive(session: Session, image_id: int, *, by: int, now: datetime) -> Image:
    """Take an image out of the project; its file and labels stay. Again: nothing happens.

    Raises:
        ImageNotFound: there is none.

    """
    image = repository.find_image_for_update(session, image_id)
    if image is None:
        raise ImageNotFound(image=image_id)
    if image.archived_at is None:
        image.archived_at = now
        projects.count_images(session, image.project_id, -1)
        audit.record(
            session,
            at=now,
            user_id=by,
            project_id=image.project_id,
            action="image.archived",
            subject=f"image:{image.id}",
        )
        session.flush()
    return image


def get_image(session: Session, image_id: int) -> Image:
    """The image, an archived one too.

    Raises:
        ImageNotFound: there is none.

    """
    if image := repository.find_image(session, image_id):
        return image
    raise ImageNotFound(image=image_id)


def get_image_for_update(session: Session, image_id: int) -> Image:
    """The same, locked: whether it is archived stays as it is until the transaction ends.

    Raises:
        ImageNotFound: there is none.

    """
    if image := repository.find_image_for_update(session, image_id):
        return image
    raise ImageNotFound(image=image_id)


def original_key(sha256: str) -> str:
    """Where the untouched file lies."""
    return blob_key("images", sha256)


def thumb_key(sha256: str) -> str:
    """Where the WebP thumbnail lies."""
    return blob_key("thumbs", sha256, ".webp")


def shown_file(storage: Storage, image: Image) -> ShownFile:
    """The upright copy where one was made, else the original, which then looks the same everywhere.

    Raises:
        BlobMissing: neither is there.

    """
    try:
        path = storage.fetched(_shown_copy(image.sha256, image.format))
    except BlobMissing:
        if image.exif_orientation != 1 or image.format == "TIFF":
            raise
        return original_file(storage, image)
    return ShownFile(path, MEDIA_TYPES[_copy_format(image.format)], f"{image.sha256}-upright")


def seen_path(storage: Storage, sha256: str, *, hold: Path | None = None) -> Path:
    """The file whose pixels annotators see: networks learn from it and predict on it, on no other decoding.

    It may be missing: whoever opens it says so. `hold` as in `Storage.fetched`.
    """
    original = original_key(sha256)
    for key in (_shown_copy(sha256, "JPEG"), _shown_copy(sha256, "PNG"), original):
        with suppress(BlobMissing):
            return storage.fetched(key, hold=hold)
    return storage.path_of(original)


def original_file(storage: Storage, image: Image) -> ShownFile:
    """The bytes as they came.

    Raises:
        BlobMissing: they are not there.

    """
    path = storage.fetched(original_key(image.sha256))
    return ShownFile(path, MEDIA_TYPES[image.format], image.sha256)


def thumb_file(storage: Storage, image: Image) -> ShownFile:
    """The thumbnail.

    Raises:
        ImageTruncated: the image does not decode.
        ThumbnailWaits: nobody has made it yet.
        BlobMissing: it is not there.

    """
    if image.problem is not None:
        raise ImageTruncated(name=image.name)
    try:
        path = storage.fetched(thumb_key(image.sha256))
    except BlobMissing:
        if image.is_waiting:
            raise ThumbnailWaits(image=image.id) from None
        raise
    return ShownFile(path, THUMB_MEDIA_TYPE, f"{image.sha256}-thumb")


def _shown_copy(sha256: str, image_format: str) -> str:
    suffix = {"JPEG": ".jpg", "PNG": ".png"}[_copy_format(image_format)]
    return blob_key("shown", sha256, suffix)


def _copy_format(image_format: str) -> str:
    return "JPEG" if image_format == "JPEG" else "PNG"


def _new_image(measured: MeasuredImage, *, project_id: int, side: Side | None, now: datetime) -> Image:
    prepared = measured if isinstance(measured, PreparedImage) else None
    return Image(
        project_id=project_id,
        sha256=measured.sha256,
        name=measured.name,
        format=measured.format,
        byte_count=measured.byte_count,
        width_px=measured.width_px,
        height_px=measured.height_px,
        exif_orientation=measured.exif_orientation,
        side=side or side_of(measured.sha256),
        descriptor=prepared.descriptor if prepared else None,
        is_waiting=prepared is None,
        created_at=now,
    )
