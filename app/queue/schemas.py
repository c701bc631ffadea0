"""JSON shapes of asks."""

import uuid
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from app.annotations.schemas import AsksHeld, Point, RevisionRef
from app.predictions.schemas import PredictionOut
from app.projects.schemas import Strict
from app.queue.skips import SkipReason

Kinds = Annotated[tuple[Annotated[str, StringConstraints(max_length=64)], ...], Field(max_length=51)]


class WantAsk(Strict):
    """Body of POST /projects/{id}/asks/next. `kinds`: null for any; `asks_held`: how many are in hand."""

    kinds: Kinds | None = None
    asks_held: AsksHeld = 0


class SkipAsk(Strict):
    """Body of POST /asks/{lease_id}/skip.

    reason_code   one of the reasons that the page offers; told in the language of whoever reads it
    reason        one in the annotator's own words, or what there is to say beside the code
    """

    reason: Annotated[str, StringConstraints(max_length=300, pattern=r"^[^\x00]*$")] | None = None
    reason_code: SkipReason | None = None
    next_kinds: Kinds | None = None
    asks_held: AsksHeld = 0


class WantGrid(Strict):
    """Body of POST /projects/{id}/grid."""

    attribute: Annotated[str, StringConstraints(max_length=64)]
    count: int = Field(default=24, ge=1, le=48)


class ManyLeases(Strict):
    """Body of POST /asks/renew and /asks/release."""

    lease_ids: Annotated[tuple[uuid.UUID, ...], Field(max_length=200)]


class WhyAsked(BaseModel):
    """Why this ask, as a code and in words."""

    code: str
    text: str


class AskedImage(BaseModel):
    """What the page needs to show the image; sizes are of the upright image."""

    id: int
    name: str
    width_px: int
    height_px: int
    file_url: str
    thumb_url: str


class CurrentLabel(BaseModel):
    """The answer that stands already, when an image is asked again."""

    points: list[Point] | None = None
    value: float | str | None = None


class AskOut(BaseModel):
    """One question in one person's hands until `expires_at`.

    `is_control`: the network's prediction is kept back on purpose, to measure what it saves.
    `schema_version`: a page that was made on an older one has something to learn.
    """

    lease_id: uuid.UUID
    expires_at: datetime
    kind: str
    reason: WhyAsked
    image: AskedImage
    revision: int
    label: CurrentLabel | None
    prediction: PredictionOut | None
    is_control: bool
    schema_version: int


class Answered(BaseModel):
    """The stored answer and the next ask."""

    revision: RevisionRef
    next: AskOut | None


class NextOnly(BaseModel):
    """The next ask."""

    next: AskOut | None


class Renewed(BaseModel):
    """The new end of a lease."""

    expires_at: datetime


class RenewedMany(BaseModel):
    """The new end of the leases that could be prolonged; the others are lost."""

    expires_at: datetime
    lost: list[uuid.UUID]


class SaidOut(BaseModel):
    """The network's likeliest class, and how sure it is."""

    prediction_id: int
    value: str
    share: float


class GridTileOut(BaseModel):
    """One image of a page in one person's hands; `said` is null where the network has not looked yet."""

    lease_id: uuid.UUID
    revision: int
    image: AskedImage
    said: SaidOut | None


class GridOut(BaseModel):
    """A page of images without an answer, alike by their predicted one; empty when nothing is left."""

    attribute: str
    expires_at: datetime
    tiles: list[GridTileOut]
