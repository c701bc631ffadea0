"""REST of networks and predictions."""

from typing import Annotated

import anyio
from anyio import to_thread
from fastapi import APIRouter, Body, File, UploadFile

from app.access import LABEL, MANAGE, SEE
from app.http.access import Guarded, needs
from app.http.admission import Work
from app.http.deps import NowDep, ReadDep, RowId, State, StateDep, UserIdDep, WriteDep
from app.http.errors import problems
from app.http.keyset import Cursor, CursorInvalid, Limit, after_id_of
from app.images.errors import REFUSALS, ImageNotFound
from app.predictions import repository, service, serving
from app.predictions.schemas import NetworkList, NetworkOut, Predicted, PredictionList, PredictionOut, Promote
from app.predictions.service import NetworkNotFound, NoNetwork, NoPrediction, PromotionRaced
from app.predictions.serving import NetworkUnusable
from app.projects import service as projects
from app.projects.service import ProjectNotFound
from app.storage import BlobCorrupt, BlobMissing

AT_ONCE = 2  # pictures predicted at once, whatever the number of requests: each is decoded whole

router = APIRouter(prefix="/api/v1", tags=["networks"], route_class=Guarded)
uploads = APIRouter(prefix="/api/v1", tags=["networks"], route_class=Guarded)
_predicting = anyio.CapacityLimiter(AT_ONCE)


@router.get("/projects/{project_id}/networks", responses=problems(ProjectNotFound))
@needs(SEE)
def list_networks(project_id: RowId, session: ReadDep) -> NetworkList:
    """All versions of a project's network, newest first."""
    projects.get_project(session, project_id)
    last = repository.find_last_promotion(session, project_id)
    items = [
        NetworkOut.of(network, is_current=last is not None and network.id == last.network_id)
        for network in repository.networks_of(session, project_id)
    ]
    return NetworkList(items=items, promotion=last.number if last else 0)


@router.post("/networks/{network_id}/promote", responses=problems(NetworkNotFound, PromotionRaced))
@needs(MANAGE)
def promote_network(
    network_id: RowId,
    session: WriteDep,
    user_id: UserIdDep,
    now: NowDep,
    body: Annotated[Promote | None, Body()] = None,
) -> NetworkOut:
    """Make a version the current one; an older one is a rollback. Missing predictions follow."""
    base = body.base if body else None
    network = service.promote(session, network_id, by=user_id, now=now, base=base)
    return NetworkOut.of(network, is_current=True)


@router.get(
    "/projects/{project_id}/predictions", responses=problems(ProjectNotFound, NoNetwork, CursorInvalid)
)
@needs(SEE)
def list_predictions(
    project_id: RowId, session: ReadDep, cursor: Cursor = None, limit: Limit = 100
) -> PredictionList:
    """What the current network says of the project's images, by image."""
    projects.get_project(session, project_id)
    network = service.get_current_network(session, project_id)
    rows = repository.predictions_of(session, network.id, after_image_id=after_id_of(cursor), limit=limit)
    items = [PredictionOut.of(row, network_number=network.number) for row in rows]
    return PredictionList(items=items, cursor=str(rows[-1].image_id) if len(rows) == limit else None)


@router.get("/images/{image_id}/prediction", responses=problems(ImageNotFound, NoPrediction))
@needs(SEE)
def get_prediction(image_id: RowId, session: ReadDep) -> PredictionOut:
    """What the current network says of an image of the project."""
    prediction, network = service.get_current_prediction(session, image_id)
    return PredictionOut.of(prediction, network_number=network.number)


@uploads.post(
    "/projects/{project_id}/predict",
    responses=problems(ProjectNotFound, NoNetwork, NetworkUnusable, BlobMissing, BlobCorrupt, *REFUSALS),
)
@needs(LABEL, work=Work.HEAVY)
async def predict_image(
    project_id: RowId,
    image: Annotated[UploadFile, File(description="One image; it is not stored.")],
    state: StateDep,
) -> Predicted:
    """Landmarks, attributes and doubt of a picture, in px of its upright form."""
    return await to_thread.run_sync(_predict, state, project_id, image, limiter=_predicting)


def _predict(state: State, project_id: int, image: UploadFile) -> Predicted:
    with state.database.reading() as session:
        projects.get_project(session, project_id)
        network = service.get_current_network(session, project_id)
    said = serving.predict_file(
        image.file.read(),
        image.filename or "image",
        predictor=serving.predictor_of(state.storage, network.onnx_sha256),
        limit_bytes=state.settings.image_limit_bytes,
        limit_pixels=state.settings.image_limit_pixels,
    )
    return Predicted(network_id=network.id, network_number=network.number, **said)
