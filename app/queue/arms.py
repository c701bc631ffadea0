"""What predictions save and how far they draw points, counted as the answers come.

The two arms (shown, hidden) are sums in a row each, moved in the transaction of the answer: whoever asks for
the comparison reads two rows, however many answers there are.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations.tables import LANDMARKS, PointState, Revision
from app.db import insert_into
from app.predictions.tables import Prediction
from app.queue.tables import ArmSums, Lease


@dataclass(frozen=True)
class Sums:
    """So many numbers, their sum, and the sum of their squares."""

    count: int = 0
    total: float = 0.0
    squared: float = 0.0

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Sums":
        """Of numbers that are at hand."""
        return cls(len(numbers), math.fsum(numbers), math.fsum(each * each for each in numbers))

    @property
    def mean(self) -> float | None:
        """None without any."""
        return self.total / self.count if self.count else None

    @property
    def variance(self) -> float:
        """Of the sample; it takes two numbers."""
        return max(0.0, (self.squared - self.total**2 / self.count) / (self.count - 1))


@dataclass(frozen=True)
class ArmSoFar:
    """Active seconds of the answers of one arm, and mean distances of their points from the prediction."""

    seconds: Sums = Sums()
    distance_px: Sums = Sums()


def count_answer(session: Session, *, revision: Revision, lease: Lease) -> None:
    """Add a first answer with landmarks to the arm that its lease was drawn for, if there was a prediction.

    Whatever was done with the help: else those who clear a bad prediction would leave the comparison.
    """
    if (revision.kind, revision.number) != (LANDMARKS, 1) or revision.active_seconds is None:
        return
    predicted = session.get(Prediction, lease.prediction_id) if lease.prediction_id else None
    if predicted is None:
        return
    seconds = revision.active_seconds
    distance = mean_distance_px(revision.body["points"], predicted.points)
    added = {
        "answer_count": 1,
        "seconds": seconds,
        "seconds_squared": seconds**2,
        "placed_count": int(distance is not None),
        "distance_px": distance or 0.0,
        "distance_px_squared": (distance or 0.0) ** 2,
    }
    arm = {"project_id": lease.project_id, "is_control": lease.is_control}
    fresh = insert_into(session, ArmSums).values(**arm, **added)
    moved = {name: getattr(ArmSums, name) + amount for name, amount in added.items()}
    session.execute(fresh.on_conflict_do_update(index_elements=list(arm), set_=moved))


def arms_of(session: Session, project_id: int) -> tuple[ArmSoFar, ArmSoFar]:
    """With the prediction shown, and with it hidden."""
    rows = session.scalars(select(ArmSums).where(ArmSums.project_id == project_id))
    found = {
        row.is_control: ArmSoFar(
            Sums(row.answer_count, row.seconds, row.seconds_squared),
            Sums(row.placed_count, row.distance_px, row.distance_px_squared),
        )
        for row in rows
    }
    return found.get(False, ArmSoFar()), found.get(True, ArmSoFar())


def mean_distance_px(
    points: Sequence[Mapping[str, Any]], predicted: Sequence[Mapping[str, Any]]
) -> float | None:
    """Over the landmarks that are placed and predicted; None where there is none."""
    places = {point["name"]: (point["x"], point["y"]) for point in predicted}
    distances = [
        math.dist((point["x"], point["y"]), places[point["name"]])
        for point in points
        if point["state"] != PointState.ABSENT and point["name"] in places
    ]
    return fmean(distances) if distances else None
