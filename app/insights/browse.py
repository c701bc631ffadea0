"""What the data page shows: a project's images, filtered and sorted, a page at a time.

A page begins after (or ends before) a known image, so its price does not depend on how far one has walked:
nothing is counted and nothing skipped. Names never change and archived rows stay, so an image's id is all
that a link to the next page needs. How the images that fit are found is app/insights/search.py's job.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations.tables import LabelHead
from app.images.tables import Image
from app.insights.noted import notes_on
from app.insights.search import Search
from app.insights.skipped import unanswered_skips
from app.insights.walk import Walk
from app.insights.wanted import Wanted
from app.predictions import repository as predictions
from app.predictions.tables import Prediction
from app.projects.schemas import Schema
from app.projects.tables import Project


@dataclass(frozen=True)
class Listed:
    """One image with its state.

    labelled   its kinds of label in the order of the schema
    skipped    None unless a question was skipped and has no answer yet; the newest reason, or empty
    """

    image: Image
    labelled: tuple[str, ...]
    is_predicted: bool
    note_count: int
    is_flagged: bool
    skipped: str | None


@dataclass(frozen=True)
class Listing:
    """A page of images, and whether others stand before and behind it."""

    rows: Sequence[Listed]
    has_earlier: bool
    has_later: bool


def list_images(
    session: Session,
    project: Project,
    schema: Schema,
    wanted: Wanted,
    *,
    after_id: int | None = None,
    before_id: int | None = None,
    limit: int,
) -> Listing:
    """Up to `limit` images past `after_id`, or the last ones before `before_id`, without archived ones.

    An unknown id begins at the start.
    """
    search = _search(session, project, schema, wanted)
    is_back = before_id is not None
    start = _start(session, project.id, before_id if is_back else after_id)
    walk = Walk.of(wanted.sort, is_back=is_back, start=start)
    images = search.first(walk, limit + 1)
    has_more = len(images) > limit
    images = images[:limit]
    if is_back:
        images.reverse()
    return Listing(
        _with_state(session, project.id, images, schema, network_id=search.network_id),
        has_earlier=has_more if is_back else start is not None,
        has_later=start is not None if is_back else has_more,
    )


def neighbours(
    session: Session, project: Project, schema: Schema, wanted: Wanted, image: Image
) -> tuple[int | None, int | None]:
    """Ids of the images that stand just before and just behind one in a list, whether it is in it or not."""
    search = _search(session, project, schema, wanted)
    before, behind = (
        search.first(Walk.of(wanted.sort, is_back=is_back, start=image), 1) for is_back in (True, False)
    )
    return before[0].id if before else None, behind[0].id if behind else None


def _search(session: Session, project: Project, schema: Schema, wanted: Wanted) -> Search:
    network = predictions.find_current_network(session, project.id)
    return Search(session, project.id, schema, network.id if network else None, wanted)


def _start(session: Session, project_id: int, image_id: int | None) -> Image | None:
    image = session.get(Image, image_id) if image_id is not None else None
    return image if image is not None and image.project_id == project_id else None


def _with_state(
    session: Session, project_id: int, images: Sequence[Image], schema: Schema, *, network_id: int | None
) -> list[Listed]:
    ids = [image.id for image in images]
    found = session.execute(select(LabelHead.image_id, LabelHead.kind).where(LabelHead.image_id.in_(ids)))
    labelled = {(image_id, kind) for image_id, kind in found}
    said = select(Prediction.image_id).where(
        Prediction.network_id == network_id, Prediction.image_id.in_(ids)
    )
    predicted = set(session.scalars(said))
    noted = notes_on(session, ids)
    skipped = unanswered_skips(session, project_id, ids)
    return [
        Listed(
            image,
            tuple(kind for kind in schema.kinds if (image.id, kind) in labelled),
            image.id in predicted,
            *noted.get(image.id, (0, False)),
            skipped.get(image.id),
        )
        for image in images
    ]
