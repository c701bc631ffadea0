"""REST of training runs, and the live events of a project."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from app.access import MANAGE, SEE
from app.http.access import Guarded, needs
from app.http.deps import NowDep, ReadDep, RowId, StateDep, UserIdDep, WriteDep
from app.http.errors import problems
from app.http.idempotent import KeyHeader, answered_once
from app.http.keyset import Cursor, CursorInvalid, Limit, after_id_of, cursor_after
from app.http.live import listening, project_events
from app.idempotency import IdempotencyKeyReused
from app.projects import service as projects
from app.projects.service import ProjectNotFound
from app.training import repository, service
from app.training.schemas import KeyedRun, RequestRun, RunDetail, RunList, RunOut, RunPointOut
from app.training.service import NotEnoughLabels, RunNotFound, TrainingAlreadyRunning

router = APIRouter(prefix="/api/v1", tags=["training"], route_class=Guarded)


@router.post(
    "/projects/{project_id}/runs",
    status_code=202,
    responses=problems(ProjectNotFound, TrainingAlreadyRunning, NotEnoughLabels, IdempotencyKeyReused),
)
@needs(MANAGE)
def request_run(
    project_id: RowId,
    session: WriteDep,
    user_id: UserIdDep,
    now: NowDep,
    body: Annotated[RequestRun | None, Body()] = None,
    key: KeyHeader = None,
) -> RunOut:
    """Train on what is labelled now. One run at a time a project."""
    wanted = body or RequestRun()

    def make() -> RunOut:
        run = service.request_run(
            session, project_id=project_id, options=wanted.options, reason="asked for", by=user_id, now=now
        )
        return RunOut.model_validate(run)

    keyed = KeyedRun(project_id=project_id, options=wanted.options)
    return answered_once(session, user_id=user_id, key=key, request=keyed, now=now, kind=RunOut, make=make)


@router.get("/projects/{project_id}/runs", responses=problems(ProjectNotFound, CursorInvalid))
@needs(SEE)
def list_runs(project_id: RowId, session: ReadDep, cursor: Cursor = None, limit: Limit = 50) -> RunList:
    """Runs of a project, newest first."""
    projects.get_project(session, project_id)
    rows = repository.runs_of(session, project_id, before_id=after_id_of(cursor) or None, limit=limit)
    return RunList(items=[RunOut.model_validate(row) for row in rows], cursor=cursor_after(rows, limit))


@router.get("/runs/{run_id}", responses=problems(RunNotFound))
@needs(SEE)
def get_run(run_id: RowId, session: ReadDep) -> RunDetail:
    """One run with its curves."""
    run = RunOut.model_validate(service.get_run(session, run_id))
    points = [RunPointOut.model_validate(point) for point in repository.points_of(session, run_id)]
    return RunDetail(**run.model_dump(), points=points)


@router.post("/runs/{run_id}/cancel", responses=problems(RunNotFound))
@needs(MANAGE)
def cancel_run(run_id: RowId, session: WriteDep, user_id: UserIdDep, now: NowDep) -> RunOut:
    """Cancel a waiting run at once; ask a running one to stop. One that has ended stays as it is."""
    return RunOut.model_validate(service.cancel(session, run_id, by=user_id, now=now))


def existing_project_id(project_id: RowId, session: ReadDep) -> int:
    """The project must exist before the stream begins: afterwards there is no status to answer with."""
    return projects.get_project(session, project_id).id


@router.get(
    "/projects/{project_id}/events",
    response_class=EventSourceResponse,
    responses=problems(ProjectNotFound),
    dependencies=[Depends(listening)],
)
@needs(SEE)
async def watch_project(
    project_id: Annotated[int, Depends(existing_project_id)],
    state: StateDep,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**63 - 1)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Events `epoch`, `run`, `network` and `predictions` as they happen; `Last-Event-ID` resumes."""
    async for event in project_events(state, project_id, last_event_id):
        yield event
