"""JSON shapes of runs."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.projects.schemas import Strict
from app.training.tables import RunStatus


class RunOptions(Strict):
    """What a person may decide about a run; everything else follows from the pool."""

    steps: int | None = Field(default=None, ge=1, le=200_000, description="Optimiser steps.")
    losses: Literal["L", "L+A", "L+ELT", "L+ELT+A"] | None = Field(
        default=None, description="Which losses to learn by; all of them by default."
    )
    seed: int | None = Field(default=None, ge=0, le=2**31 - 1)


class RequestRun(Strict):
    """Body of POST /projects/{id}/runs."""

    options: RunOptions = RunOptions()


class KeyedRun(RequestRun):
    """What an Idempotency-Key stands for."""

    project_id: int


class RunPointOut(BaseModel):
    """One point of the curves. `nme` is the validation error as a fraction of the normaliser."""

    model_config = ConfigDict(from_attributes=True)

    step: int
    losses: dict[str, float]
    nme: float | None
    images_per_second: float | None


class RunOut(BaseModel):
    """One training run."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    project_id: int
    number: int
    status: RunStatus
    reason: str
    requested_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    options: dict[str, Any]
    config: dict[str, Any] | None
    config_reason: str | None
    pool_sha256: str | None
    pool_counts: dict[str, Any] | None
    attempt: int
    step: int
    steps: int
    error_code: str | None
    error_detail: str | None
    outcome: str | None


class RunDetail(RunOut):
    """A run with its curves."""

    points: list[RunPointOut]


class RunList(BaseModel):
    """A page of runs, newest first; `cursor` asks for the next one."""

    items: list[RunOut]
    cursor: str | None
