"""JSON shapes of projects. `Schema` is what a project asks of its annotators."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

CONTROL_SHARE = 0.1  # enough to measure in days, little enough to cost a few minutes
LANDMARKS = "landmarks"  # the kind of ask that is not an attribute

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f/]*$"),
]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300, pattern=r"^[^\x00]*$")]
ProjectName = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"),
]


class Strict(BaseModel):
    """A request body: unknown fields are an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ClassAttribute(Strict):
    """A question with one answer out of a few."""

    name: Name
    question: Words = ""
    kind: Literal["classes"] = "classes"
    classes: Annotated[tuple[Name, ...], Field(min_length=2, max_length=64)]

    @model_validator(mode="after")
    def _check_classes(self) -> Self:
        _check_distinct(self.classes, f"the classes of {self.name}", part="classes")
        return self


class ScaleAttribute(Strict):
    """A question with a number as its answer, e.g. a head angle."""

    name: Name
    question: Words = ""
    kind: Literal["scale"]
    minimum: FiniteFloat
    maximum: FiniteFloat
    unit: Annotated[str, StringConstraints(max_length=20)] = ""

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.minimum >= self.maximum:
            raise _refusal(
                f"the scale of {self.name} must have its minimum below its maximum", part="maximum"
            )
        return self


Attribute = Annotated[ClassAttribute | ScaleAttribute, Field(discriminator="kind")]


class Normaliser(Strict):
    """What an image's error is divided by: the distance of two landmarks, the landmarks' box, or 1 px."""

    kind: Literal["landmarks", "box", "pixels"] = "box"
    between: tuple[Name, Name] | None = None

    @model_validator(mode="after")
    def _check_between(self) -> Self:
        if (self.kind == "landmarks") != (self.between is not None):
            words = "a normaliser of kind landmarks, and no other, names two landmarks in between"
            raise _refusal(words, part="between")
        return self


class Schema(Strict):
    """Landmarks in order, how they are connected and mirrored, the questions, the error's normaliser."""

    landmarks: Annotated[tuple[Name, ...], Field(max_length=1000)] = ()
    edges: Annotated[tuple[tuple[Name, Name], ...], Field(max_length=5000)] = ()
    mirror_pairs: Annotated[tuple[tuple[Name, Name], ...], Field(max_length=500)] = ()
    attributes: Annotated[tuple[Attribute, ...], Field(max_length=50)] = ()
    normaliser: Normaliser = Normaliser()

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        _check_distinct(self.landmarks, "landmarks", part="landmarks")
        _check_distinct([attribute.name for attribute in self.attributes], "attributes", part="attributes")
        if LANDMARKS in {attribute.name for attribute in self.attributes}:
            raise _refusal("an attribute cannot be called landmarks", part="attributes")
        if not self.landmarks and not self.attributes:
            raise _refusal("a schema needs a landmark or an attribute", part="landmarks")
        self._check_pairs(self.edges, part="edges")
        self._check_pairs(self.mirror_pairs, part="mirror_pairs")
        self._check_pairs([self.normaliser.between] if self.normaliser.between else [], part="normaliser")
        mirrored = [name for pair in self.mirror_pairs for name in pair]
        _check_distinct(mirrored, "mirror pairs", part="mirror_pairs")
        return self

    def _check_pairs(self, pairs: Sequence[tuple[str, str]], *, part: str) -> None:
        known = set(self.landmarks)
        for first, second in pairs:
            if unknown := {first, second} - known:
                raise _refusal(f"no landmark is called {', '.join(sorted(unknown))}", part=part)
            if first == second:
                raise _refusal(f"{first} is paired with itself", part=part)

    @property
    def kinds(self) -> tuple[str, ...]:
        """All kinds of ask of this schema: landmarks first, then the attributes by name."""
        return ((LANDMARKS,) if self.landmarks else ()) + tuple(each.name for each in self.attributes)

    def find_attribute(self, name: str) -> ClassAttribute | ScaleAttribute | None:
        """The attribute of this name."""
        return next((each for each in self.attributes if each.name == name), None)


def _check_distinct(names: Sequence[str], what: str, *, part: str) -> None:
    if repeated := sorted({name for name in names if names.count(name) > 1}):
        raise _refusal(f"{what} must be distinct, repeated: {', '.join(repeated)}", part=part)


def _refusal(words: str, *, part: str) -> PydanticCustomError:
    """A rule about several fields; `part` is the one beside which a form says it."""
    return PydanticCustomError("schema_rule", "{words}", {"words": words, "part": part})


ControlShare = Annotated[
    float,
    Field(ge=0, le=1, description="Share of the asks on which the prediction is hidden, to measure it."),
]


class CreateProject(Strict):
    """Body of POST /projects."""

    model_config = ConfigDict(populate_by_name=True)

    name: ProjectName
    landmark_schema: Schema = Field(alias="schema")
    control_share: ControlShare = CONTROL_SHARE


class ChangeProject(Strict):
    """Body of PATCH /projects/{id}: what is left out stays."""

    name: ProjectName | None = None
    landmark_schema: Schema | None = Field(default=None, alias="schema")
    base_schema_version: int | None = None
    control_share: ControlShare | None = None


class Counts(BaseModel):
    """How much there is and how much is labelled."""

    images: int
    landmarks_labelled: int
    attributes: dict[str, int]


class CurrentNetwork(BaseModel):
    """The promoted network."""

    id: int
    number: int


class ProjectOut(BaseModel):
    """One project."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    id: int
    name: str
    landmark_schema: Schema = Field(alias="schema")
    schema_version: int
    control_share: float
    created_at: datetime
    counts: Counts
    network: CurrentNetwork | None


class ProjectList(BaseModel):
    """A page of projects; `cursor` asks for the next one."""

    items: list[ProjectOut]
    cursor: str | None
