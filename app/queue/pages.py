"""The labelling page and grid mode."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from app.access import LABEL, Permission
from app.annotations.example import find_example
from app.http.access import Guarded, needs
from app.http.deps import ReadDep, RowId
from app.http.pages import Page, may, project_nav, render, script_safe
from app.language import _
from app.projects import service as projects
from app.queue import grid, skips

COUNTS = (12, 24, 48)  # tiles on a page of the grid

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded)


@dataclass(frozen=True, kw_only=True)
class LabelPage(Page):
    """What templates/annotations/label.html may use."""

    template: ClassVar[str] = "annotations/label.html"
    project_id: int
    project_name: str
    schema_json: Markup
    schema_version: int
    example_json: Markup
    landmark_count: int
    attribute_names: tuple[str, ...]
    skip_reasons: Mapping[str, str]
    has_images: bool
    may_manage: bool


class GridQuery(BaseModel):
    """What the address of grid mode says; without a question, the first one that has classes."""

    attribute: Annotated[str, Field(max_length=64)] | None = None
    tiles: Annotated[int, Field(ge=12, le=48)] = 24


@dataclass(frozen=True, kw_only=True)
class GridPage(Page):
    """What templates/annotations/grid.html may use; without a question with classes, no `attribute_name`."""

    template: ClassVar[str] = "annotations/grid.html"
    project_id: int
    project_name: str
    attribute_name: str | None
    question: str
    attribute_json: Markup
    attribute_names: Sequence[str]
    counts: Sequence[int]
    count: int
    has_images: bool
    may_manage: bool


@router.get("/projects/{project_id}/label")
@needs(LABEL)
def label_page(project_id: RowId, session: ReadDep) -> HTMLResponse:
    """Landmark and attribute mode; the asks come by REST."""
    project = projects.get_project(session, project_id)
    schema = projects.schema_of(project)
    page = LabelPage(
        page_title=f"{_('Label')} · {project.name}",
        nav=project_nav(project.id, "Label"),
        project_id=project.id,
        project_name=project.name,
        schema_json=script_safe(schema.model_dump_json()),
        schema_version=project.schema_version,
        example_json=script_safe(orjson.dumps(_example(session, project_id)).decode()),
        landmark_count=len(schema.landmarks),
        attribute_names=tuple(each.name for each in schema.attributes),
        skip_reasons=skips.offered(),
        has_images=project.image_count > 0,
        may_manage=may(Permission.MANAGE),
    )
    return render(page)


def _example(session: Session, project_id: int) -> dict[str, Any] | None:
    """What the reference is drawn on."""
    example = find_example(session, project_id)
    if example is None:
        return None
    image = example.image
    return {
        "url": example.small_url,
        "name": image.name,
        "width_px": image.width_px,
        "height_px": image.height_px,
        "places": example.places,
    }


@router.get("/projects/{project_id}/grid")
@needs(LABEL)
def grid_page(project_id: RowId, session: ReadDep, asked: Annotated[GridQuery, Query()]) -> HTMLResponse:
    """Many images of one question at once; the pages of it come by REST."""
    project = projects.get_project(session, project_id)
    names = [each.name for each in projects.schema_of(project).attributes if each.kind == "classes"]
    chosen = asked.attribute or (names[0] if names else None)
    attribute = None if chosen is None else grid.get_attribute(session, project_id, chosen)
    page = GridPage(
        page_title=f"{_('Grid')} · {project.name}",
        nav=project_nav(project.id, "Label"),
        project_id=project.id,
        project_name=project.name,
        attribute_name=attribute.name if attribute else None,
        question=attribute.question if attribute else "",
        attribute_json=script_safe(attribute.model_dump_json() if attribute else "null"),
        attribute_names=names,
        counts=COUNTS,
        count=asked.tiles,
        has_images=project.image_count > 0,
        may_manage=may(Permission.MANAGE),
    )
    return render(page)
