"""REST of what a project's labels say about the work on them."""

from fastapi import APIRouter

from app.access import SEE
from app.http.access import Guarded, needs
from app.http.deps import ReadDep, RowId
from app.http.errors import problems
from app.insights.assistance import assistance_of
from app.insights.schemas import AssistanceOut
from app.projects import service as projects

router = APIRouter(prefix="/api/v1", tags=["insights"], route_class=Guarded)


@router.get("/projects/{project_id}/assistance", responses=problems(projects.ProjectNotFound))
@needs(SEE)
def get_assistance(project_id: RowId, session: ReadDep) -> AssistanceOut:
    """What the prediction on the screen saves, by a control arm in which it is hidden."""
    project = projects.get_project(session, project_id)
    return AssistanceOut.of(assistance_of(session, project_id, control_share=project.control_share))
