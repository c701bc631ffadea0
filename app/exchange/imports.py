"""Verbs about imports."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy.orm import Session

from app import audit, jobs
from app.db import Database
from app.errors import DomainError
from app.exchange import repository
from app.exchange.archive import check_archive
from app.exchange.detect import AUTO, FORMATS, opened_source
from app.exchange.errors import (
    AttributeNotAsked,
    FolderNotAllowed,
    FormatUnknown,
    ImportNotFound,
    LandmarksDiffer,
    SchemaMissing,
    SourceMissing,
)
from app.exchange.importing import Progress, Recording, Taking, note, take_all
from app.exchange.source import Options, Problem, Source
from app.exchange.tables import Import
from app.images.names import clean_name
from app.jobs import JobKind
from app.projects import service as projects
from app.projects.schemas import Schema
from app.settings import Settings
from app.storage import Storage

SOURCE_LENGTH = 1000
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class Place:
    """Where an import comes from: an archive in the storage, or a folder or file of this machine.

    shown   what the person named, as text; never opened
    """

    shown: str
    blob_key: str | None = None
    folder: Path | None = None


def keep_archive(storage: Storage, file: BinaryIO, *, token: str) -> str:
    """Store an uploaded archive until its import is done; returns its key.

    Raises:
        ArchiveInvalid, ArchiveUnsafe, ArchiveTooLarge: its list of entries says so already.
        InsufficientStorage: the disk is full.

    """
    check_archive(file)
    key = f"imports/{token[:2]}/{token}"
    with storage.writing(key) as target:
        while chunk := file.read(CHUNK_BYTES):
            target.write(chunk)
    return key


def start_import(
    session: Session,
    *,
    project_id: int,
    place: Place,
    named_format: str = AUTO,
    options: Options | None = None,
    by: int,
    now: datetime,
) -> Import:
    """Put an import down, to be run by `run_import`.

    Raises:
        ProjectNotFound, FormatUnknown: nothing is put down.

    """
    projects.get_project(session, project_id)
    if named_format not in {AUTO, *FORMATS}:
        raise FormatUnknown(path=place.shown, format=named_format, formats=", ".join(FORMATS))
    row = Import(
        project_id=project_id,
        format=named_format,
        source=clean_name(place.shown)[:SOURCE_LENGTH],
        blob_key=place.blob_key,
        folder=None if place.folder is None else str(place.folder),
        options=(options or Options()).model_dump(mode="json"),
        status="queued",
        outcome_counts={},
        created_by=by,
        created_at=now,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=project_id,
        action="import.started",
        subject=f"import:{row.id}",
        source=row.source,
    )
    return row


def allowed_folder(settings: Settings, name: str) -> Path:
    """The folder that was named over the API, with all links resolved.

    Raises:
        FolderNotAllowed: it lies in none of the operator's import folders.
        SourceMissing: it lies there, but is none.

    """
    folder = Path(name)
    if "\0" in name or not folder.is_absolute():
        raise FolderNotAllowed(path=clean_name(name))
    resolved = folder.resolve()
    if not any(resolved.is_relative_to(allowed.resolve()) for allowed in settings.import_dirs):
        raise FolderNotAllowed(path=clean_name(name))
    if not resolved.exists():
        raise SourceMissing(path=clean_name(name))
    return resolved


def run_import(
    *,
    database: Database,
    storage: Storage,
    settings: Settings,
    import_id: int,
    now: Callable[[], datetime],
    on_progress: Progress,
    recording: Recording | None = None,
) -> None:
    """Do an import, or what is left of it. When it is done already, nothing happens.

    on_progress   gets (files done, files in all) after each small batch; False stops: the import may go on
                  later
    recording     of the attempt that does it; without one, nobody else can be at it

    Raises:
        ImportNotFound: there is none.
        DomainError: the source as a whole cannot be taken; the import has failed and says why.

    """
    with database.reading() as session:
        row = get_import(session, import_id)
    if row.status == "done":
        return
    options = Options.model_validate(row.options)
    taking = Taking(
        database=database,
        recording=recording or database.unit_of_work,
        storage=storage,
        settings=settings,
        now=now,
        import_id=import_id,
        project_id=row.project_id,
        by=row.created_by,
        options=options,
    )
    try:
        path = _place_of(row, storage, settings, options)
        work_dir = settings.work_dir
        with opened_source(
            path, named=row.format, work_dir=work_dir, is_confined=options.is_confined
        ) as source:
            _begin(taking, source)
            is_whole = take_all(taking, source, on_progress)
    except DomainError as error:
        _fail_import(taking, error)
        raise
    if is_whole:
        _finish(taking)


def schema_from(path: Path, *, settings: Settings, named_format: str = AUTO) -> Schema:
    """The schema that a source describes, to make a project from.

    Raises:
        SchemaMissing: plain images describe none.
        DomainError: the source cannot be read.

    """
    with opened_source(path, named=named_format, work_dir=settings.work_dir, is_confined=False) as source:
        schema = source.find_schema()
    if schema is None:
        raise SchemaMissing(path=path.name)
    return schema


def get_import(session: Session, import_id: int) -> Import:
    """The import.

    Raises:
        ImportNotFound: there is none.

    """
    if row := repository.find_import(session, import_id):
        return row
    raise ImportNotFound(number=import_id)


def _place_of(row: Import, storage: Storage, settings: Settings, options: Options) -> Path:
    if row.blob_key is not None:
        return storage.fetched(row.blob_key)
    assert row.folder is not None
    return allowed_folder(settings, row.folder) if options.is_confined else Path(row.folder)


def _begin(taking: Taking, source: Source) -> None:
    with taking.recording() as session:
        asked = projects.schema_of(projects.get_project(session, taking.project_id))
        found = source.find_schema()
        landmarks = [name for name in found.landmarks if name not in asked.landmarks] if found else []
        if landmarks:
            raise LandmarksDiffer(names=", ".join(landmarks[:20]))
        row = get_import(session, taking.import_id)
        row.status, row.format, row.file_count = "running", source.format, len(source.names)
        row.error_code = row.error_detail = row.finished_at = None
        extra = (
            [each.name for each in found.attributes if not asked.find_attribute(each.name)] if found else []
        )
        if extra:
            problem = Problem.of(AttributeNotAsked(names=", ".join(extra)))
            note(session, taking, name="attributes.csv", problem=problem)


def _finish(taking: Taking) -> None:
    now = taking.now()
    with taking.recording() as session:
        row = get_import(session, taking.import_id)
        row.status, row.finished_at = "done", now
        archive_key, row.blob_key = row.blob_key, None
        row.outcome_counts = repository.outcome_counts(session, taking.import_id)
        audit.record(
            session,
            at=now,
            user_id=taking.by,
            project_id=taking.project_id,
            action="import.done",
            subject=f"import:{row.id}",
            **row.outcome_counts,
        )
        jobs.enqueue_once(
            session, JobKind.RANK, project_id=taking.project_id, subject_id=taking.project_id, now=now
        )
    if archive_key is not None:
        taking.storage.discard(archive_key)


def _fail_import(taking: Taking, error: DomainError) -> None:
    with taking.recording() as session:
        row = get_import(session, taking.import_id)
        row.status, row.finished_at = "failed", taking.now()
        row.error_code, row.error_detail = error.code(), str(error)[:2000]
