"""Who did what in a project, and when: as a page and as REST."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app import audit
from app.access import MANAGE
from app.audit import AuditEntry
from app.http.access import Guarded, needs
from app.http.deps import ReadDep, RowId
from app.http.errors import problems
from app.http.keyset import Cursor, CursorInvalid, Limit, after_id_of, cursor_after
from app.http.pages import Page, project_nav, render
from app.language import _
from app.projects import service as projects
from app.projects.service import ProjectNotFound
from app.queue.skips import SKIPPED, why_words
from app.users import service as users

ROWS_SHOWN = 100
VALUE_LENGTH = 200

router = APIRouter(route_class=Guarded)


class AuditOut(BaseModel):
    """One change."""

    id: int
    at: datetime
    by: str | None
    action: str
    subject: str
    detail: dict[str, Any]


class AuditList(BaseModel):
    """A page of changes, newest first; `cursor` asks for older ones."""

    items: list[AuditOut]
    cursor: str | None


@dataclass(frozen=True)
class AuditRow:
    """One change in words."""

    at: datetime
    by: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True, kw_only=True)
class AuditPage(Page):
    """What templates/insights/audit.html may use."""

    template: ClassVar[str] = "insights/audit.html"
    project_id: int
    project_name: str
    rows: Sequence[AuditRow]
    older: str | None
    is_first: bool


@router.get(
    "/api/v1/projects/{project_id}/audit",
    tags=["people"],
    responses=problems(ProjectNotFound, CursorInvalid),
)
@needs(MANAGE)
def list_audit(project_id: RowId, session: ReadDep, cursor: Cursor = None, limit: Limit = 50) -> AuditList:
    """What happened in the project, newest first."""
    projects.get_project(session, project_id)
    entries, names = _entries(session, project_id, cursor, limit)
    items = [
        AuditOut(
            id=entry.id,
            at=entry.at,
            by=names.get(entry.user_id or 0),
            action=entry.action,
            subject=entry.subject,
            detail=entry.detail,
        )
        for entry in entries
    ]
    return AuditList(items=items, cursor=cursor_after(entries, limit))


@router.get("/projects/{project_id}/audit", include_in_schema=False, response_class=HTMLResponse)
@needs(MANAGE)
def audit_page(project_id: RowId, session: ReadDep, cursor: Cursor = None) -> HTMLResponse:
    """The same for people."""
    project = projects.get_project(session, project_id)
    entries, names = _entries(session, project_id, cursor, ROWS_SHOWN)
    page = AuditPage(
        page_title=f"{_('Audit')} · {project.name}",
        nav=project_nav(project_id, "Audit"),
        project_id=project_id,
        project_name=project.name,
        rows=[_row(entry, names) for entry in entries],
        older=cursor_after(entries, ROWS_SHOWN),
        is_first=cursor is None,
    )
    return render(page)


def _entries(
    session: Session, project_id: int, cursor: str | None, limit: int
) -> tuple[Sequence[AuditEntry], Mapping[int, str]]:
    entries = audit.entries_of(session, project_id, before_id=after_id_of(cursor) or None, limit=limit)
    return entries, users.names_of(session, {entry.user_id for entry in entries})


def _row(entry: AuditEntry, names: Mapping[int, str]) -> AuditRow:
    detail = entry.detail
    if entry.action == SKIPPED:
        detail = {**detail, "why": why_words(detail) or None, "why_code": None}
    said = {name: str(value)[:VALUE_LENGTH] for name, value in detail.items() if value is not None}
    return AuditRow(
        at=entry.at,
        by=names.get(entry.user_id or 0, _("the service")),
        action=entry.action,
        subject=entry.subject,
        detail=", ".join(f"{name} {value}" for name, value in said.items()),
    )
