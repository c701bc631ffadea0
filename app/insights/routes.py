"""REST of insights."""

from fastapi import APIRouter, Response

from app.http.deps import ReadDep, RowId
from app.http.errors import problems
from app.insights import service
from app.insights.schemas import ShapeOut
from app.projects.service import ProjectNotFound

router = APIRouter(prefix="/api/v1", tags=["insights"])


@router.get(
    "/projects/{project_id}/shape",
    response_model=ShapeOut,
    responses={
        204: {"description": "Too few labelled images yet, or too many landmarks"},
        **problems(ProjectNotFound),
    },
)
def get_shape(project_id: RowId, session: ReadDep) -> ShapeOut | Response:
    """Mean and covariance of the labelled shapes, by which predicted points follow a corrected one."""
    model = service.find_shape_model(session, project_id)
    return ShapeOut.of(model) if model else Response(status_code=204)
