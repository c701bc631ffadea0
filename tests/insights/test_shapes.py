"""Mean and covariance of shapes, on shapes whose statistics are known."""

import numpy as np
import pytest

from app.insights.shapes import FEWEST_SHAPES, SEEN_AT_LEAST, Floats, learn

SQUARE = np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [0.0, 0.0]]) / np.sqrt(1.6)
BEND = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.3]])  # the middle goes up and down


def make_shapes(count: int, *, noise: float = 0.0, bend: float = 1.0, seed: int = 0) -> Floats:
    """Squares with a middle that moves, anywhere on an image, of any size, turned by up to a quarter."""
    dice = np.random.default_rng(seed)
    bent = SQUARE + bend * dice.standard_normal((count, 1, 1)) * BEND
    bent = bent + noise * dice.standard_normal(bent.shape)
    angle, size = dice.uniform(-0.8, 0.8, count), dice.uniform(20, 200, count)
    turn = size[:, None, None] * np.stack(
        [np.stack([np.cos(angle), np.sin(angle)], -1), np.stack([-np.sin(angle), np.cos(angle)], -1)], -2
    )
    return bent @ turn + dice.uniform(100, 900, (count, 1, 2))


def test_place_size_and_turn_are_taken_away_and_the_mean_stands_upright():
    learned = learn(make_shapes(200, bend=0.0, noise=0.01))

    assert learned is not None
    assert learned.count == 200
    turn = np.angle((learned.mean[:4] @ [1, 1j]) @ np.conj(SQUARE[:4] @ [1, 1j]))
    assert abs(turn) < 0.1  # the mean of the turns in the sample
    assert np.sqrt((learned.mean**2).sum(axis=1).mean()) == pytest.approx(1)
    assert np.ptp(np.linalg.norm(learned.mean[:4], axis=1)) < 0.01


def test_the_way_in_which_shapes_vary_is_the_first_factor():
    learned = learn(make_shapes(200, noise=0.005))

    assert learned is not None
    first = learned.factors[:, 0].reshape(-1, 2)
    assert np.linalg.norm(first[4]) > 3 * np.linalg.norm(first[:4], axis=1).max()
    assert learned.noise < 0.03**2


def test_the_covariance_is_that_of_the_aligned_shapes():
    shapes = make_shapes(400, noise=0.03)
    learned = learn(shapes)
    assert learned is not None

    covariance = learned.factors @ learned.factors.T + learned.noise * np.eye(10)

    # place, size and turn take four of the ten freedoms, so the noise of a coordinate is a little less
    assert np.sqrt(covariance[9, 9]) == pytest.approx(0.27, abs=0.05)
    assert np.sqrt(covariance[0, 0]) == pytest.approx(0.04, abs=0.02)


def test_absent_landmarks_are_left_out_of_the_sums_and_nothing_else_changes():
    shapes = make_shapes(200, noise=0.005)
    holed = shapes.copy()
    holed[::7, 2] = np.nan

    whole, partly = learn(shapes), learn(holed)

    assert whole is not None
    assert partly is not None
    assert partly.mean == pytest.approx(whole.mean, abs=0.01)
    assert abs(partly.factors[:, 0] @ whole.factors[:, 0]) == pytest.approx(
        (whole.factors[:, 0] ** 2).sum(), rel=0.1
    )


def test_a_landmark_that_was_hardly_seen_is_not_known():
    shapes = make_shapes(40)
    shapes[SEEN_AT_LEAST - 1 :, 1] = np.nan

    learned = learn(shapes)

    assert learned is not None
    assert learned.known.tolist() == [True, False, True, True, True]
    assert learned.mean.shape == (4, 2)


@pytest.mark.parametrize(
    "shapes",
    [
        make_shapes(FEWEST_SHAPES - 1),
        make_shapes(50)[:, :2],
        np.full((50, 5, 2), np.nan),
        np.zeros((50, 5, 2)),
        np.zeros((0, 5, 2)),
        np.zeros((0, 0, 2)),
    ],
    ids=["too few", "two landmarks", "all absent", "all in one place", "none", "no landmarks"],
)
def test_what_says_nothing_gives_nothing(shapes: Floats):
    assert learn(shapes) is None


def test_equal_shapes_leave_noise_alone():
    learned = learn(np.repeat(make_shapes(1), 20, axis=0))

    assert learned is not None
    assert learned.noise > 0
    assert np.isfinite(learned.factors).all()
    assert np.abs(learned.factors).max() < 1e-6
