"""Curves as numbers in a box of 100 x 100."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.training.plots import error_plot, loss_plot, nice_top


@given(st.floats(min_value=1e-9, max_value=1e9))
def test_the_top_of_an_axis_is_round_and_close_above(value: float):
    top = nice_top(value)

    assert value * (1 - 1e-6) <= top <= value * 1.7


def test_nothing_to_draw_is_no_plot():
    assert error_plot([], is_pixels=False, steps=10) is None
    assert loss_plot([], steps=10) is None
    assert loss_plot([(1, {"landmark": 0.0})], steps=10) is None


def test_errors_start_at_zero_and_end_in_words():
    plot = error_plot([(50, 0.2), (100, 0.1)], is_pixels=False, steps=100)

    assert plot is not None
    assert plot.ticks == ("20 %", "10 %", "0 %")
    assert plot.lines[0].points == "50.0,0.0 100.0,50.0"
    assert plot.lines[0].last == "10 %"


def test_the_best_error_is_told_beside_a_last_one_that_is_worse():
    plot = error_plot([(50, 0.1), (100, 0.05), (150, 0.2)], is_pixels=False, steps=150)

    assert plot is not None
    assert plot.lines[0].last == "best 5 % at step 100; last 20 %"


@given(
    st.lists(
        st.fixed_dictionaries({"landmark": st.floats(0, 1e6), "equivariance": st.floats(0, 1e6)}), min_size=1
    )
)
def test_every_curve_stays_in_its_box(losses: list[dict[str, float]]):
    plot = loss_plot(list(enumerate(losses, 1)), steps=len(losses))

    for line in plot.lines if plot else ():
        for place in line.points.split():
            x, y = map(float, place.split(","))
            assert 0 <= x <= 100
            assert 0 <= y <= 100


@pytest.mark.parametrize(("is_pixels", "words"), [(True, "0.1 px"), (False, "10 %")])
def test_an_error_has_its_unit(is_pixels: bool, words: str):
    plot = error_plot([(1, 0.1)], is_pixels=is_pixels, steps=1)

    assert plot is not None
    assert plot.lines[0].last == words
    assert plot.lines[0].dot == (100.0, 0.0)


def test_a_loss_that_starts_at_zero_leaves_the_others_readable():
    losses = [
        (0, {"landmark": 1000.0, "equivariance": 0.0}),
        (10, {"landmark": 250.0, "equivariance": 200.0}),
    ]

    plot = loss_plot(losses, steps=10)

    assert plot is not None
    assert plot.ticks[2] == "1.00"  # a thousandth of the largest, not the zero
    landmark_heights = [float(point.split(",")[1]) for point in plot.lines[0].points.split()]
    assert landmark_heights[1] - landmark_heights[0] > 15
