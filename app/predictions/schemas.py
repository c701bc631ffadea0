"""JSON shapes of networks and predictions."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class PredictedPoint(BaseModel):
    """One landmark in image px; `doubt_px` is the spread under transforms."""

    name: str
    x: float
    y: float
    doubt_px: float | None
    confidence: float


class PredictionOut(BaseModel):
    """What a network says of one image."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    network_id: int
    network_number: int
    points: list[PredictedPoint]
    attributes: dict[str, dict[str, float] | float]
    doubt: float | None


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
