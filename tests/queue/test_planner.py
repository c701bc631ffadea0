"""Which kind of label is worth the next second."""

import pytest

from app.projects.schemas import LANDMARKS, Schema
from app.queue.planner import Offer, Tallied, choose, gain_of, price, seconds_of

HAND = Schema.model_validate(
    {
        "landmarks": ["wrist", "tip"],
        "attributes": [
            {"name": "gesture", "kind": "classes", "classes": [f"g{i}" for i in range(27)]},
            {"name": "side", "kind": "classes", "classes": ["palm", "back"]},
            {"name": "yaw", "kind": "scale", "minimum": -90, "maximum": 90},
        ],
    }
)


def best(tallies: dict[str, Tallied], *, last_kind: str | None = None) -> str:
    offers = [Offer(LANDMARKS, 1.0), Offer("gesture", 1.0)]
    return choose(price(offers, schema=HAND, tallies=tallies), last_kind=last_kind).kind


def test_the_first_ask_is_for_landmarks_since_attributes_teach_nothing_without_them():
    assert best({}) == LANDMARKS


def test_with_some_landmarks_one_second_answers_pay_more_than_minutes():
    assert best({LANDMARKS: Tallied(labelled_count=20)}) == "gesture"


def test_attributes_stop_paying_once_there_are_many():
    tallies = {LANDMARKS: Tallied(labelled_count=29), "gesture": Tallied(labelled_count=573)}

    assert best(tallies) == LANDMARKS


def test_measured_seconds_replace_the_prior_of_60_and_1():
    assert seconds_of(LANDMARKS, Tallied()) == 60
    assert seconds_of("gesture", Tallied()) == 1

    assert seconds_of(LANDMARKS, Tallied(100, 100, 800.0)) == pytest.approx(9.5, abs=0.1)


def test_landmarks_made_cheap_by_predictions_are_asked_for_again():
    dear = {LANDMARKS: Tallied(20, 20, 1200.0), "gesture": Tallied(10, 10, 10.0)}
    cheap = {LANDMARKS: Tallied(20, 20, 60.0), "gesture": Tallied(10, 10, 10.0)}

    assert best(dear) == "gesture"
    assert best(cheap) == LANDMARKS


def test_the_person_stays_with_a_kind_that_is_nearly_as_good():
    tallies = {LANDMARKS: Tallied(labelled_count=29)}
    turning = next(
        count
        for count in range(1, 600)
        if best(tallies | {"gesture": Tallied(labelled_count=count)}) == LANDMARKS
    )
    at_the_turn = tallies | {"gesture": Tallied(labelled_count=turning)}

    assert best(at_the_turn, last_kind="gesture") == "gesture"
    assert best(at_the_turn, last_kind=LANDMARKS) == LANDMARKS


def test_a_yes_or_no_question_is_worth_its_share_of_the_bits():
    tallies = {LANDMARKS: Tallied(labelled_count=20)}

    ratio = gain_of("side", HAND, tallies) / gain_of("gesture", HAND, tallies)

    assert ratio == pytest.approx(1 / 4.755, abs=0.01)


def test_the_constants_reproduce_the_table_they_come_from():
    """Honari et al., Table 2: at 29 landmark images 573 answers bring 57.6 to 50.0 (g(29) makes it 3/4)."""
    tallies = {LANDMARKS: Tallied(labelled_count=10**9)}

    fall = sum(
        gain_of("gesture", HAND, tallies | {"gesture": Tallied(labelled_count=count)}) for count in range(573)
    )

    assert fall == pytest.approx(0.1415, rel=0.03)
