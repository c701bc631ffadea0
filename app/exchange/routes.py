"""REST of imports and exports. `uploads` stands apart because it has a body limit of its own."""

import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar

import anyio
from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from pydantic import BaseModel, ValidationError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from app import jobs
from app.access import MANAGE
from app.errors import InsufficientStorage
from app.exchange import errors, repository, service
from app.exchange.schemas import (
    ArchiveImport,
    CreateExport,
    ExportOut,
    FolderImport,
    ImportOut,
)
from app.exchange.service import Place
from app.exchange.source import Options
from app.exchange.tables import Import
from app.http.access import Guarded, needs
from app.http.admission import Work
from app.http.deps import NowDep, ReadDep, RowId, State, StateDep, UserIdDep, WriteDep, writing
from app.http.errors import RequestInvalid, problems
from app.http.idempotent import KeyHeader, answered_once
from app.http.keyset import Limit
from app.idempotency import IdempotencyKeyReused
from app.jobs import JobKind
from app.projects import service as projects
from app.projects.service import ProjectNotFound
from app.storage import BlobMissing

JSON_LIMIT_BYTES = 64 * 1024
READERS = 4  # finished files fetched at once: a slow store must not take the threads that labels are saved by
NameCursor = Annotated[
    str | None, Query(max_length=500, description="`cursor` of the page before", pattern=r"^[^\x00]*$")
]
BODIES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": FolderImport.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["archive"],
                    "properties": {
                        "archive": {"type": "string", "format": "binary", "description": "A ZIP file."},
                        **ArchiveImport.model_json_schema()["properties"],
                    },
                }
            },
        },
    }
}

Body = TypeVar("Body", bound=BaseModel)
router = APIRouter(prefix="/api/v1", tags=["exchange"], route_class=Guarded)
uploads = APIRouter(prefix="/api/v1", tags=["exchange"], route_class=Guarded)
_readers = anyio.CapacityLimiter(READERS)


@uploads.post(
    "/projects/{project_id}/imports",
    status_code=202,
    openapi_extra=BODIES,
    responses=problems(
        ProjectNotFound,
        errors.ImportSourceMissing,
        errors.ArchiveInvalid,
        errors.ArchiveUnsafe,
        errors.ArchiveTooLarge,
        errors.FolderNotAllowed,
        errors.SourceMissing,
        InsufficientStorage,
    ),
)
@needs(MANAGE, work=Work.HEAVY)
async def create_import(
    project_id: RowId, request: Request, state: StateDep, user_id: UserIdDep, now: NowDep
) -> ImportOut:
    """Import a ZIP archive, or a folder of the server, in the background; GET /imports/{id} says how it goes.

    Importing the same again changes nothing, so a request whose answer was lost may be repeated.
    """
    await run_in_threadpool(_check_project, state, project_id)
    is_json = request.headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
    place, wanted = await (_folder_of(request, state) if is_json else _archive_of(request, state))
    async with writing(state) as session:
        return await run_in_threadpool(_start, session, project_id, place, wanted, user_id, now)


@router.get("/imports/{import_id}", responses=problems(errors.ImportNotFound))
@needs(MANAGE)
def get_import(import_id: RowId, session: ReadDep, cursor: NameCursor = None, limit: Limit = 50) -> ImportOut:
    """How an import stands, with a page of its files' outcomes."""
    return _import_out(session, service.get_import(session, import_id), cursor=cursor, limit=limit)


@router.post(
    "/projects/{project_id}/exports",
    status_code=202,
    responses=problems(ProjectNotFound, IdempotencyKeyReused),
)
@needs(MANAGE)
def create_export(
    project_id: RowId,
    body: CreateExport,
    session: WriteDep,
    user_id: UserIdDep,
    now: NowDep,
    key: KeyHeader = None,
) -> ExportOut:
    """Write all images and current labels into a ZIP file, in the background: common layout or COCO."""

    def make() -> ExportOut:
        row = service.start_export(
            session, project_id=project_id, format_name=body.format, by=user_id, now=now
        )
        return ExportOut.of(row)

    asked = KeyedExport(project_id=project_id, **body.model_dump())
    return answered_once(session, user_id=user_id, key=key, request=asked, now=now, kind=ExportOut, make=make)


@router.get("/exports/{export_id}", responses=problems(errors.ExportNotFound))
@needs(MANAGE)
def get_export(export_id: RowId, session: ReadDep) -> ExportOut:
    """How an export stands."""
    return ExportOut.of(service.get_export(session, export_id))


@router.get(
    "/exports/{export_id}/file",
    response_class=FileResponse,
    responses={
        **problems(errors.ExportNotFound, errors.ExportNotReady, BlobMissing),
        200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}},
    },
)
@needs(MANAGE)
async def get_export_file(export_id: RowId, state: StateDep) -> FileResponse:
    """The finished ZIP file."""

    def read() -> tuple[Path, str | None]:
        with state.database.reading() as session:
            row = service.get_export(session, export_id)
        return service.export_file(state.storage, row), row.file_name  # it may come from far

    path, name = await to_thread.run_sync(read, limiter=_readers)
    return FileResponse(path, media_type="application/zip", filename=name, stat_result=path.stat())


class KeyedExport(CreateExport):
    """What an Idempotency-Key stands for."""

    project_id: int


async def _folder_of(request: Request, state: State) -> tuple[Place, ArchiveImport]:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > JSON_LIMIT_BYTES:
            raise RequestInvalid(field="body", reason=f"more than {JSON_LIMIT_BYTES} bytes")
    wanted = _validated(FolderImport, bytes(content))
    folder = await run_in_threadpool(service.allowed_folder, state.settings, wanted.folder)
    return Place(wanted.folder, folder=folder), wanted


async def _archive_of(request: Request, state: State) -> tuple[Place, ArchiveImport]:
    async with request.form(max_files=1, max_fields=10) as form:
        fields = {name: value for name, value in form.items() if name != "archive"}
        wanted = _validated(ArchiveImport, fields)
        archive = form.get("archive")
        if not isinstance(archive, UploadFile):
            raise errors.ImportSourceMissing
        token = secrets.token_hex(16)
        key = await run_in_threadpool(service.keep_archive, state.storage, archive.file, token=token)
        return Place(archive.filename or "archive", blob_key=key), wanted


def _validated(kind: type[Body], given: bytes | dict[str, Any]) -> Body:
    try:
        return kind.model_validate_json(given) if isinstance(given, bytes) else kind.model_validate(given)
    except ValidationError as error:
        listed = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_context=False)]
        raise RequestValidationError(listed) from error


def _start(
    session: Session, project_id: int, place: Place, wanted: ArchiveImport, user_id: int, now: datetime
) -> ImportOut:
    row = service.start_import(
        session,
        project_id=project_id,
        place=place,
        named_format=wanted.format,
        options=Options(
            keep_landmarks_percent=wanted.keep_landmarks_percent, seed=wanted.seed, is_confined=True
        ),
        by=user_id,
        now=now,
    )
    jobs.enqueue(session, JobKind.IMPORT, project_id=project_id, subject_id=row.id, now=now)
    return _import_out(session, row, cursor=None, limit=1)


def _check_project(state: State, project_id: int) -> None:
    with state.database.reading() as session:
        projects.get_project(session, project_id)


def _import_out(session: Session, row: Import, *, cursor: str | None, limit: int) -> ImportOut:
    files = list(repository.files_of(session, row.id, after=cursor or "", limit=limit))
    return ImportOut.of(row, files, cursor=files[-1].name if len(files) == limit else None)
