"""JSON shapes of networks and predictions."""

from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from app.predictions.tables import Network, Prediction
from app.projects.schemas import Strict


class PredictedPoint(BaseModel):
    """One landmark in image px; `doubt_px` is the spread under transforms."""

    name: str
    x: float
    y: float
    doubt_px: float | None
    confidence: float


class Predicted(BaseModel):
    """What a network says of a picture."""

    network_id: int
    network_number: int
    points: list[PredictedPoint]
    attributes: dict[str, dict[str, float] | float]
    doubt: float | None


class PredictionOut(Predicted):
    """What a network said of one image of the project."""

    id: int
    image_id: int

    @classmethod
    def of(cls, prediction: Prediction, *, network_number: int) -> Self:
        """From its row."""
        return cls(
            id=prediction.id,
            image_id=prediction.image_id,
            network_id=prediction.network_id,
            network_number=network_number,
            points=[PredictedPoint.model_validate(point) for point in prediction.points],
            attributes=prediction.attributes,
            doubt=prediction.doubt,
        )


class PredictionList(BaseModel):
    """A page of predictions of the current network; `cursor` asks for the next one."""

    items: list[PredictionOut]
    cursor: str | None


class NetworkOut(BaseModel):
    """One version of a project's network."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    project_id: int
    number: int
    run_id: int
    created_at: datetime
    scores: dict[str, Any]
    config: dict[str, Any]
    is_current: bool

    @classmethod
    def of(cls, network: Network, *, is_current: bool) -> Self:
        """From its row."""
        shown = {name: getattr(network, name) for name in cls.model_fields if name != "is_current"}
        return cls(**shown, is_current=is_current)


class NetworkList(BaseModel):
    """All versions, newest first. `promotion` is the base of the next POST /networks/{id}/promote."""

    items: list[NetworkOut]
    promotion: int


class Promote(Strict):
    """Body of POST /networks/{id}/promote; it may be left out."""

    base: int | None = Field(
        default=None, ge=0, description="`promotion` as last seen; another one now answers 409."
    )
