"""Typical and diverse images first."""

import numpy as np

from app.queue.spread import diverse_order, typicality

RNG = np.random.default_rng(0)
NOTHING_KNOWN = np.zeros((0, 4), np.float32)


def clusters(*, centres: int, each: int) -> np.ndarray:
    middle = np.eye(4, dtype=np.float32)[:centres] * 10
    return np.concatenate([m + RNG.normal(0, 0.2, (each, 4)).astype(np.float32) for m in middle])


def test_an_outlier_is_less_typical_than_any_member_of_a_cluster():
    points = np.concatenate([clusters(centres=1, each=40), np.full((1, 4), -30, np.float32)])

    typical = typicality(points)

    assert typical.argmin() == 40
    assert np.isclose(typical.mean(), 1.0)


def test_the_first_picks_cover_every_cluster():
    points = clusters(centres=4, each=25)

    order = diverse_order(points, typicality(points), known=NOTHING_KNOWN, count=4)

    assert sorted(index // 25 for index in order) == [0, 1, 2, 3]


def test_a_cluster_that_is_labelled_already_comes_last():
    points = clusters(centres=3, each=10)

    order = diverse_order(points, typicality(points), known=points[:5], count=3)

    assert {index // 10 for index in order[:2]} == {1, 2}


def test_every_candidate_is_chosen_once():
    points = np.zeros((7, 4), np.float32)  # all the same

    assert sorted(diverse_order(points, typicality(points), known=NOTHING_KNOWN, count=99)) == list(range(7))


def test_no_candidates_give_an_empty_order():
    assert diverse_order(NOTHING_KNOWN, np.zeros(0, np.float32), known=NOTHING_KNOWN, count=5) == []
