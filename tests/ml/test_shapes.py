"""Shapes are drawn as the paper describes them."""

from collections import Counter

import numpy as np
import pytest

from ml.data.folder import read_folder
from ml.data.shapes import GAP_PX, LANDMARKS, SIZES_PX, TIE_PX, draw_figure, gap_px, write_shapes
from ml.data.synthetic import SIDE_PX, Figure, render

DRAWS = 100


@pytest.fixture(params=LANDMARKS)
def drawn(request):
    """A class and many figures of it."""
    random = np.random.default_rng(3)
    return request.param, [draw_figure(request.param, random) for _ in range(DRAWS)]


def side_lengths(outline):
    return np.hypot(*(np.roll(outline, -1, axis=0) - outline).T)


def test_both_shapes_lie_wholly_inside_the_frame(drawn):
    _, figures = drawn

    corners = np.concatenate([part for figure in figures for part in figure.parts])

    assert corners.min() >= -1e-9
    assert corners.max() <= SIDE_PX + 1e-9


def test_the_class_names_the_shape_nearer_the_top_left_corner_by_a_clear_margin(drawn):
    nearer, figures = drawn

    distances = np.array([np.hypot(*figure.centres.T) for figure in figures])  # (draws, square and triangle)
    lead = distances[:, 1] - distances[:, 0]

    assert ((lead if nearer == "square" else -lead) >= TIE_PX).all()


def test_the_square_is_a_square_of_the_stated_size(drawn):
    _, figures = drawn

    sides = np.array([side_lengths(figure.parts[0]) for figure in figures])

    np.testing.assert_allclose(sides, sides[:, :1].repeat(4, axis=1))
    assert SIZES_PX[0] <= sides.min() < sides.max() <= SIZES_PX[1]


def test_the_triangle_is_equilateral_and_of_similar_size(drawn):
    _, figures = drawn

    sides = np.array([side_lengths(figure.parts[1]) for figure in figures])
    heights = sides[:, 0] * np.sqrt(3) / 2

    np.testing.assert_allclose(sides, sides[:, :1].repeat(3, axis=1))
    assert SIZES_PX[0] <= heights.min() < heights.max() <= SIZES_PX[1]


def test_the_landmarks_are_the_centres(drawn):
    _, figures = drawn

    for figure in figures:
        means = [part.mean(axis=0) for part in figure.parts]
        np.testing.assert_allclose(figure.centres, means, atol=1e-9)


def test_no_pixel_of_one_shape_touches_a_pixel_of_the_other(drawn):
    _, figures = drawn

    for figure in figures:
        square, triangle = (np.pad(render(Figure((part,), figure.centres)) > 0, 1) for part in figure.parts)
        near = [np.roll(square, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
        assert not (np.any(near, axis=0) & triangle).any()


def test_the_gap_is_measured_and_an_overlap_is_negative():
    square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])

    def gap_after(*shift):
        return gap_px(square, np.add(square, shift))

    assert gap_after(13, 0) == pytest.approx(3)
    assert gap_after(0, 12) == pytest.approx(2)
    assert gap_after(9, 9) == pytest.approx(-1)
    assert gap_after(10 + GAP_PX, 30) >= GAP_PX


def test_the_classes_are_balanced_on_every_side(tmp_path):
    written = write_shapes(tmp_path, train=8, validation=6, test=4, seed=1)

    counts = [Counter(s.attributes["nearer"] for s in side) for side in written.splits.values()]

    assert counts == [dict.fromkeys(LANDMARKS, half) for half in (4, 3, 2)]


def test_the_same_seed_writes_the_same_set_and_another_seed_another(tmp_path):
    first = write_shapes(tmp_path / "a", train=3, validation=2, test=1, seed=5)
    again = write_shapes(tmp_path / "b", train=3, validation=2, test=1, seed=5)
    other = write_shapes(tmp_path / "c", train=3, validation=2, test=1, seed=6)

    def bytes_of(folder):
        return [sample.image.read_bytes() for side in folder.splits.values() for sample in side]

    assert bytes_of(first) == bytes_of(again)
    assert bytes_of(first) != bytes_of(other)


def test_more_training_images_leave_the_other_sides_as_they_are(tmp_path):
    small = write_shapes(tmp_path / "a", train=1, validation=2, test=2, seed=5)
    large = write_shapes(tmp_path / "b", train=4, validation=2, test=2, seed=5)

    for side in ("valid", "test"):
        pairs = zip(small.splits[side], large.splits[side], strict=True)
        assert all(one.landmarks == other.landmarks for one, other in pairs)


def test_a_written_set_is_read_back_and_counts_in_pixels(tmp_path):
    written = write_shapes(tmp_path, train=4, validation=1, test=1, seed=0)

    again = read_folder(tmp_path)

    assert again.normaliser.kind == "pixels"
    assert again.attributes == written.attributes
    for ours, theirs in zip(written.splits["train"], again.splits["train"], strict=True):
        assert ours.attributes == theirs.attributes
        for name, point in ours.landmarks.items():
            assert theirs.landmarks[name] == pytest.approx(point, abs=1e-9)
