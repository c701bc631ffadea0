"""Verbs about networks and predictions: add a version, promote one, store what it predicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import audit, events, jobs
from app.bulk_insert import insert_new
from app.errors import Conflict, NotFound
from app.jobs import JobKind
from app.predictions import repository, unpredicted
from app.predictions.tables import Network, Prediction, Promotion

ROWS_AT_ONCE = 500  # a transaction of more would keep the annotators' answers waiting


class NetworkNotFound(NotFound):
    """No such network."""

    message = "There is no network {network}."


class NoNetwork(NotFound):
    """The project has no promoted network."""

    message = "Project {project} has no network yet. It gets one from its first training run."


class NoPrediction(NotFound):
    """The current network has not predicted this image, or there is none."""

    message = "There is no prediction for image {image} yet."


class PromotionRaced(Conflict):
    """Somebody promoted another network meanwhile."""

    message = "The current network changed meanwhile: promotion {actual}, yours was based on {seen}."


@dataclass(frozen=True, kw_only=True)
class NewNetwork:
    """What a run hands over; the two blobs are stored already."""

    weights_sha256: str
    onnx_sha256: str
    schema_version: int
    landmarks: Sequence[str]
    config: Mapping[str, Any]
    scores: Mapping[str, Any]


def get_network(session: Session, network_id: int) -> Network:
    """The network.

    Raises:
        NetworkNotFound: there is none.

    """
    if network := session.get(Network, network_id):
        return network
    raise NetworkNotFound(network=network_id)


def get_current_network(session: Session, project_id: int) -> Network:
    """The promoted network.

    Raises:
        NoNetwork: there is none.

    """
    if network := repository.find_current_network(session, project_id):
        return network
    raise NoNetwork(project=project_id)


def get_current_prediction(session: Session, image_id: int) -> tuple[Prediction, Network]:
    """What the current network says of an image.

    Raises:
        NoPrediction: it has not said anything, or there is no such image.

    """
    if found := repository.find_current_prediction(session, image_id):
        return found
    raise NoPrediction(image=image_id)


def add_network(
    session: Session, *, project_id: int, run_id: int, made: NewNetwork, now: datetime
) -> Network:
    """A new version; not promoted yet."""
    network = Network(
        project_id=project_id,
        run_id=run_id,
        number=repository.newest_network_number(session, project_id) + 1,
        weights_sha256=made.weights_sha256,
        onnx_sha256=made.onnx_sha256,
        schema_version=made.schema_version,
        landmarks=list(made.landmarks),
        config=dict(made.config),
        scores=dict(made.scores),
        created_at=now,
    )
    session.add(network)
    session.flush()
    return network


def announce_network(session: Session, network: Network, *, is_promoted: bool, now: datetime) -> None:
    """Tell the browsers about a version."""
    body = {
        "network_id": network.id,
        "network_number": network.number,
        "promoted": is_promoted,
        "nme": network.scores.get("nme"),
    }
    events.publish(session, project_id=network.project_id, at=now, name="network", body=body)


def promote(
    session: Session, network_id: int, *, by: int | None, now: datetime, base: int | None = None
) -> Network:
    """Make a version the current one; an older one is a rollback. Promoting the current one changes nothing.

    base   number of the promotion that the caller saw last, 0 for none; None to promote whatever is current

    The pointer is a chain of numbered rows: of two that promote at once, one gets the next number.

    Raises:
        PromotionRaced: the current network changed since the caller looked.
        NetworkNotFound: there is none.

    """
    network = get_network(session, network_id)
    last = repository.find_last_promotion(session, network.project_id)
    actual = last.number if last else 0
    if base is not None and base != actual:
        raise PromotionRaced(actual=actual, seen=base)
    if last is not None and last.network_id == network.id:
        return network
    step = Promotion(
        project_id=network.project_id, number=actual + 1, network_id=network.id, by_user_id=by, at=now
    )
    try:
        with session.begin_nested():
            session.add(step)
    except IntegrityError as error:  # PostgreSQL: both read the same last row
        raise PromotionRaced(actual=actual + 1, seen=actual) from error
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=network.project_id,
        action="network.promoted",
        subject=f"network:{network.id}",
        before=last.network_id if last else None,
    )
    jobs.enqueue_once(session, JobKind.PREDICT, project_id=network.project_id, subject_id=network.id, now=now)
    announce_network(session, network, is_promoted=True, now=now)
    return network


def store_predictions(session: Session, network: Network, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add what a network predicts and tell the browsers; returns how many were new.

    Images that it has predicted before keep what was said of them.

    rows   image_id, points, attributes, doubt, created_at; at most `ROWS_AT_ONCE`
    """
    shared = {"project_id": network.project_id, "network_id": network.id}
    values = [{**row, **shared} for row in rows]
    added = insert_new(session, Prediction, values, key=("image_id", "network_id"))
    unpredicted.strike(session, network.id, [row["image_id"] for row in rows])
    if added:
        body = {"network_id": network.id, "network_number": network.number, "count": added}
        events.publish(
            session, project_id=network.project_id, at=rows[-1]["created_at"], name="predictions", body=body
        )
    return added
