"""REST of the labelling loop: next ask, answer, skip, give back, renew."""

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path, Response

from app.access import LABEL, LABELLER
from app.annotations import rules
from app.annotations.schemas import AttributeAnswer, LandmarksAnswer, RevisionRef
from app.annotations.service import (
    PredictionUnknown,
    StaleRevision,
    SubmissionIdReused,
)
from app.annotations.tables import LANDMARKS
from app.http.access import Guarded, needs
from app.http.deps import LeaseNowDep, RowId, SettingsDep, UserIdDep, WriteDep
from app.http.errors import problems
from app.images.errors import ImageArchived, ImageNotFound
from app.images.tables import Image
from app.predictions.schemas import PredictionOut
from app.projects.service import ProjectNotFound
from app.queue import grid, handing, reasons, service
from app.queue.grid import GridNeedsClasses, GridTile
from app.queue.handing import Asker, Handed
from app.queue.schemas import (
    Answered,
    AskedImage,
    AskOut,
    CurrentLabel,
    GridOut,
    GridTileOut,
    ManyLeases,
    NextOnly,
    Renewed,
    RenewedMany,
    SaidOut,
    SkipAsk,
    WantAsk,
    WantGrid,
    WhyAsked,
)
from app.queue.service import LeaseLost, LeaseNotFound, Taken

router = APIRouter(prefix="/api/v1", tags=["labelling"], route_class=Guarded)

ANSWER_PROBLEMS = (ImageNotFound, ImageArchived, PredictionUnknown, StaleRevision, SubmissionIdReused)
AttributeName = Annotated[str, Path(max_length=64)]


@router.post(
    "/projects/{project_id}/asks/next",
    response_model=AskOut,
    responses={204: {"description": "Nothing is left to ask"}, **problems(ProjectNotFound)},
)
@needs(LABEL)
def ask_next(
    project_id: RowId,
    body: WantAsk,
    session: WriteDep,
    user_id: UserIdDep,
    settings: SettingsDep,
    now: LeaseNowDep,
) -> AskOut | Response:
    """Lease the ask that is worth most per second."""
    asker = Asker(user_id, body.kinds, settings.lease_seconds, now, body.asks_held)
    handed = handing.next_ask(session, project_id=project_id, asker=asker)
    return ask_out(handed) or Response(status_code=204)


@router.put(
    "/images/{image_id}/landmarks",
    responses=problems(
        *ANSWER_PROBLEMS,
        rules.LandmarkUnknown,
        rules.LandmarkRepeated,
        rules.LandmarkOutsideImage,
        rules.NotANumber,
        rules.NothingAnswered,
    ),
)
@needs(LABEL)
def put_landmarks(
    image_id: RowId,
    body: LandmarksAnswer,
    response: Response,
    session: WriteDep,
    user_id: UserIdDep,
    settings: SettingsDep,
    now: LeaseNowDep,
) -> Answered:
    """Save one annotator's landmarks and hand out the next ask."""
    asker = Asker(user_id, body.next_kinds, settings.lease_seconds, now, body.asks_held)
    taken = service.answer(session, image_id=image_id, kind=LANDMARKS, answer=body, asker=asker)
    return _answered(taken, response)


@router.put(
    "/images/{image_id}/attributes/{name}",
    responses=problems(
        *ANSWER_PROBLEMS, rules.AttributeNotFound, rules.ValueUnknown, rules.ValueOutOfRange, rules.NotANumber
    ),
)
@needs(LABEL)
def put_attribute(
    image_id: RowId,
    name: AttributeName,
    body: AttributeAnswer,
    response: Response,
    session: WriteDep,
    user_id: UserIdDep,
    settings: SettingsDep,
    now: LeaseNowDep,
) -> Answered:
    """Save one annotator's answer to a question and hand out the next ask."""
    asker = Asker(user_id, body.next_kinds, settings.lease_seconds, now, body.asks_held)
    taken = service.answer(
        session, image_id=image_id, kind=rules.checked_attribute(name), answer=body, asker=asker
    )
    return _answered(taken, response)


@router.post("/asks/{lease_id}/skip", responses=problems(LeaseNotFound))
@needs(LABEL)
def skip_ask(
    lease_id: uuid.UUID,
    body: SkipAsk,
    session: WriteDep,
    user_id: UserIdDep,
    settings: SettingsDep,
    now: LeaseNowDep,
) -> NextOnly:
    """Put this ask behind all others and hand out the next one."""
    asker = Asker(user_id, body.next_kinds, settings.lease_seconds, now, body.asks_held)
    handed = service.skip(session, lease_id=lease_id, why=body.reason, why_code=body.reason_code, asker=asker)
    return NextOnly(next=ask_out(handed))


