"""The labelling page."""

from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from app.http.deps import ReadDep, RowId
from app.http.pages import Page, project_nav, render, script_safe
from app.projects import service as projects

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)


@dataclass(frozen=True, kw_only=True)
class LabelPage(Page):
    """What templates/annotations/label.html may use."""

    template: ClassVar[str] = "annotations/label.html"
    project_id: int
    project_name: str
    schema_json: Markup
    landmark_count: int
    attribute_names: tuple[str, ...]


@router.get("/projects/{project_id}/label")
def label_page(project_id: RowId, session: ReadDep) -> HTMLResponse:
    """Landmark and attribute mode; the asks come by REST."""
    project = projects.get_project(session, project_id)
    schema = projects.schema_of(project)
    page = LabelPage(
        page_title=f"Label · {project.name}",
        nav=project_nav(project.id, "Label"),
        project_id=project.id,
        project_name=project.name,
        schema_json=script_safe(schema.model_dump_json()),
        landmark_count=len(schema.landmarks),
        attribute_names=tuple(each.name for each in schema.attributes),
    )
    return render(page)
