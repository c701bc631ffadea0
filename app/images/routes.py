"""REST of images. `uploads` stands apart because it has a body limit of its own."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

import anyio
from anyio import to_thread
from fastapi import APIRouter, File, Header, Response, UploadFile
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app import jobs
from app.access import MANAGE, SEE
from app.errors import InsufficientStorage
from app.http.access import Guarded, needs
from app.http.admission import Work
from app.http.deps import NowDep, ReadDep, RowId, State, StateDep, UserIdDep, WriteDep, writing
from app.http.errors import problems
from app.http.keyset import Cursor, CursorInvalid, Limit, after_id_of, cursor_after
from app.images import repository, service, waiting
from app.images.errors import REFUSALS, ImageArchived, ImageNotFound, ThumbnailWaits
from app.images.schemas import ImageList, ImageOut, UploadedFile, UploadOut
from app.images.service import Received, ShownFile
from app.images.tables import Image
from app.projects import service as projects
from app.projects.service import ProjectNotFound
from app.queue import service as queue
from app.storage import BlobCorrupt, BlobMissing, Storage

DECODERS = 2  # files decoded at once, whatever the number of uploads: each may need a gigabyte
READERS = 16  # files read at once; a slow store must not take the threads that labels are saved by
IMMUTABLE = "private, max-age=31536000, immutable"
SANDBOX = "sandbox; default-src 'none'"  # whatever the bytes are, they run nothing on this origin
IMAGE_CONTENT = {"image/*": {"schema": {"type": "string", "format": "binary"}}}
SHOWN: dict[int | str, dict[str, Any]] = {
    200: {"content": IMAGE_CONTENT, "description": "The bytes"},
    304: {"description": "Not modified"},
}

router = APIRouter(prefix="/api/v1", tags=["images"], route_class=Guarded)
uploads = APIRouter(prefix="/api/v1", tags=["images"], route_class=Guarded)
_decoders = anyio.CapacityLimiter(DECODERS)
_readers = anyio.CapacityLimiter(READERS)
IfNoneMatch = Annotated[str | None, Header(alias="If-None-Match")]


@uploads.post("/projects/{project_id}/images", responses=problems(ProjectNotFound, InsufficientStorage))
@needs(MANAGE, work=Work.HEAVY)
async def upload_images(
    project_id: RowId,
    files: Annotated[list[UploadFile], File(description="JPEG, PNG, WebP, GIF, BMP or TIFF")],
    state: StateDep,
    user_id: UserIdDep,
    now: NowDep,
) -> UploadOut:
    """Add images. A file that is refused does not keep the others out; sending it all again adds nothing."""
    return await take_upload(state, project_id=project_id, files=files, user_id=user_id, now=now)


async def take_upload(
    state: State, *, project_id: int, files: Sequence[UploadFile], user_id: int, now: datetime
) -> UploadOut:
    """Decode, store and add uploaded files, for the API and for the page's plain form."""
    await run_in_threadpool(_check_project, state, project_id)
    received = [
        await to_thread.run_sync(_receive, state, file, limiter=_decoders) for file in files
    ]  # decoding happens here, before any transaction
    items: list[UploadedFile] = []
    for start in range(0, len(received), service.ROWS_AT_ONCE):
        some = received[start : start + service.ROWS_AT_ONCE]
        async with writing(state) as session:
            items += await run_in_threadpool(_add, session, project_id, some, user_id, now)
    outcomes = [item.outcome for item in items]
    return UploadOut(
        items=items,
        added=outcomes.count("added"),
        known=outcomes.count("known"),
        refused=outcomes.count("refused"),
    )


@router.get("/projects/{project_id}/images", responses=problems(ProjectNotFound, CursorInvalid))
@needs(SEE)
def list_images(project_id: RowId, session: ReadDep, cursor: Cursor = None, limit: Limit = 50) -> ImageList:
    """The images of a project, without archived ones, in the order they came."""
    projects.get_project(session, project_id)
    rows = repository.page(session, project_id, after_id=after_id_of(cursor), limit=limit)
    return ImageList(items=[ImageOut.of(row) for row in rows], cursor=cursor_after(rows, limit))


@router.get("/images/{image_id}", responses=problems(ImageNotFound))
@needs(SEE)
def get_image(image_id: RowId, session: ReadDep) -> ImageOut:
    """One image; an archived one says since when."""
    return ImageOut.of(service.get_image(session, image_id))


