"""Which images a network predicts, and in which order."""

from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app import jobs
from app.annotations.tables import LANDMARKS
from app.images.tables import Image
from app.jobs import JobKind
from app.predictions import repository as predictions
from app.predictions.tables import Network, Promotion
from app.queue.tables import Ask, AskStatus

SEEN = "seen_image_id"  # in a predict job's payload: the newest image when it listed them


class Target(NamedTuple):
    """An image that is to be predicted."""

    image_id: int
    sha256: str
    width_px: int
    height_px: int


def targets_of(session: Session, network: Network) -> list[Target]:
    """Images that this network has not predicted: those still to be labelled first, as the queue has them."""
    columns = _missing(network)
    open_asks = (
        columns.join(Ask, Ask.image_id == Image.id)
        .where(Ask.kind == LANDMARKS, Ask.status == AskStatus.OPEN)
        .order_by(Ask.skip_count, Ask.rank_key, Ask.id)
    )
    asked = [Target(*row) for row in session.execute(open_asks)]
    known = {target.image_id for target in asked}
    others = session.execute(columns.order_by(Image.id))
    return asked + [Target(*row) for row in others if row[0] not in known]


def newest_image_id(session: Session, project_id: int) -> int:
    """Id of the last image that came; 0 in an empty project."""
    return session.scalar(select(func.max(Image.id)).where(Image.project_id == project_id)) or 0


def networks_behind(session: Session) -> list[Network]:
    """Current networks of projects with images that came after the network's last round of predictions."""
    behind = []
    for project_id in session.scalars(select(Promotion.project_id).distinct()).all():
        network = predictions.find_current_network(session, project_id)
        job = jobs.find_job(session, JobKind.PREDICT, network.id) if network else None
        if network is None or (job is not None and job.status in {"queued", "running"}):
            continue
        if newest_image_id(session, project_id) > (job.payload.get(SEEN, 0) if job else 0):
            behind.append(network)
    return behind


def _missing(network: Network) -> Select[int, str, int, int]:
    return select(Image.id, Image.sha256, Image.width_px, Image.height_px).where(
        Image.project_id == network.project_id,
        Image.archived_at.is_(None),
        Image.problem.is_(None),
        Image.id.not_in(predictions.predicted_image_ids(network.id)),
    )
