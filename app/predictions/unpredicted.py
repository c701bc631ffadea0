"""The list of a project's images that its current network has not predicted.

What is not there has no index, and a walk past a million predicted images takes a second. So before the
worker predicts, it puts all that is missing on a list, and whatever is predicted is struck from it. Nobody
who adds images or promotes a network has to know of it: the list says through which image it goes, and what
came later has not been predicted, nearly always. As those who add images to a project take turns, an image
that commits later has a larger id.

An image may stand here too long, where two predict it at once, and archived ones stay; so readers look once
more. None is left out: rows of a network go only one by one with its prediction, or after the list was given
to another network.
"""

from collections.abc import Sequence

from sqlalchemy import delete, exists, func, literal, select, tuple_
from sqlalchemy.orm import Session

from app.db import changed_rows, insert_into, is_one_of
from app.images.tables import Image
from app.predictions import repository
from app.predictions.tables import Network, Prediction, Unpredicted, UnpredictedList

ROWS_AT_ONCE = 5_000  # a transaction of some 50 ms


def find_through_id(session: Session, project_id: int, network_id: int) -> int | None:
    """How far the list goes for this network; None where it is of another, or not begun."""
    return session.scalar(
        select(UnpredictedList.through_id).where(
            UnpredictedList.project_id == project_id, UnpredictedList.network_id == network_id
        )
    )


def extend(session: Session, network: Network) -> bool:
    """Take up the next images; False once there are no more, or another network is the current one."""
    ours = {"project_id": network.project_id, "network_id": network.id, "through_id": 0}
    begun = insert_into(session, UnpredictedList.__table__).values(ours)
    session.execute(begun.on_conflict_do_nothing(index_elements=["project_id"]))
    # one at a time: who comes with another network waits here, then sees which is the current one
    head = session.get_one(UnpredictedList, network.project_id, with_for_update=True)
    current = repository.find_current_network(session, network.project_id)
    if current is None or current.id != network.id:
        return False
    if head.network_id != network.id:
        head.network_id, head.through_id = network.id, 0
    has_forgotten = _forget_others(session, network)
    return _add_missing(session, network, head) or has_forgotten


def strike(session: Session, network_id: int, image_ids: Sequence[int]) -> None:
    """Take images off the list that this network has predicted."""
    predicted = delete(Unpredicted).where(
        Unpredicted.network_id == network_id, is_one_of(session, Unpredicted.image_id, image_ids)
    )
    session.execute(predicted, execution_options={"synchronize_session": False})


def _add_missing(session: Session, network: Network, head: UnpredictedList) -> bool:
    """Put what is missing of the next images on the list; whether there were any images."""
    later = (Image.project_id == network.project_id, Image.id > head.through_id)
    some = select(Image.id).where(*later).order_by(Image.id).limit(ROWS_AT_ONCE).subquery()
    last_id = session.scalar(select(func.max(some.c.id)))
    if last_id is None:
        return False
    said = exists().where(
        Prediction.image_id == Image.id,
        Prediction.network_id == network.id,
        Prediction.image_id > head.through_id,  # else this table would be read from its beginning
        Prediction.image_id <= last_id,
    )
    missing = select(literal(network.id), Image.id, Image.name).where(
        *later, Image.id <= last_id, Image.archived_at.is_(None), ~said
    )
    listed = insert_into(session, Unpredicted.__table__).from_select(
        ["network_id", "image_id", "name"], missing
    )
    session.execute(listed.on_conflict_do_nothing(index_elements=["network_id", "image_id"]))
    head.through_id = last_id
    return True


def _forget_others(session: Session, network: Network) -> bool:
    """Remove some of what earlier networks of the project had not predicted; whether there was any."""
    keys = (Unpredicted.network_id, Unpredicted.image_id)
    others = select(Network.id).where(Network.project_id == network.project_id, Network.id != network.id)
    old = select(*keys).where(Unpredicted.network_id.in_(others)).limit(ROWS_AT_ONCE)
    forgotten = delete(Unpredicted).where(tuple_(*keys).in_(old))
    done = session.execute(forgotten, execution_options={"synchronize_session": False})
    return changed_rows(done) > 0
