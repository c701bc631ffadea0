"""What predictions on the screen save, and how far they draw the points: measured, not assumed.

On a share of the asks for landmarks, drawn by chance, the prediction is kept from the annotator (the control
arm). The two arms differ in nothing else, so the difference of their means is the effect of the help. How
often the arms differ by chance alone is in the 95 % interval (Welch, normal approximation).
"""

import math
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.queue.arms import ArmSoFar, Sums, arms_of

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
    """From the sums over all first answers with landmarks for which there was a prediction."""
    shown, hidden = arms_of(session, project_id)
    return compare(shown, hidden, control_share=control_share)


def compare(shown: ArmSoFar, hidden: ArmSoFar, *, control_share: float) -> Assistance:
    """The two arms beside each other."""
    return Assistance(
        control_share=control_share,
        shown=_arm(shown),
        hidden=_arm(hidden),
        saved_seconds=difference(hidden.seconds, shown.seconds),
        drawn_px=difference(hidden.distance_px, shown.distance_px),
    )


def difference(first: Sums, second: Sums) -> Difference | None:
    """Mean of the first minus mean of the second; None where either has fewer than ENOUGH."""
    if min(first.count, second.count) < ENOUGH:
        return None
    squared_error = first.variance / first.count + second.variance / second.count
    mean = first.total / first.count - second.total / second.count
    return Difference(mean, Z_95 * math.sqrt(squared_error))


def _arm(so_far: ArmSoFar) -> Arm:
    return Arm(answers=so_far.seconds.count, seconds=so_far.seconds.mean, distance_px=so_far.distance_px.mean)
