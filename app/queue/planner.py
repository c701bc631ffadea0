"""Which kind of label is worth the next second.

The network's accuracy grows with the logarithm of both kinds of label (the form of Gamazo Tejero et al.,
CVPR 2023), over S images with landmarks and C answers to an attribute:

    accuracy = GAIN_LANDMARKS log(S / HALF_LANDMARKS + 1)
             + GAIN_ATTRIBUTE (bits / log2 27) g(S) log(C / HALF_ATTRIBUTE + 1)

so one more label of a kind is worth its gain / (n + half). The constants come from Table 2 of Honari et al.
(CVPR 2018; hands, natural logarithm of the error):

* landmarks: from 29 to 573 labelled images the error falls from 57.6 to 15.8: a slope of 0.43 on log S;
* attributes: 573 answers to one question with 27 classes bring 57.6 to 50.0 at 29 landmark images:
  0.14 = GAIN log(573/50 + 1), so GAIN = 0.056. The paper never varies the number of attribute labels: half
  at 50 answers is our choice, and an attribute with fewer classes is worth its share of the bits;
* attributes teach nothing before landmarks exist (1 % of Blocks: 4 % gain, 5 %: 13 %): g(S) = S / (S + 10).

Divided by the seconds that the kind takes in this project, this is the value per second that is compared.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.projects.schemas import LANDMARKS, ClassAttribute, ScaleAttribute, Schema

GAIN_LANDMARKS = 0.43
GAIN_ATTRIBUTE = 0.056
HALF_LANDMARKS = 5.0
HALF_ATTRIBUTE = 50.0
HALF_TEACHING = 10.0
BITS_OF_27_CLASSES = math.log2(27)

PRIOR_SECONDS_LANDMARKS = 60.0
PRIOR_SECONDS_ATTRIBUTE = 1.0
PRIOR_COUNT = 3.0  # the prior weighs as much as three measured answers
STAY = 1.2  # changing the kind of work costs attention, so the other kind must be worth 20 % more


@dataclass(frozen=True)
class Tallied:
    """What is known of one kind: answers, and the measured active seconds of some of them."""

    labelled_count: int = 0
    timed_count: int = 0
    active_seconds: float = 0.0


@dataclass(frozen=True)
class Offer:
    """One kind, with the worth of its best open ask relative to the mean ask of that kind."""

    kind: str
    worth: float


@dataclass(frozen=True)
class Priced:
    """An offer with its price: what the next answer takes, and what each of its seconds is worth."""

    kind: str
    seconds: float
    value_per_second: float


def seconds_of(kind: str, tallied: Tallied) -> float:
    """Expected active seconds of the next answer: the prior, replaced by what this project measured."""
    prior = PRIOR_SECONDS_LANDMARKS if kind == LANDMARKS else PRIOR_SECONDS_ATTRIBUTE
    return (PRIOR_COUNT * prior + tallied.active_seconds) / (PRIOR_COUNT + tallied.timed_count)


def gain_of(kind: str, schema: Schema, tallies: Mapping[str, Tallied]) -> float:
    """Expected fall of the log error by one more label of this kind."""
    labelled = tallies.get(kind, Tallied()).labelled_count
    if kind == LANDMARKS:
        return GAIN_LANDMARKS / (labelled + HALF_LANDMARKS)
    attribute = schema.find_attribute(kind)
    if attribute is None:
        return 0.0
    landmark_images = tallies.get(LANDMARKS, Tallied()).labelled_count
    teaching = landmark_images / (landmark_images + HALF_TEACHING) if schema.landmarks else 1.0
    share = _bits(attribute) / BITS_OF_27_CLASSES
    return GAIN_ATTRIBUTE * share * teaching / (labelled + HALF_ATTRIBUTE)


def price(offers: Sequence[Offer], *, schema: Schema, tallies: Mapping[str, Tallied]) -> list[Priced]:
    """The offers with their value per second, best first; the schema's order decides a tie."""
    priced = []
    for offer in offers:
        seconds = seconds_of(offer.kind, tallies.get(offer.kind, Tallied()))
        gain = gain_of(offer.kind, schema, tallies) * offer.worth
        priced.append(Priced(offer.kind, seconds, gain / seconds))
    return sorted(priced, key=lambda each: -each.value_per_second)


def choose(priced: Sequence[Priced], *, last_kind: str | None) -> Priced:
    """The best kind, or the one in hand while it is nearly as good."""
    best = priced[0]
    staying = next((each for each in priced if each.kind == last_kind), None)
    if staying is not None and staying.value_per_second * STAY >= best.value_per_second:
        return staying
    return best


def _bits(attribute: ClassAttribute | ScaleAttribute) -> float:
    """What an answer can tell at most; a number is taken as good as the 27 gestures."""
    return math.log2(len(attribute.classes)) if isinstance(attribute, ClassAttribute) else BITS_OF_27_CLASSES
