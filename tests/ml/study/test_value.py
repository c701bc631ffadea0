"""What other answers are worth, on the paper's own Table 2."""

import json

import numpy as np
import pytest

from ml.study.paper import PAPER, paper_curve, paper_error
from ml.study.report import interval_words
from ml.study.rows import Entry, Row
from ml.study.value import equal_labels, worths_of

IMAGES = 573  # of HGR1's training side, one gesture label each


def row(losses, errors, *, seeds=(0,), spread=0.0):
    """A row of these errors by percent; a seed adds its number times `spread`."""
    entries = {}
    for percent, error in errors.items():
        values = {seed: error + seed * spread for seed in seeds}
        entries[percent] = Entry(
            percent=percent,
            mean=sum(values.values()) / len(values),
            sd=None,
            n=len(values),
            values=values,
            accuracy=None,
            paper=None,
            labelled_images=round(IMAGES * percent / 100),
            attribute_labels=IMAGES,
            train_images=IMAGES,
        )
    return Row(system="s", title=losses, losses=losses, overrides=(), entries=entries, paper={})


def table_2(losses):
    return row(losses, paper_curve("hgr1", "Seq-MT", losses))


def worths(losses):
    return {worth.percent: worth for worth in worths_of([table_2("L"), table_2(losses)])}


def test_on_hands_elt_is_worth_about_twice_the_landmark_labels():
    factors = [worth.factor for worth in worths("L+ELT").values()]

    assert len(factors) == 4
    assert all(1.5 < factor < 2.1 for factor in factors)


def test_on_hands_elt_and_attributes_are_worth_2_4_at_5_percent_and_1_3_at_50():
    found = worths("L+ELT+A")

    assert found[5].factor == pytest.approx(2.4, abs=0.05)
    assert found[50].factor == pytest.approx(1.3, abs=0.05)
    assert found[5].worth is None  # it cannot be said which of the two it was


def test_on_hands_an_attribute_label_is_worth_some_hundredths_of_a_landmark_label():
    found = worths("L+A")

    assert all(0.015 < found[percent].worth < 0.1 for percent in (5, 10, 20, 50))
    assert 0.02 < np.median([found[percent].worth for percent in (5, 10, 20, 50)]) < 0.08
    assert found[100].worth < 0  # 16.9 with the gestures, 15.8 without


def test_an_unlabelled_image_shares_the_gain_with_the_other_unlabelled_ones():
    worth = worths("L+ELT")[50]

    assert worth.per == "unlabelled image"
    assert worth.worth == pytest.approx((worth.equal_labelled - 286) / (IMAGES - 286))


def test_an_error_beyond_the_curve_is_a_bound_and_no_extrapolation():
    better, worse = worths_of([row("L", {10: 4.0, 50: 2.0}), row("L+A", {10: 1.0, 50: 9.0})])

    assert (better.bound, better.equal_labelled) == (">= ", pytest.approx(286))
    assert (worse.bound, worse.equal_labelled) == ("<= ", pytest.approx(57))


@pytest.mark.parametrize("middle", [4.0, 5.0])
def test_a_curve_that_rises_counts_as_level_and_falls_from_its_far_end(middle):
    labels, errors = np.array([10.0, 15, 20, 40]), np.array([4.0, middle, middle, 2])

    found = equal_labels(labels, errors, np.array([4.5, 4.0, np.sqrt(8), 2]))

    assert found.tolist() == pytest.approx([10, 10, np.sqrt(800), 40])


def test_an_error_of_nothing_is_the_end_of_the_curve():
    found = equal_labels(np.array([10.0, 20]), np.array([1.0, 0.0]), np.array([0.0, 1.0]))

    assert found.tolist() == pytest.approx([20, 10])


def test_the_interval_over_seeds_holds_the_value_and_is_the_same_every_time():
    rows = [
        row("L", {10: 4.0, 50: 2.0}, seeds=(0, 1, 2), spread=0.1),
        row("L+A", {10: 3.0, 50: 2.2}, seeds=(0, 1, 2), spread=-0.1),
    ]

    first, again = worths_of(rows), worths_of(rows)

    assert first == again
    assert first[0].interval[0] < first[0].worth < first[0].interval[1]


def test_an_end_of_the_interval_where_the_curve_ends_is_marked_as_a_bound():
    rows = [
        row("L", {10: 4.0, 50: 2.0}, seeds=(0, 1, 2), spread=0.1),
        row("L+A", {10: 3.0, 20: 2.2, 50: 1.0}, seeds=(0, 1, 2), spread=-0.1),
    ]

    within, reaching, beyond = worths_of(rows)

    assert within.interval_bounds == ("", "")
    assert (reaching.bound, reaching.interval_bounds) == ("", ("", ">= "))
    assert reaching.interval[1] == pytest.approx((286 - 115) / IMAGES)
    assert beyond.interval_bounds == (">= ", ">= ")
    assert interval_words(reaching) == f"{reaching.interval[0]:.4f} to >= 0.2984"
    assert json.loads(json.dumps(reaching.to_json()))["interval_bounds"] == ["", ">="]


def test_an_interval_below_the_curve_says_at_most():
    rows = [
        row("L", {10: 4.0, 50: 2.0}, seeds=(0, 1), spread=0.1),
        row("L+A", {50: 4.1}, seeds=(0, 1), spread=-0.3),
    ]

    [worth] = worths_of(rows)

    assert worth.interval_bounds == ("<= ", "")


def test_one_seed_gives_no_interval():
    assert all(worth.interval is None for worth in worths("L+A").values())


def test_the_papers_tables_are_whole():
    numbers = sum(len(curve) for curve in PAPER["blocks"].errors.values())
    hands = sum(len(curve) for curve in PAPER["hgr1"].errors.values())

    assert (numbers, hands) == (46, 40)
    assert paper_error("blocks", "Seq-MT", "L+ELT", 5) == 1.94
    assert paper_error("blocks", "Seq-MT", "L+ELT", 100) is None
    assert paper_error("hands", "Seq-MT", "L", 5) is None
    assert paper_error(None, "Seq-MT", "L", 5) is None
