"""Queries about networks and predictions."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.predictions.tables import Network, Prediction, Promotion


def find_current_network(session: Session, project_id: int) -> Network | None:
    """The promoted network."""
    newest = select(Promotion.network_id).where(Promotion.project_id == project_id)
    newest = newest.order_by(Promotion.number.desc()).limit(1)
    return session.scalars(select(Network).where(Network.id == newest.scalar_subquery())).first()


def find_prediction(session: Session, *, image_id: int, network_id: int) -> Prediction | None:
    """What this network says of this image."""
    wanted = select(Prediction).where(Prediction.image_id == image_id, Prediction.network_id == network_id)
    return session.scalars(wanted).first()


def networks_of(session: Session, project_id: int) -> Sequence[Network]:
    """All versions, newest first."""
    return session.scalars(
        select(Network).where(Network.project_id == project_id).order_by(Network.number.desc())
    ).all()