@router.post("/asks/{lease_id}/release", status_code=204, responses=problems(LeaseNotFound))
@needs(LABEL)
def release_ask(lease_id: uuid.UUID, session: WriteDep, user_id: UserIdDep, now: LeaseNowDep) -> None:
    """Give an ask back unanswered, e.g. when the page is left."""
    service.release(session, lease_id=lease_id, by=user_id, now=now)


@router.post("/asks/{lease_id}/renew", responses=problems(LeaseNotFound, LeaseLost))
@needs(LABEL)
def renew_ask(
    lease_id: uuid.UUID, session: WriteDep, user_id: UserIdDep, settings: SettingsDep, now: LeaseNowDep
) -> Renewed:
    """Prolong a lease while its image is being worked on."""
    ends = service.renew(
        session, lease_id=lease_id, lease_seconds=settings.lease_seconds, by=user_id, now=now
    )
    return Renewed(expires_at=ends)


@router.post(
    "/projects/{project_id}/grid",
    responses=problems(ProjectNotFound, rules.AttributeNotFound, GridNeedsClasses),
)
@needs(LABEL)
def next_grid(
    project_id: RowId,
    body: WantGrid,
    session: WriteDep,
    user_id: UserIdDep,
    settings: SettingsDep,
    now: LeaseNowDep,
) -> GridOut:
    """Lease a page of images for one question, alike by what the network says of them."""
    asker = Asker(user_id, None, settings.lease_seconds, now)
    tiles = grid.next_page(
        session, project_id=project_id, attribute=body.attribute, count=body.count, asker=asker
    )
    ends = now + timedelta(seconds=settings.lease_seconds)
    return GridOut(attribute=body.attribute, expires_at=ends, tiles=[_tile_out(tile) for tile in tiles])


@router.post("/asks/release", status_code=204, responses=problems())
@needs(LABELLER)
def release_asks(body: ManyLeases, session: WriteDep, user_id: UserIdDep, now: LeaseNowDep) -> None:
    """Give many asks back unanswered; those that are unknown or have ended are passed over."""
    service.release_all(session, lease_ids=body.lease_ids, by=user_id, now=now)


@router.post("/asks/renew", responses=problems())
@needs(LABELLER)
def renew_asks(
    body: ManyLeases, session: WriteDep, user_id: UserIdDep, settings: SettingsDep, now: LeaseNowDep
) -> RenewedMany:
    """Prolong many leases while their images are being worked on."""
    ends, kept = service.renew_all(
        session, lease_ids=body.lease_ids, lease_seconds=settings.lease_seconds, by=user_id, now=now
    )
    return RenewedMany(expires_at=ends, lost=[each for each in body.lease_ids if each not in kept])


def ask_out(handed: Handed | None) -> AskOut | None:
    """An ask as JSON."""
    if handed is None:
        return None
    lease, image = handed.lease, handed.image
    prediction = None
    if handed.prediction is not None and handed.network is not None:
        prediction = PredictionOut.of(handed.prediction, network_number=handed.network.number)
    return AskOut(
        lease_id=lease.id,
        expires_at=lease.expires_at,
        kind=lease.kind,
        reason=WhyAsked(code=lease.reason_code, text=reasons.retold(lease.reason)),
        image=_asked_image(image),
        revision=handed.revision,
        label=None if handed.body is None else CurrentLabel.model_validate(handed.body),
        prediction=prediction,
        is_control=lease.is_control,
        schema_version=handed.schema_version,
    )


def _asked_image(image: Image) -> AskedImage:
    return AskedImage(
        id=image.id,
        name=image.name,
        width_px=image.width_px,
        height_px=image.height_px,
        file_url=f"/api/v1/images/{image.id}/file",
        thumb_url=f"/api/v1/images/{image.id}/thumb",
    )


def _tile_out(tile: GridTile) -> GridTileOut:
    said = tile.said and SaidOut(
        prediction_id=tile.said.prediction_id, value=tile.said.value, share=tile.said.share
    )
    return GridTileOut(
        lease_id=tile.lease.id, revision=tile.revision, image=_asked_image(tile.image), said=said
    )


def _answered(taken: Taken, response: Response) -> Answered:
    revision = taken.submitted.revision
    if taken.submitted.is_replay:
        response.headers["Idempotent-Replay"] = "true"
    stored = RevisionRef(id=revision.id, number=revision.number, kind=revision.kind, is_late=revision.is_late)
    return Answered(revision=stored, next=ask_out(taken.next))
