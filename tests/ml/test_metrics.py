"""Error of landmarks: normalisers, missing answers, shares."""

import math

import numpy as np
import pytest

from ml import metrics
from ml.types import Normaliser

PALM = Normaliser(kind="landmarks", between=("a", "b"))


@pytest.mark.parametrize(
    ("landmarks", "normaliser", "wanted"),
    [
        ({"a": (0.0, 0.0), "b": (3.0, 4.0)}, PALM, 5.0),
        ({"a": (0.0, 0.0), "b": (4.0, 9.0), "c": (2.0, 2.0)}, Normaliser(kind="box"), 6.0),
        ({}, Normaliser(kind="pixels"), 1.0),
    ],
)
def test_the_normaliser_of_an_image(landmarks, normaliser, wanted):
    assert metrics.divisor(landmarks, normaliser) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("landmarks", "normaliser"),
    [
        ({"a": (0.0, 0.0)}, PALM),
        ({"a": (1.0, 1.0), "b": (1.0, 1.0)}, PALM),
        ({}, Normaliser(kind="box")),
        ({"a": (1.0, 1.0)}, Normaliser(kind="box")),
    ],
)
def test_an_image_without_a_usable_length_has_no_normaliser(landmarks, normaliser):
    assert math.isnan(metrics.divisor(landmarks, normaliser))


def test_nme_and_pck_leave_out_what_has_no_answer():
    predicted = np.array([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [7.0, 7.0]]])
    target = np.array([[[1.0, 0.0], [0.0, 4.0]], [[0.0, 2.0], [0.0, 0.0]]])
    placed = np.array([[True, True], [True, False]])

    errors = metrics.relative_errors(predicted, target, placed, np.array([10.0, 20.0]))

    assert metrics.nme(errors) == pytest.approx((0.1 + 0.4 + 0.1) / 3)
    assert metrics.pck(errors) == pytest.approx(2 / 3)
    assert metrics.nme_per_landmark(errors, ["a", "b"]) == pytest.approx({"a": 0.1, "b": 0.4})


def test_without_any_answer_there_is_no_error_and_no_share():
    errors = np.full((2, 3), np.nan)

    assert metrics.nme(errors) is None
    assert metrics.pck(errors) is None
    assert metrics.nme_per_landmark(errors, ["a", "b", "c"]) == {}
