"""The training page: the current run live, all runs, all networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from app.access import SEE, Permission
from app.http.access import Guarded, needs
from app.http.deps import NowDep, ReadDep, RowId
from app.http.pages import Page, html_of, may, project_nav, render
from app.language import _
from app.predictions import repository as networks
from app.projects import service as projects
from app.training import repository, service
from app.training.plots import Plot, error_plot, loss_plot
from app.training.tables import Run, RunStatus
from app.training.words import STATUS, begun, duration_words, error_words, pool_words, stored_words

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded)
RUNS_SHOWN = 30
TONES = {
    RunStatus.QUEUED: "quiet",
    RunStatus.RUNNING: "busy",
    RunStatus.SUCCEEDED: "good",
    RunStatus.FAILED: "bad",
    RunStatus.CANCELLED: "warn",
}


@dataclass(frozen=True)
class RunRow:
    """One run in words."""

    id: int
    number: int
    status: str
    tone: str
    reason: str
    pool: str
    config_reason: str | None
    outcome: str | None
    error_code: str | None
    error_detail: str | None
    requested_at: datetime
    took: str | None
    attempt: int
    is_active: bool
    step: int
    steps: int


@dataclass(frozen=True)
class NetworkRow:
    """One version in words."""

    id: int
    number: int
    run_number: int
    created_at: datetime
    error: str
    is_current: bool
    is_older: bool


@dataclass(frozen=True)
class Live:
    """All that templates/training/_live.html shows."""

    project_id: int
    current: RunRow | None
    shown: RunRow | None
    plots: Sequence[Plot]
    images_per_second: float | None
    runs: Sequence[RunRow]
    networks: Sequence[NetworkRow]
    promotion: int
    labels_missing: int
    may_label: bool
    may_manage: bool


@dataclass(frozen=True, kw_only=True)
class TrainingPage(Page):
    """What templates/training/training.html may use."""

    template: ClassVar[str] = "training/training.html"
    project_id: int
    project_name: str
    live: Live


@router.get("/projects/{project_id}/training")
@needs(SEE)
def training_page(project_id: RowId, session: ReadDep, now: NowDep) -> HTMLResponse:
    """The whole page."""
    project = projects.get_project(session, project_id)
    page = TrainingPage(
        page_title=f"{_('Training')} · {project.name}",
        nav=project_nav(project_id, "Training"),
        project_id=project_id,
        project_name=project.name,
        live=_live(session, project_id, now),
    )
    return render(page)


@router.get("/projects/{project_id}/training/live")
@needs(SEE)
def training_fragment(project_id: RowId, session: ReadDep, now: NowDep) -> HTMLResponse:
    """The part that changes, for app/static/fragments.js."""
    projects.get_project(session, project_id)
    return html_of("training/_live.html", {"live": _live(session, project_id, now)})


def _live(session: Session, project_id: int, now: datetime) -> Live:
    runs = repository.runs_of(session, project_id, limit=RUNS_SHOWN)
    rows = [_run_row(run, now) for run in runs]
    points = repository.points_of(session, runs[0].id) if runs else []
    is_pixels = projects.schema_of(projects.get_project(session, project_id)).normaliser.kind == "pixels"
    steps = runs[0].steps if runs else 0
    plots = [
        error_plot([(p.step, p.nme) for p in points if p.nme is not None], is_pixels=is_pixels, steps=steps),
        loss_plot([(p.step, p.losses) for p in points], steps=steps),
    ]
    last = networks.find_last_promotion(session, project_id)
    return Live(
        project_id=project_id,
        current=rows[0] if rows and rows[0].is_active else None,
        shown=rows[0] if rows and points else None,
        plots=[plot for plot in plots if plot is not None],
        images_per_second=points[-1].images_per_second if points else None,
        runs=rows,
        networks=_network_rows(session, project_id, last.network_id if last else None, is_pixels=is_pixels),
        promotion=last.number if last else 0,
        labels_missing=max(
            0,
            service.FIRST_RUN_LABELS
            - repository.count_landmark_labels(session, project_id, limit=service.FIRST_RUN_LABELS),
        ),
        may_label=may(Permission.LABEL),
        may_manage=may(Permission.MANAGE),
    )


def _run_row(run: Run, now: datetime) -> RunRow:
    status = RunStatus(run.status)
    ends = run.finished_at or now
    return RunRow(
        id=run.id,
        number=run.number,
        status=_(STATUS[status]),
        tone=TONES[status],
        reason=stored_words(run.reason),
        pool=pool_words(run),
        config_reason=stored_words(run.config_reason) if run.config_reason else None,
        outcome=begun(stored_words(run.outcome)) if run.outcome else None,
        error_code=run.error_code,
        error_detail=stored_words(run.error_detail) if run.error_detail else None,
        requested_at=run.requested_at,
        took=duration_words((ends - run.started_at).total_seconds()) if run.started_at else None,
        attempt=run.attempt,
        is_active=run.status in repository.ACTIVE,
        step=run.step,
        steps=run.steps,
    )


def _network_rows(
    session: Session, project_id: int, current_id: int | None, *, is_pixels: bool
) -> list[NetworkRow]:
    rows = networks.networks_of(session, project_id)
    current_number = next((row.number for row in rows if row.id == current_id), 0)
    return [
        NetworkRow(
            id=row.id,
            number=row.number,
            run_number=service.get_run(session, row.run_id).number,
            created_at=row.created_at,
            error=error_words(row.scores.get("nme"), is_pixels=is_pixels),
            is_current=row.id == current_id,
            is_older=row.number < current_number,
        )
        for row in rows
    ]
