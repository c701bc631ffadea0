"""REST of projects."""

from fastapi import APIRouter
from sqlalchemy.orm import Session

from app import jobs
from app.access import ADMIN, MANAGE, SEE, SIGNED_IN
from app.annotations import repository as labels
from app.http.access import Guarded, needs
from app.http.deps import CallerDep, NowDep, ReadDep, RowId, UserIdDep, WriteDep
from app.http.errors import problems
from app.http.idempotent import KeyHeader, answered_once
from app.http.keyset import Cursor, CursorInvalid, Limit, after_id_of, cursor_after
from app.idempotency import IdempotencyKeyReused
from app.predictions import repository as predictions
from app.projects import service
from app.projects.schemas import (
    LANDMARKS,
    ChangeProject,
    Counts,
    CreateProject,
    CurrentNetwork,
    ProjectList,
    ProjectOut,
)
from app.projects.tables import Project

router = APIRouter(prefix="/api/v1", tags=["projects"], route_class=Guarded)


@router.post("/projects", status_code=201, responses=problems(service.ProjectNameTaken, IdempotencyKeyReused))
@needs(ADMIN)
def create_project(
    body: CreateProject, session: WriteDep, user_id: UserIdDep, now: NowDep, key: KeyHeader = None
) -> ProjectOut:
    """Make an empty project."""

    def make() -> ProjectOut:
        project = service.create(
            session,
            name=body.name,
            schema=body.landmark_schema,
            by=user_id,
            now=now,
            control_share=body.control_share,
        )
        return project_out(session, project)

    return answered_once(session, user_id=user_id, key=key, request=body, now=now, kind=ProjectOut, make=make)


@router.get("/projects", responses=problems(CursorInvalid))
@needs(SIGNED_IN)
def list_projects(
    session: ReadDep, caller: CallerDep, cursor: Cursor = None, limit: Limit = 50
) -> ProjectList:
    """All projects that the caller may see."""
    rows = service.list_projects(session, seen_by=caller, after_id=after_id_of(cursor), limit=limit)
    return ProjectList(items=[project_out(session, row) for row in rows], cursor=cursor_after(rows, limit))


@router.get("/projects/{project_id}", responses=problems(service.ProjectNotFound))
@needs(SEE)
def get_project(project_id: RowId, session: ReadDep) -> ProjectOut:
    """One project with its schema and counts."""
    return project_out(session, service.get_project(session, project_id))


@router.patch(
    "/projects/{project_id}",
    responses=problems(
        service.ProjectNotFound, service.ProjectNameTaken, service.StaleSchema, service.SchemaInUse
    ),
)
@needs(MANAGE)
def change_project(
    project_id: RowId, body: ChangeProject, session: WriteDep, user_id: UserIdDep, now: NowDep
) -> ProjectOut:
    """Rename a project or change its schema; once labels exist, the schema only grows."""
    project = service.change(
        session,
        project_id,
        name=body.name,
        schema=body.landmark_schema,
        base_schema_version=body.base_schema_version,
        has_labels=bool(labels.tallies_of(session, project_id)),
        by=user_id,
        now=now,
    )
    if body.control_share is not None:
        service.set_control_share(session, project_id, share=body.control_share, by=user_id, now=now)
    # a new kind of question needs its asks, and they their places
    jobs.enqueue_once(session, jobs.JobKind.RANK, project_id=project_id, subject_id=project_id, now=now)
    return project_out(session, project)


def project_out(session: Session, project: Project) -> ProjectOut:
    """A project as JSON, with its counts."""
    schema, tallies = service.schema_of(project), labels.tallies_of(session, project.id)
    labelled = {kind: tally.labelled_count for kind, tally in tallies.items()}
    network = predictions.find_current_network(session, project.id)
    return ProjectOut(
        id=project.id,
        name=project.name,
        landmark_schema=schema,
        schema_version=project.schema_version,
        control_share=project.control_share,
        created_at=project.created_at,
        counts=Counts(
            images=project.image_count,
            landmarks_labelled=labelled.get(LANDMARKS, 0),
            attributes={each.name: labelled.get(each.name, 0) for each in schema.attributes},
        ),
        network=CurrentNetwork(id=network.id, number=network.number) if network else None,
    )
