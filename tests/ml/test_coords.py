"""One convention of coordinates, proved by going there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import coords
from ml.coords import Letterbox

sides = st.integers(1, 5000)
network_sides = st.sampled_from([60, 64, 96, 128])
numbers = st.floats(-1e4, 1e4, allow_nan=False, width=64)


@given(sides, sides, network_sides, numbers, numbers)
def test_to_the_network_and_back_is_the_same_point(width, height, network_px, x, y):
    box = Letterbox.fitting((width, height), network_px)
    point = np.array([x, y])

    back = box.to_image(box.to_network(point))

    np.testing.assert_allclose(back, point, atol=1e-6)


@given(sides, sides, network_sides)
def test_the_corners_of_the_image_are_the_corners_of_its_picture(width, height, network_px):
    box = Letterbox.fitting((width, height), network_px)

    corners = box.to_network(np.array([[0, 0], [width, height]], dtype=float))

    first = np.array(box.shift_px, dtype=float)
    np.testing.assert_allclose(corners, [first, first + box.content_px], atol=1e-9)
    assert corners.min() >= -1e-9
    assert corners.max() <= network_px + 1e-9


@given(sides, sides, network_sides)
def test_the_longer_side_fills_the_square(width, height, network_px):
    box = Letterbox.fitting((width, height), network_px)

    assert max(box.content_px) == network_px


def test_the_centre_of_a_pixel_lands_on_the_centre_of_its_block():
    box = Letterbox.fitting((2, 2), 96)

    np.testing.assert_allclose(box.to_network(np.array([0.5, 1.5])), [24, 72])


@given(
    st.floats(-180, 180), st.floats(0.2, 5), st.tuples(numbers, numbers), st.tuples(numbers, numbers), numbers
)
def test_an_affine_and_its_inverse_cancel(degrees, scale, shift, centre, x):
    affine = coords.similarity(degrees=degrees, scale=scale, shift_px=shift, centre_px=centre)
    point = np.array([[x, -x]])

    back = coords.apply(coords.inverse(affine), coords.apply(affine, point))

    np.testing.assert_allclose(back, point, atol=1e-5)


def test_a_quarter_turn_takes_right_to_down():
    affine = coords.similarity(degrees=90, scale=2, shift_px=(0, 0), centre_px=(10, 10))

    np.testing.assert_allclose(coords.apply(affine, np.array([11.0, 10.0])), [10, 12], atol=1e-12)


@pytest.mark.parametrize("wanted", [(0.0, 0.0), (3.0, -2.0)])
def test_the_centre_moves_by_the_shift_alone(wanted):
    affine = coords.similarity(degrees=33, scale=1.3, shift_px=wanted, centre_px=(48, 48))

    np.testing.assert_allclose(coords.apply(affine, np.array([48.0, 48.0])), np.add((48, 48), wanted))
