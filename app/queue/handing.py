"""Hand out the ask that is worth most per second."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.annotations import repository as labels
from app.images.tables import Image
from app.predictions import repository as predictions
from app.predictions.tables import Network, Prediction
from app.projects import service as projects
from app.projects.schemas import LANDMARKS
from app.queue import planner, reasons, repository
from app.queue.planner import Offer, Priced, Tallied
from app.queue.reasons import Reason
from app.queue.tables import Ask, Lease

NEXT_FEW = 3  # as many as a page needs, so that it never waits
FREE_PER_HELD = 5  # of what is free, one page keeps less than a fifth in store
TRIES = 8  # an image can be taken under our hands on PostgreSQL; eight in a row means something is wrong


@dataclass(frozen=True)
class Asker:
    """Who wants an ask, of which kinds (None: any; empty: none at all), for how long, and when.

    `asks_held`: so many are in the same hands already, see `_is_sparable`.
    """

    user_id: int
    kinds: Sequence[str] | None
    lease_seconds: int
    now: datetime
    asks_held: int = 0

    def lease_of(self, ask: Ask, *, reason: str, reason_code: str, prediction_id: int | None = None) -> Lease:
        """A lease on the ask from now on; not yet in the database."""
        return Lease(
            id=uuid.uuid4(),
            project_id=ask.project_id,
            ask_id=ask.id,
            image_id=ask.image_id,
            kind=ask.kind,
            user_id=self.user_id,
            leased_at=self.now,
            expires_at=self.now + timedelta(seconds=self.lease_seconds),
            prediction_id=prediction_id,
            reason=reason,
            reason_code=reason_code,
        )


@dataclass(frozen=True)
class Handed:
    """An ask in somebody's hands, with all that is needed to show it."""

    lease: Lease
    image: Image
    revision: int
    body: dict[str, Any] | None
    prediction: Prediction | None
    network: Network | None
    schema_version: int


def next_ask(
    session: Session,
    *,
    project_id: int,
    asker: Asker,
    last_kind: str | None = None,
    after_id: uuid.UUID | None = None,
) -> Handed | None:
    """Lease the ask that is worth most per second; None when nothing is left to ask, or nothing to spare.

    Nobody is handed an image that another holds: the hold is one row an image, taken by compare-and-set.
    `last_kind` is what the person did last, `after_id` the request that brings this ask.
    """
    project = projects.get_project(session, project_id)
    schema = projects.schema_of(project)
    wanted = [kind for kind in schema.kinds if asker.kinds is None or kind in asker.kinds]
    if not _is_sparable(session, project_id, wanted, asker=asker):
        return None
    tallies = _tallied(session, project_id)
    refused: list[int] = []
    for _ in range(TRIES):
        best = repository.best_open_by_kind(session, project_id, wanted, now=asker.now)
        if not best:
            return None
        offers = [Offer(kind, -ask.rank_key) for kind, ask in best.items()]
        priced = planner.price(offers, schema=schema, tallies=tallies)
        chosen = _put_first(priced, best) or planner.choose(priced, last_kind=last_kind)
        ask = repository.find_lockable(session, best[chosen.kind], now=asker.now, without=refused)
        if ask is None:
            wanted = [kind for kind in wanted if kind != chosen.kind]
            continue
        lease = _lease(ask, asker=asker, chosen=chosen, priced=priced)
        lease.after_id = after_id
        lease.is_control = ask.kind == LANDMARKS and is_drawn(lease.id, share=project.control_share)
        session.add(lease)
        session.flush()
        is_held = repository.take_hold(session, lease, now=asker.now)
        if is_held and not repository.set_aside_archived(session, [lease]):
            return show(session, lease)
        session.delete(lease)
        refused.append(ask.image_id)
    return None


def show(session: Session, lease: Lease) -> Handed:
    """Gather what the page needs, and note on the lease what the network says of it.

    In the control arm the annotator does not get to see that.
    """
    image = session.get_one(Image, lease.image_id)
    current = labels.find_current(session, lease.image_id, lease.kind)
    network = predictions.find_current_network(session, lease.project_id)
    prediction = None
    if network is not None:
        prediction = predictions.find_prediction(session, image_id=image.id, network_id=network.id)
    if prediction:
        lease.prediction_id = prediction.id
    return Handed(
        lease=lease,
        image=image,
        revision=current.number if current else 0,
        body=current.body if current else None,
        prediction=None if lease.is_control else prediction,
        network=network,
        schema_version=projects.get_project(session, lease.project_id).schema_version,
    )


def is_drawn(lease_id: uuid.UUID, *, share: float) -> bool:
    """Whether a lease on landmarks belongs to the control arm: its random id decides, a repeat the same."""
    return int.from_bytes(lease_id.bytes[:6], "big") < share * 2**48


def _is_sparable(session: Session, project_id: int, kinds: Sequence[str], *, asker: Asker) -> bool:
    """Whether somebody who holds the next few already may take one more, to go on without a network.

    Only while some times as many are free: what one page keeps in store is asked of nobody else meanwhile.
    """
    if asker.asks_held < NEXT_FEW:
        return True
    enough = FREE_PER_HELD * (asker.asks_held + 1)
    return any(
        repository.has_free(session, project_id, kind, now=asker.now, at_least=enough) for kind in kinds
    )


def _put_first(priced: Sequence[Priced], best: Mapping[str, Ask]) -> Priced | None:
    """The kind in which somebody chose an image to be asked next: that counts for more than any worth."""
    return next((each for each in priced if best[each.kind].reason_code == Reason.CHOSEN), None)


def _tallied(session: Session, project_id: int) -> dict[str, Tallied]:
    return {
        kind: Tallied(row.labelled_count, row.timed_count, row.active_seconds)
        for kind, row in labels.tallies_of(session, project_id).items()
    }


def _lease(ask: Ask, *, asker: Asker, chosen: Priced, priced: Sequence[Priced]) -> Lease:
    words = [reasons.sentence(ask.reason_code, ask.reason_amount)]
    if ask.reason_code != Reason.CHOSEN:
        words.append(reasons.price_sentence(chosen, priced))
    sentence = " ".join(word for word in words if word)
    return asker.lease_of(ask, reason=sentence, reason_code=ask.reason_code)
