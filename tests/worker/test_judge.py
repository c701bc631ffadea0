"""Whether a new network takes over."""

import pytest

from ml.types import Normaliser, Scores
from worker.judge import judge

BOX, PIXELS = Normaliser(kind="box"), Normaliser(kind="pixels")


def scores(nme: float | None) -> Scores:
    return Scores(nme=nme, images=10 if nme is not None else 0)


@pytest.mark.parametrize(
    ("new", "current", "is_accepted"),
    [(0.10, 0.12, True), (0.12, 0.12, True), (0.1219, 0.12, True), (0.13, 0.12, False), (0.0, 0.0, True)],
)
def test_a_network_is_promoted_unless_it_is_worse_by_more_than_two_percent(new, current, is_accepted):
    assert judge(scores(new), scores(current), normaliser=BOX).is_accepted is is_accepted


@pytest.mark.parametrize(("new", "current"), [(None, None), (None, 0.1), (0.1, None)])
def test_without_validation_labels_the_newer_one_is_promoted_and_it_is_said(new, current):
    verdict = judge(scores(new), scores(current), normaliser=BOX)

    assert verdict.is_accepted
    assert "without comparison" in verdict.words


def test_the_first_network_is_promoted():
    verdict = judge(scores(0.123), None, normaliser=BOX)

    assert (verdict.is_accepted, verdict.words) == (
        True,
        "promoted: nothing to compare with, 12.3 % on 10 validation images",
    )


def test_errors_in_pixels_are_said_in_pixels():
    assert "3.00 px is worse than 2.00 px" in judge(scores(3.0), scores(2.0), normaliser=PIXELS).words
