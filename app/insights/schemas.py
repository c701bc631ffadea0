"""JSON shapes of insights."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from app.insights.assistance import Assistance


class DifferenceOut(BaseModel):
    """A difference of means; `margin` is half of its 95 % interval."""

    model_config = ConfigDict(from_attributes=True)

    mean: float
    margin: float


class ArmOut(BaseModel):
    """Answers of one arm: mean active seconds an image, mean distance of the points from the prediction."""

    model_config = ConfigDict(from_attributes=True)

    answers: int
    seconds: float | None
    distance_px: float | None


class AssistanceOut(BaseModel):
    """What predictions save an image, and by how much they draw the points; null: too few answers yet."""

    model_config = ConfigDict(from_attributes=True)

    control_share: float
    shown: ArmOut
    hidden: ArmOut
    saved_seconds: DifferenceOut | None
    drawn_px: DifferenceOut | None

    @classmethod
    def of(cls, assistance: Assistance) -> Self:
        """From the measurement."""
        return cls.model_validate(assistance)
