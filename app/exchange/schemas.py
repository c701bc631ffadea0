"""JSON shapes of imports and exports."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, StringConstraints

from app.exchange.tables import Export, Import, ImportedFile
from app.projects.schemas import Strict

FormatName = Literal["auto", "folder", "coco", "images"]
Status = Literal["queued", "running", "done", "failed"]


class ArchiveImport(Strict):
    """What may be said beside an uploaded archive."""

    format: FormatName = "auto"
    keep_landmarks_percent: float = Field(
        default=100, ge=0, le=100, description="Share of the training images that keep their landmarks."
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="Chooses them.")


class FolderImport(ArchiveImport):
    """Body of POST /projects/{id}/imports for a folder of the server, instead of an uploaded archive."""

    folder: Annotated[str, StringConstraints(min_length=1, max_length=1000)]


class FileOut(BaseModel):
    """What became of one file; `code` says what was left out or why it was refused."""

    name: str
    outcome: Literal["added", "known", "updated", "refused"]
    code: str | None
    detail: str | None
    image_id: int | None


class ImportOut(BaseModel):
    """One import. `files` is a page of outcomes by name; `cursor` asks for the next one."""

    id: int
    project_id: int
    format: str
    source: str
    status: Status
    file_count: int
    outcome_counts: dict[str, int]
    error_code: str | None
    error_detail: str | None
    created_at: datetime
    finished_at: datetime | None
    files: list[FileOut]
    cursor: str | None

    @classmethod
    def of(cls, row: Import, files: list[ImportedFile], *, cursor: str | None) -> Self:
        """From its rows."""
        shown = [FileOut.model_validate(file, from_attributes=True) for file in files]
        own = {name: getattr(row, name) for name in cls.model_fields if name not in {"files", "cursor"}}
        return cls(**own, files=shown, cursor=cursor)


class CreateExport(Strict):
    """Body of POST /projects/{id}/exports."""

    format: Literal["folder", "coco"]


class ExportOut(BaseModel):
    """One export. `file_url` is there once it is done."""

    id: int
    project_id: int
    format: str
    status: Status
    counts: dict[str, Any]
    file_url: str | None
    error_code: str | None
    error_detail: str | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, row: Export) -> Self:
        """From its row."""
        own = {name: getattr(row, name) for name in cls.model_fields if name != "file_url"}
        return cls(**own, file_url=f"/api/v1/exports/{row.id}/file" if row.status == "done" else None)
