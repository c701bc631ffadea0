"""Verbs about exports."""

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app import audit, jobs
from app.db import Database
from app.errors import DomainError
from app.exchange import repository
from app.exchange.errors import ExportFormatUnknown, ExportNotFound, ExportNotReady, ExportTargetExists
from app.exchange.exporting import EXPORT_FORMATS, Exporting, write_export
from app.exchange.importing import Progress, Recording
from app.exchange.staging import scratch_folder
from app.exchange.tables import Export
from app.exchange.target import FolderTarget, zip_target
from app.jobs import JobKind
from app.projects import service as projects
from app.settings import Settings
from app.storage import Storage


def start_export(session: Session, *, project_id: int, format_name: str, by: int, now: datetime) -> Export:
    """Put an export down and queue it.

    Raises:
        ProjectNotFound, ExportFormatUnknown: nothing is put down.

    """
    projects.get_project(session, project_id)
    check_export_format(format_name)
    row = Export(
        project_id=project_id, format=format_name, status="queued", counts={}, created_by=by, created_at=now
    )
    session.add(row)
    session.flush()
    jobs.enqueue(session, JobKind.EXPORT, project_id=project_id, subject_id=row.id, now=now)
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=project_id,
        action="export.started",
        subject=f"export:{row.id}",
        format=format_name,
    )
    return row


def check_export_format(format_name: str) -> None:
    """Raise unless it can be written.

    Raises:
        ExportFormatUnknown: it cannot.

    """
    if format_name not in EXPORT_FORMATS:
        raise ExportFormatUnknown(format=format_name, formats=", ".join(EXPORT_FORMATS))


def run_export(
    *,
    database: Database,
    storage: Storage,
    settings: Settings,
    export_id: int,
    now: Callable[[], datetime],
    on_progress: Progress,
    recording: Recording | None = None,
) -> None:
    """Write an export's file. A second attempt writes a file of its own, and no row names the first one.

    recording   of the attempt that does it; without one, nobody else can be at it

    Raises:
        ExportNotFound: there is none.
        DomainError: it could not be written; the export has failed and says why.

    """
    recording = recording or database.unit_of_work
    with database.reading() as session:
        row = get_export(session, export_id)
    if row.status == "done":
        return
    key = f"exports/{export_id % 100:02d}/{export_id}-{now():%Y%m%dT%H%M%S%f}.zip"
    exporting = Exporting(database, storage, settings.work_dir, row.project_id, row.format, now())
    try:
        with storage.writing(key) as file, zip_target(file) as target:
            counts = write_export(exporting, target, on_progress)
    except DomainError as error:
        _fail_export(recording, export_id, error, now=now())
        raise
    with recording() as session:
        row = get_export(session, export_id)
        row.status, row.blob_key, row.counts, row.finished_at = "done", key, counts, now()
        row.file_name = f"project-{row.project_id}-{row.format}-{export_id}.zip"


def export_to_path(exporting: Exporting, out: Path, on_progress: Progress) -> dict[str, Any]:
    """Write an export beside the service: a ZIP file where `out` ends in .zip, else a new folder.

    It appears under its name when it is whole.

    Raises:
        ExportTargetExists: nothing is written over.
        ProjectNotFound, ExportFormatUnknown, ExportIncomplete, InsufficientStorage: nothing is left behind.

    """
    check_export_format(exporting.format)
    if out.exists():
        raise ExportTargetExists(path=out.name)
    out.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder(out.parent) as scratch:
        part = scratch / "part"
        if out.suffix.lower() == ".zip":
            with part.open("wb") as file:
                with zip_target(file) as target:
                    counts = write_export(exporting, target, on_progress)
                file.flush()
                os.fsync(file.fileno())
        else:
            part.mkdir()
            counts = write_export(exporting, FolderTarget(part), on_progress)
        part.rename(out)
    return counts


def get_export(session: Session, export_id: int) -> Export:
    """The export.

    Raises:
        ExportNotFound: there is none.

    """
    if row := repository.find_export(session, export_id):
        return row
    raise ExportNotFound(number=export_id)


def export_file(storage: Storage, row: Export) -> Path:
    """The finished file.

    Raises:
        ExportNotReady: it is not finished.
        BlobMissing: it is gone.

    """
    if row.status != "done" or row.blob_key is None:
        raise ExportNotReady(number=row.id, status=row.status)
    return storage.fetched(row.blob_key)


def _fail_export(recording: Recording, export_id: int, error: DomainError, *, now: datetime) -> None:
    with recording() as session:
        row = get_export(session, export_id)
        row.status, row.finished_at = "failed", now
        row.error_code, row.error_detail = error.code(), str(error)[:2000]
