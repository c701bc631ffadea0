"""JSON shapes of labels."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field, FiniteFloat, StringConstraints, model_validator

from app.annotations.tables import Assist, PointState
from app.projects.schemas import Strict

Text = Annotated[str, StringConstraints(max_length=64)]
AsksHeld = Annotated[int, Field(ge=0, le=1000)]


class Point(Strict):
    """One answered landmark, in px of the upright image; an absent one has no position."""

    name: Text
    state: PointState
    x: FiniteFloat | None = None
    y: FiniteFloat | None = None

    @model_validator(mode="after")
    def _check_position(self) -> Self:
        has_position = self.x is not None and self.y is not None
        if has_position == (self.state is PointState.ABSENT) or (self.x is None) != (self.y is None):
            raise ValueError(f"{self.name}: a visible or hidden landmark has x and y, an absent one has none")
        return self


class AssistShown(Strict):
    """What help was on the screen."""

    kind: Assist = Assist.NONE
    prediction_id: int | None = Field(default=None, ge=1, le=2**63 - 1)


class Answer(Strict):
    """What both kinds of answer share.

    next_kinds   null any kind, [] no next ask
    asks_held    how many asks the client holds that it has not answered
    """

    id: uuid.UUID
    base_revision: int = Field(ge=0, le=2**31 - 1)
    lease_id: uuid.UUID | None = None
    active_seconds: float | None = Field(default=None, ge=0, le=86_400, allow_inf_nan=False)
    assist: AssistShown = AssistShown()
    next_kinds: Annotated[tuple[Text, ...], Field(max_length=51)] | None = None
    asks_held: AsksHeld = 0


class LandmarksAnswer(Answer):
    """Body of PUT /images/{id}/landmarks. Landmarks left out are not answered.

    `schema_version`: on which the answer was made; what the schema gained since is then asked still.
    """

    points: Annotated[tuple[Point, ...], Field(max_length=1000)]
    schema_version: int | None = Field(default=None, ge=1, le=2**31 - 1)

    @property
    def body(self) -> dict[str, Any]:
        """As it is stored."""
        return {"points": [point.model_dump(mode="json", exclude_none=True) for point in self.points]}


class AttributeAnswer(Answer):
    """Body of PUT /images/{id}/attributes/{name}. null: the annotator cannot tell."""

    value: FiniteFloat | Annotated[str, StringConstraints(max_length=64)] | None

    @property
    def body(self) -> dict[str, Any]:
        """As it is stored."""
        return {"value": self.value}


class NoteText(Strict):
    """Body of PUT /images/{id}/notes/{note_id}. Words, or a flag for review, or both."""

    text: Annotated[str, StringConstraints(max_length=500, strip_whitespace=True, pattern=r"^[^\x00]*$")] = ""
    is_flagged: bool = False

    @model_validator(mode="after")
    def _check_something_is_said(self) -> Self:
        if not self.text and not self.is_flagged:
            raise ValueError("a note has words or a flag")
        return self


class NoteOut(BaseModel):
    """What somebody said about an image."""

    id: uuid.UUID
    author: str
    created_at: datetime
    text: str
    is_flagged: bool


class RevisionRef(BaseModel):
    """The stored answer."""

    id: uuid.UUID
    number: int
    kind: str
    is_late: bool


class RevisionOut(BaseModel):
    """One entry of an image's history."""

    id: uuid.UUID
    number: int
    kind: str
    author: str
    created_at: datetime
    active_seconds: float | None
    assist: Assist
    prediction_id: int | None
    origin: Literal["annotator", "import"]
    is_late: bool
    schema_version: int
    points: list[Point] | None = None
    value: float | str | None = None


class UnmergedOut(BaseModel):
    """An answer that was made on an older revision, kept beside the chain."""

    id: uuid.UUID
    kind: str
    base_revision: int
    author: str
    created_at: datetime
    active_seconds: float | None
    points: list[Point] | None = None
    value: float | str | None = None
