"""Give every open ask its place: spread first, then doubt, with a share of images kept for measuring.

Runs in the worker after an import and after new predictions. It reads in one short transaction, thinks
without one, and writes in small ones; asks answered meanwhile are closed anyway and keep whatever place they
get.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
from sqlalchemy import ColumnElement, Select, literal, select, update
from sqlalchemy.orm import Session

from app.annotations.tables import LANDMARKS, LabelHead
from app.db import Database, insert_into
from app.images.descriptor import DESCRIPTOR_LENGTH, descriptor_from
from app.images.tables import Image, Side
from app.predictions import repository as predictions
from app.predictions.tables import Prediction
from app.projects import service as projects
from app.queue.reasons import Reason
from app.queue.service import UNRANKED_SCORE
from app.queue.spread import Floats, diverse_order, typicality
from app.queue.tables import Ask, AskStatus

PICKS = 256  # ranked with care; far more than anybody labels before the next ranking
CANDIDATES = 4000  # looked at for them: the typicality of a sample is the typicality of the pool
SPREAD_UNTIL = 50  # labelled images at which doubt alone decides
MEASURE_EVERY = 6  # one ask in so many is an image of the validation side
MEASURE_FROM = 4  # but the first few landmarks are for training
MEASURE_ENOUGH = 100  # validation images beyond this change the error's interval little
BEST_SCORE, LAST_PICK_SCORE, LATER_SCORE = 2.0, 0.8, 0.3
ROWS_AT_ONCE = 500


@dataclass(frozen=True)
class Place:
    """Where an ask goes and why."""

    score: float
    code: Reason
    amount: float | None = None


@dataclass(frozen=True)
class Candidates:
    """Open asks of one kind on one side, with what is known of their images.

    doubt   (N,) the network's doubt, NaN where it has said nothing
    """

    image_ids: npt.NDArray[np.int64]
    descriptors: Floats
    doubt: npt.NDArray[np.float64]

    def only(self, chosen: Sequence[int] | npt.NDArray[np.int64]) -> "Candidates":
        """Some of them."""
        return Candidates(self.image_ids[chosen], self.descriptors[chosen], self.doubt[chosen])


def rank_project(*, database: Database, project_id: int, now: datetime) -> int:
    """Rank all open asks of a project; returns how many places changed."""
    with database.unit_of_work() as session:
        kinds = projects.schema_of(projects.get_project(session, project_id)).kinds
        open_missing_asks(session, project_id, kinds)
    changed = 0
    for kind in kinds:
        with database.reading() as session:
            places = _places(session, project_id, kind, seed=int(now.timestamp()))
            moved = _moved(session, project_id, kind, places)
        for start in range(0, len(moved), ROWS_AT_ONCE):
            with database.unit_of_work() as session:
                _write(session, moved[start : start + ROWS_AT_ONCE])
        changed += len(moved)
    return changed


def open_missing_asks(session: Session, project_id: int, kinds: Sequence[str]) -> None:
    """Make the asks of kinds that the schema gained after the images came."""
    for kind in kinds:
        labelled = select(LabelHead.image_id).where(LabelHead.image_id == Image.id, LabelHead.kind == kind)
        asked = select(Ask.id).where(Ask.image_id == Image.id, Ask.kind == kind)
        columns = ["project_id", "image_id", "kind", "status", "skip_count", "rank_key", "reason_code"]
        missing = select(
            Image.project_id,
            Image.id,
            literal(kind),
            literal(AskStatus.OPEN.value),
            literal(0),
            literal(-UNRANKED_SCORE),
            literal(Reason.NEW.value),
        ).where(
            Image.project_id == project_id,
            Image.archived_at.is_(None),
            Image.problem.is_(None),
            ~labelled.exists(),
            ~asked.exists(),
        )
        # in one order, so that two rankings at once do not wait for each other in a circle
        fresh = insert_into(session, Ask).from_select(columns, missing.order_by(Image.id))
        session.execute(fresh.on_conflict_do_nothing(index_elements=["image_id", "kind"]))


def places_of(
    train: Candidates, validation: Candidates, *, known: Floats, labelled_count: int, validation_labelled: int
) -> dict[int, Place]:
    """Places of the open asks of one kind, by image id; images that get none stay where they are.

    known   (M, D) descriptors of the images labelled with this kind
    """
    places = {int(image_id): Place(LATER_SCORE, Reason.LATER) for image_id in validation.image_ids}
    picked = _pick(train, known=known, labelled_count=labelled_count)
    wanted = max(0, MEASURE_ENOUGH - validation_labelled)
    measuring = [int(validation.image_ids[each]) for each in _spread_picks(validation, known, wanted)]
    order: list[tuple[int, Place]] = []
    for position, (image_id, code, amount) in enumerate(picked):
        if measuring and labelled_count + position >= MEASURE_FROM and position % (MEASURE_EVERY - 1) == 0:
            order.append((measuring.pop(0), Place(0.0, Reason.MEASURE)))
        order.append((image_id, Place(0.0, code, amount)))
    order += [(image_id, Place(0.0, Reason.MEASURE)) for image_id in measuring]
    for position, (image_id, place) in enumerate(order):
        fall = (BEST_SCORE - LAST_PICK_SCORE) * position / max(1, len(order) - 1)
        places[image_id] = Place(BEST_SCORE - fall, place.code, place.amount)
    return places


def _pick(train: Candidates, *, known: Floats, labelled_count: int) -> list[tuple[int, Reason, float | None]]:
    """The next images to train on, best first: by spread, by doubt, or taking turns between the two."""
    by_spread: list[tuple[int, Reason, float | None]] = [
        (int(train.image_ids[each]), Reason.SPREAD, None) for each in _spread_picks(train, known, PICKS)
    ]
    has_doubt = np.isfinite(train.doubt)
    if not has_doubt.any():
        return by_spread
    by_doubt = _doubt_picks(train.only(np.flatnonzero(has_doubt)), known)
    share = min(1.0, labelled_count / SPREAD_UNTIL)
    merged: list[tuple[int, Reason, float | None]] = []
    seen: set[int] = set()
    while (by_doubt or by_spread) and len(merged) < PICKS:
        doubts = sum(each[1] is Reason.DOUBT for each in merged)
        source = by_doubt if by_doubt and (doubts < share * (len(merged) + 1) or not by_spread) else by_spread
        each = source.pop(0)
        if each[0] not in seen:
            seen.add(each[0])
            merged.append(each)
    return merged


def _spread_picks(candidates: Candidates, known: Floats, count: int) -> list[int]:
    weight = typicality(candidates.descriptors)
    return diverse_order(candidates.descriptors, weight, known=known, count=min(count, PICKS))


def _doubt_picks(candidates: Candidates, known: Floats) -> list[tuple[int, Reason, float | None]]:
    usual = max(float(candidates.doubt.mean()), 1e-9)
    relative = (candidates.doubt / usual).astype(np.float32)
    worst = np.argsort(-relative)[: 4 * PICKS]
    chosen = diverse_order(candidates.descriptors[worst], relative[worst], known=known, count=PICKS)
    return [
        (int(candidates.image_ids[worst[each]]), Reason.DOUBT, float(relative[worst[each]]))
        for each in chosen
    ]


def _places(session: Session, project_id: int, kind: str, *, seed: int) -> dict[int, Place]:
    network = predictions.find_current_network(session, project_id)
    network_id = network.id if network else None
    train = _candidates(session, project_id, kind, Side.TRAIN, network_id, seed=seed)
    validation = _candidates(session, project_id, kind, Side.VALIDATION, network_id, seed=seed)
    labelled = select(LabelHead.image_id).where(LabelHead.project_id == project_id, LabelHead.kind == kind)
    rows = session.execute(
        select(Image.side, Image.descriptor)
        .where(Image.id.in_(labelled))
        .order_by(Image.id.desc())
        .limit(CANDIDATES)
    ).all()
    places = places_of(
        train,
        validation,
        known=_stack([row.descriptor for row in rows]),
        labelled_count=len(rows),
        validation_labelled=sum(row.side == Side.VALIDATION for row in rows),
    )
    test = _open(project_id, kind, Side.TEST).with_only_columns(Ask.image_id)
    later = {image_id: Place(LATER_SCORE, Reason.LATER) for image_id in session.scalars(test)}
    return {**later, **places}


def _candidates(
    session: Session, project_id: int, kind: str, side: Side, network_id: int | None, *, seed: int
) -> Candidates:
    """A sample of the open asks; the most doubtful are always in it.

    In the order of ids: among equals the first is taken, and a database may give them by their old places.
    """
    ids = np.sort(
        np.array(
            session.scalars(_open(project_id, kind, side).with_only_columns(Ask.image_id)).all(), np.int64
        )
    )
    said: dict[int, float | None] = {}
    if network_id is not None:
        found = select(Prediction.image_id, Prediction.doubt, Prediction.attributes)
        for image_id, doubt, attributes in session.execute(found.where(Prediction.network_id == network_id)):
            said[image_id] = doubt if kind == LANDMARKS else entropy(attributes.get(kind))
    doubt = np.array([np.nan if (d := said.get(int(each))) is None else d for each in ids], np.float64)
    if len(ids) > CANDIDATES:
        shuffled = np.random.default_rng(seed).permutation(len(ids))[: CANDIDATES - 1000]
        doubtful = np.argsort(-np.nan_to_num(doubt, nan=-1.0))[:1000]
        kept = np.unique(np.concatenate([shuffled, doubtful]))
        ids, doubt = ids[kept], doubt[kept]
    described = session.execute(select(Image.id, Image.descriptor).where(Image.id.in_(ids.tolist())))
    rows = {row.id: row.descriptor for row in described}
    return Candidates(ids, _stack([rows[int(each)] for each in ids]), doubt)


def _open(project_id: int, kind: str, side: Side) -> Select[Ask]:
    wanted = select(Ask).join(Image, Image.id == Ask.image_id)
    return wanted.where(*_ranked(project_id, kind), Image.side == side)


def _ranked(project_id: int, kind: str) -> tuple[ColumnElement[bool], ...]:
    """Open asks; those that were answered before the schema grew have their place already (grown.py)."""
    is_open = (Ask.project_id == project_id, Ask.kind == kind, Ask.status == AskStatus.OPEN)
    return (*is_open, Ask.reason_code != Reason.GROWN)


def _stack(descriptors: Sequence[bytes | None]) -> Floats:
    """(N, DESCRIPTOR_LENGTH); an image without a descriptor stands at the origin, as far from all others."""
    stacked = np.zeros((len(descriptors), DESCRIPTOR_LENGTH), np.float32)
    for row, stored in zip(stacked, descriptors, strict=True):
        if stored:
            row[:] = descriptor_from(stored)
    return stacked


def entropy(said: object) -> float | None:
    """Doubt of an attribute: entropy of its class probabilities over the largest; None for numbers."""
    if not isinstance(said, dict) or len(said) < 2:
        return None
    shares = np.clip(np.array(list(said.values()), np.float64), 1e-9, 1.0)
    return float(-(shares * np.log(shares)).sum() / np.log(len(shares)))


def _moved(session: Session, project_id: int, kind: str, places: dict[int, Place]) -> list[dict[str, object]]:
    """Only the asks whose place or reason differs; those without a place fall back to the unranked one."""
    asks = select(Ask.id, Ask.image_id, Ask.rank_key, Ask.reason_code)
    asks = asks.where(*_ranked(project_id, kind))
    moved: list[dict[str, object]] = []
    for ask_id, image_id, rank_key, code in session.execute(asks):
        place = places.get(image_id, Place(UNRANKED_SCORE, Reason.NEW))
        if abs(place.score + rank_key) > 1e-3 or place.code != code:
            moved.append(
                {
                    "id": ask_id,
                    "rank_key": -place.score,
                    "reason_code": place.code.value,
                    "reason_amount": place.amount,
                }
            )
    return moved


def _write(session: Session, moved: list[dict[str, object]]) -> None:
    session.execute(update(Ask), moved)
