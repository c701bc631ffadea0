"""The list of projects and a project's overview."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.access import SEE, SIGNED_IN
from app.annotations import repository as labels
from app.annotations.tables import Tally
from app.http.access import Guarded, needs
from app.http.deps import CallerDep, ReadDep, RowId
from app.http.pages import Page, project_nav, render
from app.predictions import repository as predictions
from app.projects import service
from app.projects.schemas import LANDMARKS
from app.projects.tables import Project
from app.training import repository as training

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded)


@dataclass(frozen=True)
class Progress:
    """How far one kind of label is."""

    kind: str
    question: str
    labelled_count: int
    share: float
    seconds_each: float | None


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


@dataclass(frozen=True, kw_only=True)
class OverviewPage(Page):
    """What templates/projects/overview.html may use."""

    template: ClassVar[str] = "projects/overview.html"
    project_id: int
    project_name: str
    image_count: int
    progress: Sequence[Progress]
    network_number: int | None
    network_nme: float | None
    run_words: str | None


@router.get("/")
@needs(SIGNED_IN)
def projects_page(session: ReadDep, caller: CallerDep) -> HTMLResponse:
    """All projects that the caller may see."""
    projects = service.list_projects(session, seen_by=caller, limit=200)
    cards = [_card(session, project) for project in projects]
    return render(ProjectsPage(page_title="Projects", projects=cards))


@router.get("/projects/{project_id}")
@needs(SEE)
def overview_page(project_id: RowId, session: ReadDep) -> HTMLResponse:
    """Progress by kind, the current network and what the worker does."""
    project = service.get_project(session, project_id)
    network = predictions.find_current_network(session, project_id)
    run = training.find_newest_run(session, project_id)
    page = OverviewPage(
        page_title=project.name,
        nav=project_nav(project_id, "Overview"),
        project_id=project_id,
        project_name=project.name,
        image_count=project.image_count,
        progress=_progress(session, project),
        network_number=network.number if network else None,
        network_nme=network.scores.get("nme") if network else None,
        run_words=f"Run {run.number}: {run.outcome or run.status}" if run else None,
    )
    return render(page)


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
    questions = {each.name: each.question for each in schema.attributes}
    none = Tally(labelled_count=0, timed_count=0, active_seconds=0.0)
    rows = []
    for kind in schema.kinds:
        tally = tallies.get(kind, none)
        rows.append(
            Progress(
                kind=kind,
                question=questions.get(kind, f"{len(schema.landmarks)} landmarks"),
                labelled_count=tally.labelled_count,
                share=tally.labelled_count / max(1, project.image_count),
                seconds_each=tally.active_seconds / tally.timed_count if tally.timed_count else None,
            )
        )
    return rows
