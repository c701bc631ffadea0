"""What must hold after bench/load.py: a load test that does not verify the data is none."""

from collections.abc import Iterator, Mapping
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from world import World

from app.annotations.tables import Revision
from app.insights import verify
from app.queue.tables import Lease


def wrong_in(world: World, acknowledged: Mapping[str, tuple[int, list[dict[str, Any]]]]) -> list[str]:
    """Acknowledged answers that are missing or other, images in two hands, counters that differ."""
    with world.database.reading() as session:
        stored = {
            str(row.id): (row.image_id, row.body["points"])
            for row in session.execute(select(Revision.id, Revision.image_id, Revision.body))
        }
        wrong = [
            f"answer {answer_id} about image {said[0]} is not stored as it was given"
            for answer_id, said in acknowledged.items()
            if stored.get(answer_id) != said
        ]
        wrong += [f"image {image_id} was in two hands" for image_id in _in_two_hands(session)]
        wrong += [
            f"{each.code}: {each.detail}"
            for each in verify.findings(session, world.storage, reads_blobs=False)
            if not each.is_harmless and each.code != "blob_missing"  # most images have no picture here
        ]
    return wrong


def _in_two_hands(session: Session) -> Iterator[int]:
    leases = session.scalars(select(Lease).order_by(Lease.image_id, Lease.leased_at))
    for image_id, of_image in groupby(leases, key=lambda lease: lease.image_id):
        for first, second in pairwise(of_image):
            if second.leased_at < (first.ended_at or first.expires_at):
                yield image_id
