"""JSON shapes of insights."""

from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from app.insights.assistance import Assistance
from app.insights.service import ProjectShape

DECIMALS = 5  # of a shape of size 1: a hundredth of a pixel where it is 1000 px large


class ShapeOut(BaseModel):
    """A Gaussian over the labelled shapes, each laid onto the mean by place, size and turn.

    The covariance of the coordinates x, y, x, y, ... is `factors` times its transpose, plus `noise` on
    the diagonal.
    """

    landmarks: list[str] = Field(
        description="Those that were labelled often enough, in the order of the schema."
    )
    image_count: int
    mean: list[tuple[float, float]] = Field(
        description="Centre (0, 0), root mean square radius 1, y downwards."
    )
    factors: list[list[float]] = Field(description="A row for each coordinate, a column for each factor.")
    noise: float

    @classmethod
    def of(cls, shape: ProjectShape) -> Self:
        """From the statistics."""
        learned = shape.statistics
        return cls(
            landmarks=list(shape.landmarks),
            image_count=learned.count,
            mean=np.round(learned.mean, DECIMALS).tolist(),
            factors=np.round(learned.factors, DECIMALS).tolist(),
            noise=learned.noise,
        )


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
