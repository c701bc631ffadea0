"""Verbs about labels. A label is never updated, only superseded."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, ClassVar

import orjson
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import audit
from app.annotations import repository, rules
from app.annotations.schemas import AttributeAnswer, LandmarksAnswer
from app.annotations.tables import Assist, LabelHead, Origin, Revision, Tally, UnmergedAnswer
from app.db import insert_into
from app.errors import Conflict, Invalid
from app.images.errors import ImageArchived, ImageNotFound
from app.images.tables import Image
from app.predictions.tables import Prediction
from app.projects import service as projects
from app.projects.schemas import Schema
from app.projects.tables import Project

IMPORTED = uuid.UUID("5b1f1f0e-7c5a-4c0e-9f3e-6d0f6a3a9b01")  # namespace of the ids of imported labels
LONGEST_TIMED_SECONDS = 600.0  # one forgotten tab must not set the price of a kind


class StaleRevision(Conflict):
    """Somebody answered first. The late answer is kept, see GET /images/{id}/unmerged."""

    message = "This image is at revision {actual}; your answer was made on revision {seen}."
    keeps_changes: ClassVar[bool] = True


class SubmissionIdReused(Invalid):
    """The same client-made id came with another answer."""

    message = "This id was used for another answer."


class PredictionUnknown(Invalid):
    """The prediction that was shown is not one of this image."""

    message = "Prediction {prediction} is not one of this image."


@dataclass(frozen=True)
class Submitted:
    """The stored answer; `is_replay` when it had been stored before."""

    revision: Revision
    project: Project
    is_replay: bool


def submit(
    session: Session,
    *,
    image_id: int,
    kind: str,
    answer: LandmarksAnswer | AttributeAnswer,
    by: int,
    is_late: bool,
    now: datetime,
) -> Submitted:
    """Store an answer as the newest revision of its image and kind.

    The same answer sent twice is stored once, so the browser may retry freely.

    Raises:
        StaleRevision: somebody answered first; this answer is kept as unmerged.
        SubmissionIdReused: the id belongs to another answer.
        ImageNotFound, ImageArchived, PredictionUnknown, rules.*: nothing is stored.

    """
    fingerprint = _fingerprint(image_id, kind, answer)
    image = repository.find_image_for_update(session, image_id)
    if image is None:
        raise ImageNotFound(image=image_id)
    project = projects.get_project(session, image.project_id)
    if earlier := _find_earlier(session, answer.id, fingerprint):
        return Submitted(earlier, project, is_replay=True)
    _check_not_kept(session, answer, fingerprint, image_id=image_id, kind=kind)
    if image.archived_at is not None:
        raise ImageArchived(image=image_id)
    schema = projects.schema_of(project)
    body = rules.checked_body(
        kind, answer.body, schema=schema, width_px=image.width_px, height_px=image.height_px
    )
    _check_prediction(session, image_id, answer.assist.prediction_id)
    revision = Revision(
        id=answer.id,
        active_seconds=answer.active_seconds,
        assist=answer.assist.kind,
        prediction_id=answer.assist.prediction_id,
        origin=Origin.ANNOTATOR,
        lease_id=answer.lease_id,
        is_late=is_late,
        schema_version=project.schema_version,
        body=body,
        request_sha256=fingerprint,
    )
    _append(session, revision, image=image, kind=kind, base=answer.base_revision, by=by, now=now)
    return Submitted(revision, project, is_replay=False)


def import_label(
    session: Session,
    *,
    image: Image,
    kind: str,
    body: dict[str, Any],
    by: int,
    now: datetime,
    schema: Schema,
    schema_version: int,
) -> bool:
    """Add an imported label; never over an annotator's, and not again when nothing changed.

    Returns whether a revision was added.

    Raises:
        rules.*: the label does not fit the schema or the image.

    """
    body = rules.checked_body(kind, body, schema=schema, width_px=image.width_px, height_px=image.height_px)
    current = repository.find_current(session, image.id, kind)
    if current is not None and (current.origin == Origin.ANNOTATOR or current.body == body):
        return False
    base = current.number if current else 0
    fingerprint = sha256(orjson.dumps([image.id, kind, base, body])).hexdigest()
    revision = Revision(
        id=uuid.uuid5(IMPORTED, fingerprint),
        active_seconds=None,
        assist=Assist.NONE,
        prediction_id=None,
        origin=Origin.IMPORT,
        lease_id=None,
        is_late=False,
        schema_version=schema_version,
        body=body,
        request_sha256=fingerprint,
    )
    _append(session, revision, image=image, kind=kind, base=base, by=by, now=now)
    return True


def _find_earlier(session: Session, revision_id: uuid.UUID, fingerprint: str) -> Revision | None:
    earlier = repository.find_revision(session, revision_id)
    if earlier is not None and earlier.request_sha256 != fingerprint:
        raise SubmissionIdReused(id=str(revision_id))
    return earlier


def _check_not_kept(
    session: Session, answer: LandmarksAnswer | AttributeAnswer, fingerprint: str, *, image_id: int, kind: str
) -> None:
    """An answer that was too late stays so, whatever has become of the chain: it must not stand in both."""
    kept = session.get(UnmergedAnswer, answer.id)
    if kept is None:
        return
    if kept.request_sha256 != fingerprint:
        raise SubmissionIdReused(id=str(answer.id))
    head = session.get(LabelHead, (image_id, kind), populate_existing=True)
    actual = head.number if head else 0
    raise StaleRevision(actual=actual, seen=answer.base_revision, kind=kind, image=image_id)


def _fingerprint(image_id: int, kind: str, answer: LandmarksAnswer | AttributeAnswer) -> str:
    """Of what the annotator said; what comes next and what the page knew are not part of the answer."""
    said = answer.model_dump(mode="json", exclude={"next_kinds", "asks_held", "schema_version"})
    return sha256(orjson.dumps([image_id, kind, said], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _check_prediction(session: Session, image_id: int, prediction_id: int | None) -> None:
    if prediction_id is None:
        return
    shown = session.get(Prediction, prediction_id)
    if shown is None or shown.image_id != image_id:
        raise PredictionUnknown(prediction=prediction_id)


def _append(
    session: Session, revision: Revision, *, image: Image, kind: str, base: int, by: int, now: datetime
) -> None:
    revision.project_id, revision.image_id, revision.kind = image.project_id, image.id, kind
    revision.number, revision.author_id, revision.created_at = base + 1, by, now
    head = session.get(LabelHead, (image.id, kind), populate_existing=True)
    actual = head.number if head else 0
    if actual != base:
        _keep_unmerged(session, revision, base=base)
        raise StaleRevision(actual=actual, seen=base, kind=kind, image=image.id)
    session.add(revision)
    try:
        session.flush()
    except IntegrityError as error:  # the image is locked, so only a reused id on another image is left
        raise SubmissionIdReused(id=str(revision.id)) from error
    if head is None:
        session.add(
            LabelHead(
                image_id=image.id,
                kind=kind,
                project_id=image.project_id,
                number=revision.number,
                revision_id=revision.id,
            )
        )
    else:
        head.number, head.revision_id = revision.number, revision.id
    _count(session, revision)
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=image.project_id,
        action="revision.added",
        subject=f"image:{image.id}",
        kind=kind,
        revision=str(revision.id),
        number=revision.number,
    )
    session.flush()


def _keep_unmerged(session: Session, revision: Revision, *, base: int) -> None:
    kept = UnmergedAnswer(
        id=revision.id,
        project_id=revision.project_id,
        image_id=revision.image_id,
        kind=revision.kind,
        base_number=base,
        author_id=revision.author_id,
        created_at=revision.created_at,
        active_seconds=revision.active_seconds,
        body=revision.body,
        request_sha256=revision.request_sha256,
    )
    session.add(kept)
    try:
        session.flush()
    except IntegrityError as error:  # the image is locked: the id was used on another one at this moment
        raise SubmissionIdReused(id=str(revision.id)) from error
    audit.record(
        session,
        at=revision.created_at,
        user_id=revision.author_id,
        project_id=revision.project_id,
        action="answer.kept",
        subject=f"image:{revision.image_id}",
        kind=revision.kind,
        answer=str(revision.id),
        base=base,
    )
    session.flush()


def _count(session: Session, revision: Revision) -> None:
    """Move the counters, in one statement that needs no earlier read."""
    is_timed = revision.origin == Origin.ANNOTATOR and revision.active_seconds is not None
    seconds = min(revision.active_seconds or 0.0, LONGEST_TIMED_SECONDS) if is_timed else 0.0
    added = {
        "labelled_count": 1 if revision.number == 1 else 0,
        "revision_count": 1,
        "timed_count": int(is_timed),
        "active_seconds": seconds,
    }
    fresh = insert_into(session, Tally).values(project_id=revision.project_id, kind=revision.kind, **added)
    moved = {name: getattr(Tally, name) + amount for name, amount in added.items()}
    session.execute(fresh.on_conflict_do_update(index_elements=["project_id", "kind"], set_=moved))
