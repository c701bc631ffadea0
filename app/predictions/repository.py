"""Queries about networks and predictions."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from app.images.tables import Image
from app.predictions.tables import Network, Prediction, Promotion


def find_last_promotion(session: Session, project_id: int) -> Promotion | None:
    """The newest step of the project's pointer to its current network."""
    steps = select(Promotion).where(Promotion.project_id == project_id)
    return session.scalars(steps.order_by(Promotion.number.desc()).limit(1)).first()


def find_current_network(session: Session, project_id: int) -> Network | None:
    """The promoted network."""
    newest = select(Promotion.network_id).where(Promotion.project_id == project_id)
    newest = newest.order_by(Promotion.number.desc()).limit(1)
    return session.scalars(select(Network).where(Network.id == newest.scalar_subquery())).first()


def find_network_of_run(session: Session, run_id: int) -> Network | None:
    """The version that a run gave."""
    return session.scalars(select(Network).where(Network.run_id == run_id)).first()


def newest_network_number(session: Session, project_id: int) -> int:
    """Number of the newest version; 0 before the first."""
    return session.scalar(select(func.max(Network.number)).where(Network.project_id == project_id)) or 0


def find_prediction(session: Session, *, image_id: int, network_id: int) -> Prediction | None:
    """What this network says of this image."""
    wanted = select(Prediction).where(Prediction.image_id == image_id, Prediction.network_id == network_id)
    return session.scalars(wanted).first()


def find_current_prediction(session: Session, image_id: int) -> tuple[Prediction, Network] | None:
    """What the promoted network of the image's project says of it."""
    project_id = session.scalar(select(Image.project_id).where(Image.id == image_id))
    network = find_current_network(session, project_id) if project_id is not None else None
    if network is None:
        return None
    prediction = find_prediction(session, image_id=image_id, network_id=network.id)
    return (prediction, network) if prediction else None


def predictions_of(
    session: Session, network_id: int, *, after_image_id: int, limit: int
) -> Sequence[Prediction]:
    """Predictions of one network past an image, by image."""
    wanted = select(Prediction).where(
        Prediction.network_id == network_id, Prediction.image_id > after_image_id
    )
    return session.scalars(wanted.order_by(Prediction.image_id).limit(limit)).all()


def attributes_of(
    session: Session, network_id: int, image_ids: Collection[int]
) -> Sequence[Row[tuple[int, int, dict[str, Any]]]]:
    """`id`, `image_id` and `attributes` of one network's predictions of these images, without the points."""
    wanted = select(Prediction.id, Prediction.image_id, Prediction.attributes)
    return session.execute(
        wanted.where(Prediction.network_id == network_id, Prediction.image_id.in_(image_ids))
    ).all()


def predicted_image_ids(network_id: int) -> Select[int]:
    """The images that a network has predicted."""
    return select(Prediction.image_id).where(Prediction.network_id == network_id)


def networks_of(session: Session, project_id: int) -> Sequence[Network]:
    """All versions, newest first."""
    return session.scalars(
        select(Network).where(Network.project_id == project_id).order_by(Network.number.desc())
    ).all()