@router.delete("/images/{image_id}", status_code=204, responses=problems(ImageNotFound))
@needs(MANAGE)
def archive_image(image_id: RowId, session: WriteDep, user_id: UserIdDep, now: NowDep) -> None:
    """Take an image out of the project. Its file and its labels are kept."""
    image = service.archive(session, image_id, by=user_id, now=now)
    queue.withdraw(session, image_id=image.id)


@router.get(
    "/images/{image_id}/file",
    response_class=Response,
    responses={**problems(ImageNotFound, BlobMissing), **SHOWN},
)
@needs(SEE, work=Work.LABELS)
async def get_file(image_id: RowId, state: StateDep, if_none_match: IfNoneMatch = None) -> Response:
    """The image for a browser: upright, in a format that every browser shows."""
    file, name = await _read(state, image_id, service.shown_file)
    return _file_response(file, if_none_match, name=name)


@router.get(
    "/images/{image_id}/thumb",
    response_class=Response,
    responses={
        **problems(ImageNotFound, BlobMissing, BlobCorrupt, InsufficientStorage, *REFUSALS),
        **SHOWN,
    },
)
@needs(SEE, work=Work.LABELS)
async def get_thumb(image_id: RowId, state: StateDep, if_none_match: IfNoneMatch = None) -> Response:
    """A WebP of at most 256 px."""
    try:
        file, _ = await _read(state, image_id, service.thumb_file)
    except ThumbnailWaits:
        make = partial(waiting.made_thumb, settings=state.settings)
        file, _ = await _read(state, image_id, make, limiter=_decoders)
    return _file_response(file, if_none_match)


@router.get(
    "/images/{image_id}/original",
    response_class=Response,
    responses={**problems(ImageNotFound, BlobMissing), **SHOWN},
)
@needs(SEE)
async def get_original(image_id: RowId, state: StateDep, if_none_match: IfNoneMatch = None) -> Response:
    """The bytes as they were uploaded, as a download."""
    file, name = await _read(state, image_id, service.original_file)
    return _file_response(file, if_none_match, name=name, disposition="attachment")


async def _read(
    state: State,
    image_id: int,
    find: Callable[[Storage, Image], ShownFile],
    *,
    limiter: anyio.CapacityLimiter = _readers,
) -> tuple[ShownFile, str]:
    """A file of an image and the image's name; it may come from far, so no transaction is open meanwhile."""

    def read() -> tuple[ShownFile, str]:
        with state.database.reading() as session:
            image = service.get_image(session, image_id)
        return find(state.storage, image), image.name

    return await to_thread.run_sync(read, limiter=limiter)


def _check_project(state: State, project_id: int) -> None:
    with state.database.reading() as session:
        projects.get_project(session, project_id)


def _receive(state: State, file: UploadFile) -> Received:
    return service.receive(state.storage, state.settings, file=file.file, name=file.filename)


def _add(
    session: Session, project_id: int, received: Sequence[Received], user_id: int, now: datetime
) -> list[UploadedFile]:
    prepared = [each.prepared for each in received if each.prepared]
    added = iter(
        service.add_images(
            session,
            project_id=project_id,
            prepared=prepared,
            sides=[None] * len(prepared),
            by=user_id,
            now=now,
        )
    )
    items, new_ids = [], []
    for each in received:
        if each.refusal:
            items.append(UploadedFile.refused(each.name, each.refusal))
            continue
        one = next(added)
        item = UploadedFile(
            name=each.name, outcome="added" if one.is_new else "known", image=ImageOut.of(one.image)
        )
        if one.image.archived_at is not None:
            archived = ImageArchived(image=one.image.id)
            item = item.model_copy(update={"code": archived.code(), "detail": str(archived)})
        items.append(item)
        new_ids += [one.image.id] if one.is_new else []
    if new_ids:
        queue.open_asks(session, project=projects.get_project(session, project_id), image_ids=new_ids)
        jobs.enqueue_once(session, jobs.JobKind.RANK, project_id=project_id, subject_id=project_id, now=now)
    return items


def _file_response(
    file: ShownFile,
    if_none_match: str | None,
    *,
    name: str | None = None,
    disposition: str = "inline",
) -> Response:
    headers = {"ETag": f'"{file.etag}"', "Cache-Control": IMMUTABLE, "Content-Security-Policy": SANDBOX}
    if name is not None:
        headers["Content-Disposition"] = f"{disposition}; filename*=UTF-8''{quote(name, safe='')}"
    if if_none_match and _matches(if_none_match, file.etag):
        return Response(status_code=304, headers=headers)
    return FileResponse(file.path, media_type=file.media_type, headers=headers, stat_result=file.path.stat())


def _matches(if_none_match: str, etag: str) -> bool:
    given = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return bool(given & {f'"{etag}"', "*"})
