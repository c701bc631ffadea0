"""A page of images for one question with classes, alike by what the network says of them.

On a page on which nearly all answers are the same, only the exceptions cost a key press. The candidates are
the asks that come first in the queue; among them the largest group of one predicted class fills the page, the
surest images first, and other groups follow where it is too small.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.annotations import repository as labels
from app.annotations.rules import AttributeNotFound
from app.errors import Invalid
from app.images import repository as images
from app.images.tables import Image
from app.predictions import repository as predictions
from app.projects import service as projects
from app.projects.schemas import ClassAttribute
from app.queue import reasons, repository
from app.queue.handing import Asker
from app.queue.reasons import Reason
from app.queue.tables import Ask, Lease

CANDIDATES = 1000  # asks looked at for one page: enough for a uniform page of 48 with 20 classes


class GridNeedsClasses(Invalid):
    """A number is not answered by pointing at exceptions."""

    message = "{name} is answered with a number, so its images come one at a time."


@dataclass(frozen=True)
class Said:
    """What the current network says of one image: its likeliest class and how sure it is, 0..1."""

    prediction_id: int
    value: str
    share: float


@dataclass(frozen=True)
class GridTile:
    """One leased image of a page; `said` is None where the network has not looked yet."""

    lease: Lease
    image: Image
    revision: int
    said: Said | None


def next_page(
    session: Session, *, project_id: int, attribute: str, count: int, asker: Asker
) -> list[GridTile]:
    """Lease up to `count` images that nobody has answered or holds; none when nothing is left.

    Every image gets a lease and a hold of its own, as if asked by itself, so that whatever happens to one
    tile happens to it alone. Images that somebody takes at the same moment are left out.

    Raises:
        ProjectNotFound, AttributeNotFound, GridNeedsClasses: nothing is leased.

    """
    asked = get_attribute(session, project_id, attribute)
    asks = repository.best_open_asks(session, project_id, attribute, now=asker.now, limit=CANDIDATES)
    said = _said(session, project_id, asked, [ask.image_id for ask in asks])
    chosen = alike_first(asks, said, count=count)
    free = repository.lock_open(session, [ask.id for ask in chosen])
    leases = [_lease(ask, said.get(ask.image_id), asker=asker) for ask in chosen if ask.id in free]
    session.add_all(leases)
    session.flush()
    taken = repository.take_holds(session, leases, now=asker.now)
    taken -= repository.set_aside_archived(session, [lease for lease in leases if lease.id in taken])
    for lease in leases:
        if lease.id not in taken:
            session.delete(lease)
    session.flush()
    return _tiles(session, [lease for lease in leases if lease.id in taken], said)


def get_attribute(session: Session, project_id: int, name: str) -> ClassAttribute:
    """The question, if it has classes.

    Raises:
        ProjectNotFound, AttributeNotFound, GridNeedsClasses.

    """
    schema = projects.schema_of(projects.get_project(session, project_id))
    attribute = schema.find_attribute(name)
    if attribute is None:
        raise AttributeNotFound(name=name)
    if not isinstance(attribute, ClassAttribute):
        raise GridNeedsClasses(name=name)
    return attribute


def alike_first(asks: Sequence[Ask], said: dict[int, Said], *, count: int) -> list[Ask]:
    """The asks of a page: the largest group of one predicted class first, in each the surest first.

    Images without a prediction stand last, in the order of the queue.
    """
    groups: dict[str | None, list[Ask]] = defaultdict(list)
    for ask in asks:
        groups[said[ask.image_id].value if ask.image_id in said else None].append(ask)
    unsaid = groups.pop(None, [])
    page: list[Ask] = []
    for group in sorted(groups.values(), key=len, reverse=True):
        page += sorted(group, key=lambda ask: -said[ask.image_id].share)[: count - len(page)]
    return page + unsaid[: count - len(page)]


def _said(
    session: Session, project_id: int, attribute: ClassAttribute, image_ids: Sequence[int]
) -> dict[int, Said]:
    """By image. Classes that the schema does not have any more cannot be answered, so they do not count."""
    network = predictions.find_current_network(session, project_id)
    if network is None:
        return {}
    said: dict[int, Said] = {}
    for row in predictions.attributes_of(session, network.id, image_ids):
        given = row.attributes.get(attribute.name)
        shares = {name: given[name] for name in attribute.classes if name in given} if given else {}
        if shares:
            best = max(shares, key=lambda name: shares[name])
            said[row.image_id] = Said(row.id, best, shares[best])
    return said


def _lease(ask: Ask, said: Said | None, *, asker: Asker) -> Lease:
    return asker.lease_of(
        ask,
        reason=reasons.sentence(Reason.ALIKE, None),
        reason_code=Reason.ALIKE,
        prediction_id=said.prediction_id if said else None,
    )


def _tiles(session: Session, leases: Sequence[Lease], said: dict[int, Said]) -> list[GridTile]:
    ids = [lease.image_id for lease in leases]
    by_id = images.by_ids(session, ids)
    numbers = labels.revision_numbers(session, ids, leases[0].kind) if leases else {}
    return [
        GridTile(lease, by_id[lease.image_id], numbers.get(lease.image_id, 0), said.get(lease.image_id))
        for lease in leases
    ]
