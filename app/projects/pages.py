"""The list of projects, a project's overview, and its set-up as a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.access import ADMIN, MANAGE, SEE, SIGNED_IN, Permission
from app.annotations import repository as labels
from app.annotations.example import find_example
from app.annotations.tables import Tally
from app.http.access import Guarded, needs
from app.http.deps import CallerDep, ReadDep, RowId
from app.http.pages import STATIC, Page, may, project_nav, render, script_safe
from app.images import repository as images
from app.insights.skipped import skipped_count
from app.language import _, ngettext
from app.predictions import repository as predictions
from app.projects import service
from app.projects.schemas import LANDMARKS, Attribute, ClassAttribute
from app.projects.tables import Project
from app.training import repository as training
from app.training.words import error_words, pool_words, run_words

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded)


@dataclass(frozen=True)
class Progress:
    """How far one kind of label is, with links to the images without it and to grid mode."""

    kind: str
    question: str
    labelled_count: int
    share: float
    seconds_each: float | None
    open_url: str
    grid_url: str | None


@dataclass(frozen=True)
class ProjectCard:
    """One project in the list."""

    id: int
    name: str
    image_count: int
    labelled_count: int
    network_number: int | None


@dataclass(frozen=True, kw_only=True)
class ProjectsPage(Page):
    """What templates/projects/list.html may use."""

    template: ClassVar[str] = "projects/list.html"
    projects: Sequence[ProjectCard]
    may_create: bool


@dataclass(frozen=True, kw_only=True)
class OverviewPage(Page):
    """What templates/projects/overview.html may use."""

    template: ClassVar[str] = "projects/overview.html"
    project_id: int
    project_name: str
    image_count: int
    progress: Sequence[Progress]
    network_number: int | None
    network_error: str
    run_words: str | None
    pool_words: str
    may_label: bool
    may_manage: bool
    skipped_count: int


@dataclass(frozen=True)
class Template:
    """A schema to begin with; its file lies in app/static/setup/templates."""

    stem: str
    title: str


@dataclass(frozen=True, kw_only=True)
class SetupPage(Page):
    """What templates/projects/setup.html may use. `project_name` is None for a project that is to be made."""

    template: ClassVar[str] = "projects/setup.html"
    project_name: str | None
    has_labels: bool
    templates: Sequence[Template]
    given_json: Markup


@router.get("/")
@needs(SIGNED_IN)
def projects_page(session: ReadDep, caller: CallerDep) -> HTMLResponse:
    """All projects that the caller may see."""
    projects = service.list_projects(session, seen_by=caller, limit=200)
    cards = [_card(session, project) for project in projects]
    return render(ProjectsPage(page_title=_("Projects"), projects=cards, may_create=caller.member_id is None))


@router.get("/projects/new")
@needs(ADMIN)
def new_project_page() -> HTMLResponse:
    """An empty drawing, to make a project of. Stands before the overview, whose path would take it."""
    given = {"project": None, "has_labels": False, "example": None}
    page = SetupPage(
        page_title=_("New project"),
        project_name=None,
        has_labels=False,
        templates=_templates(),
        given_json=script_safe(orjson.dumps(given).decode()),
    )
    return render(page)


@router.get("/projects/{project_id}")
@needs(SEE)
def overview_page(project_id: RowId, session: ReadDep) -> HTMLResponse:
    """Progress by kind, the current network and what the worker does."""
    project = service.get_project(session, project_id)
    network = predictions.find_current_network(session, project_id)
    run = training.find_newest_run(session, project_id)
    is_pixels = service.schema_of(project).normaliser.kind == "pixels"
    page = OverviewPage(
        page_title=project.name,
        nav=project_nav(project_id, "Overview"),
        project_id=project_id,
        project_name=project.name,
        image_count=project.image_count,
        progress=_progress(session, project),
        network_number=network.number if network else None,
        network_error=error_words(network.scores.get("nme") if network else None, is_pixels=is_pixels),
        run_words=run_words(run) if run else None,
        pool_words=pool_words(run) if run else "",
        may_label=may(Permission.LABEL),
        may_manage=may(Permission.MANAGE),
        skipped_count=skipped_count(session, project_id, service.schema_of(project).kinds),
    )
    return render(page)


@router.get("/projects/{project_id}/setup")
@needs(MANAGE)
def setup_page(project_id: RowId, session: ReadDep) -> HTMLResponse:
    """The schema of a project as a drawing on one of its images."""
    project = service.get_project(session, project_id)
    has_labels = bool(labels.tallies_of(session, project_id))
    shown = {
        "id": project.id,
        "name": project.name,
        "schema": service.schema_of(project).model_dump(mode="json"),
        "schema_version": project.schema_version,
    }
    given = {"project": shown, "has_labels": has_labels, "example": _example(session, project_id)}
    page = SetupPage(
        page_title=f"{_('Set-up')} · {project.name}",
        nav=project_nav(project_id, "Set-up"),
        project_name=project.name,
        has_labels=has_labels,
        templates=_templates(),
        given_json=script_safe(orjson.dumps(given).decode()),
    )
    return render(page)


@lru_cache(maxsize=1)
def _templates() -> tuple[Template, ...]:
    paths = sorted((STATIC / "setup" / "templates").glob("*.json"))
    return tuple(Template(path.stem, orjson.loads(path.read_bytes())["title"]) for path in paths)


def _example(session: Session, project_id: int) -> dict[str, Any] | None:
    """An image to draw on, with the points of its label; else the first image, else none."""
    labelled = find_example(session, project_id)
    first = images.page(session, project_id, after_id=0, limit=1)
    if labelled is None and not first:
        return None
    image = labelled.image if labelled else first[0]
    return {
        "url": f"/api/v1/images/{image.id}/file",
        "width_px": image.width_px,
        "height_px": image.height_px,
        "places": labelled.places if labelled else {},
    }


def _card(session: Session, project: Project) -> ProjectCard:
    tallies = labels.tallies_of(session, project.id)
    network = predictions.find_current_network(session, project.id)
    return ProjectCard(
        id=project.id,
        name=project.name,
        image_count=project.image_count,
        labelled_count=tallies[LANDMARKS].labelled_count if LANDMARKS in tallies else 0,
        network_number=network.number if network else None,
    )


def _progress(session: Session, project: Project) -> list[Progress]:
    tallies = labels.tallies_of(session, project.id)
    schema = service.schema_of(project)
    none = Tally(labelled_count=0, timed_count=0, active_seconds=0.0)
    return [
        _progress_of(kind, tallies.get(kind, none), project=project, attribute=schema.find_attribute(kind))
        for kind in schema.kinds
    ]


def _progress_of(kind: str, tally: Tally, *, project: Project, attribute: Attribute | None) -> Progress:
    pages = f"/projects/{project.id}"
    has_grid = isinstance(attribute, ClassAttribute)
    return Progress(
        kind=kind,
        question=attribute.question
        if attribute
        else ngettext("{count} landmark", "{count} landmarks", len(project.schema["landmarks"])),
        labelled_count=tally.labelled_count,
        share=tally.labelled_count / max(1, project.image_count),
        seconds_each=tally.active_seconds / tally.timed_count if tally.timed_count else None,
        open_url=f"{pages}/images?" + urlencode({"state": f"open:{kind}"}),
        grid_url=f"{pages}/grid?" + urlencode({"attribute": kind}) if has_grid else None,
    )
