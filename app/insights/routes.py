"""REST of what a project's labels say together."""

from fastapi import APIRouter, Response

from app.access import SEE
from app.http.access import Guarded, needs
from app.http.deps import ReadDep, RowId
from app.http.errors import problems
from app.insights import service
from app.insights.assistance import assistance_of
from app.insights.schemas import AssistanceOut, ShapeOut
from app.projects import service as projects
from app.projects.service import ProjectNotFound

router = APIRouter(prefix="/api/v1", tags=["insights"], route_class=Guarded)


@router.get("/projects/{project_id}/assistance", responses=problems(ProjectNotFound))
@needs(SEE)
def get_assistance(project_id: RowId, session: ReadDep) -> AssistanceOut:
    """What the prediction on the screen saves, by a control arm in which it is hidden."""
    project = projects.get_project(session, project_id)
    return AssistanceOut.of(assistance_of(session, project_id, control_share=project.control_share))


@router.get(
    "/projects/{project_id}/shape",
    response_model=ShapeOut,
    responses={
        204: {"description": "Too few labelled images yet, or too many landmarks"},
        **problems(ProjectNotFound),
    },
)
@needs(SEE)
def get_shape(project_id: RowId, session: ReadDep) -> ShapeOut | Response:
    """Mean and covariance of the labelled shapes, by which predicted points follow a corrected one."""
    shape = service.find_project_shape(session, project_id)
    return ShapeOut.of(shape) if shape else Response(status_code=204)
