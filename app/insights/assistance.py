"""What predictions on the screen save, and how far they draw the points: measured, not assumed.

On a share of the asks, drawn by chance, the prediction is kept from the annotator (the control arm). The two
arms differ in nothing else, so the difference of their means is the effect of the help. How often the arms
differ by chance alone is in the 95 % interval (Welch, normal approximation).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations.tables import LANDMARKS, Origin, PointState, Revision
from app.predictions.tables import Prediction
from app.queue.tables import Lease

ANSWERS_MAX = 5000  # the newest; more change the interval little
ENOUGH = 5  # answers an arm before a difference is named
Z_95 = 1.96


@dataclass(frozen=True)
class Difference:
    """`without` minus `with_help`, and half of its 95 % interval."""

    mean: float
    margin: float


@dataclass(frozen=True)
class Arm:
    """Answers of one arm.

    seconds       mean active seconds an image
    distance_px   mean distance of the placed points from the prediction, shown or not
    """

    answers: int
    seconds: float | None
    distance_px: float | None


@dataclass(frozen=True)
class Assistance:
    """Both arms. The differences are None while either arm has too few answers.

    saved_seconds   that the prediction saves an image
    drawn_px        by which it draws the points towards itself
    """

    control_share: float
    shown: Arm
    hidden: Arm
    saved_seconds: Difference | None
    drawn_px: Difference | None


def assistance_of(session: Session, project_id: int, *, control_share: float) -> Assistance:
    """From the newest first answers with landmarks for which there was a prediction.

    An answer belongs to the arm that its lease was drawn for, whatever was done with the help: else those who
    clear a bad prediction would leave the comparison.
    """
    answers = (
        select(Revision.active_seconds, Revision.body, Lease.is_control, Prediction.points)
        .join(Lease, Lease.id == Revision.lease_id)
        .join(Prediction, Prediction.id == Lease.prediction_id)
        .where(
            Revision.project_id == project_id,
            Revision.kind == LANDMARKS,
            Revision.number == 1,
            Revision.origin == Origin.ANNOTATOR,
            Revision.active_seconds.is_not(None),
        )
        .order_by(Revision.created_at.desc())
        .limit(ANSWERS_MAX)
    )
    shown: list[tuple[float, float | None]] = []
    hidden: list[tuple[float, float | None]] = []
    for seconds, body, is_control, predicted in session.execute(answers):
        arm = hidden if is_control else shown
        arm.append((float(seconds), mean_distance_px(body["points"], predicted)))
    return compare(shown, hidden, control_share=control_share)


def compare(
    shown: Sequence[tuple[float, float | None]],
    hidden: Sequence[tuple[float, float | None]],
    *,
    control_share: float,
) -> Assistance:
    """Both arms of (seconds, distance px or None)."""
    near, far = (_distances(arm) for arm in (shown, hidden))
    return Assistance(
        control_share=control_share,
        shown=_arm(shown),
        hidden=_arm(hidden),
        saved_seconds=difference([each[0] for each in hidden], [each[0] for each in shown]),
        drawn_px=difference(far, near),
    )


def difference(first: Sequence[float], second: Sequence[float]) -> Difference | None:
    """Mean of the first minus mean of the second; None where either has fewer than ENOUGH."""
    if min(len(first), len(second)) < ENOUGH:
        return None
    squared_error = variance(first) / len(first) + variance(second) / len(second)
    return Difference(fmean(first) - fmean(second), Z_95 * math.sqrt(squared_error))


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


def _arm(measured: Sequence[tuple[float, float | None]]) -> Arm:
    distances = _distances(measured)
    return Arm(
        answers=len(measured),
        seconds=fmean(each[0] for each in measured) if measured else None,
        distance_px=fmean(distances) if distances else None,
    )


def _distances(measured: Sequence[tuple[float, float | None]]) -> list[float]:
    return [distance for _, distance in measured if distance is not None]
