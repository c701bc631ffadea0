"""JSON shapes of insights."""

from typing import Self

import numpy as np
from pydantic import BaseModel, Field

from app.insights.service import ShapeModel

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
    def of(cls, model: ShapeModel) -> Self:
        """From the statistics."""
        learned = model.statistics
        return cls(
            landmarks=list(model.landmarks),
            image_count=learned.count,
            mean=np.round(learned.mean, DECIMALS).tolist(),
            factors=np.round(learned.factors, DECIMALS).tolist(),
            noise=learned.noise,
        )
