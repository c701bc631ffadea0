"""Blocks are drawn as the paper describes them."""

import numpy as np
import pytest

from ml.data.blocks import CLASSES, base_figure, draw_figure, write_blocks
from ml.data.folder import read_folder
from ml.data.synthetic import SIDE_PX, render


def test_there_are_fifteen_classes_and_none_is_all_right():
    assert len(set(CLASSES)) == 15
    assert "RRRR" not in CLASSES
    assert "DDDD" in CLASSES


@pytest.mark.parametrize("moves", CLASSES)
def test_a_figure_lies_wholly_inside_the_frame_at_any_draw(moves):
    random = np.random.default_rng(7)

    corners = np.concatenate([part for _ in range(50) for part in draw_figure(moves, random).parts])

    assert corners.min() >= -1e-9
    assert corners.max() <= SIDE_PX + 1e-9


@pytest.mark.parametrize("moves", CLASSES)
def test_landmarks_are_the_centres_of_the_squares_in_chain_order(moves):
    figure = base_figure(moves)

    np.testing.assert_allclose([part.mean(axis=0) for part in figure.parts[:5]], figure.centres)
    steps = np.diff(figure.centres, axis=0)
    assert "".join("D" if y > 0 else "R" for _, y in steps) == moves


def test_the_head_points_on_in_the_direction_of_the_last_move():
    figure = base_figure("DDDR")

    apex = figure.parts[5][2]

    assert apex[1] == figure.centres[4][1]
    assert apex[0] > figure.centres[4][0]


def test_the_picture_is_white_at_the_landmarks_and_black_or_white_elsewhere():
    figure = draw_figure("DRDR", np.random.default_rng(1))

    picture = render(figure)

    assert set(np.unique(picture)) == {0, 255}
    columns, rows = np.floor(figure.centres).astype(int).T
    assert (picture[rows, columns] == 255).all()


def test_the_white_area_is_that_of_the_figure():
    figure = draw_figure("DDRR", np.random.default_rng(2))
    x, y = (np.stack([part[:, axis] for part in figure.parts[:5]]) for axis in (0, 1))
    area = 0.5 * np.abs((x * np.roll(y, -1, 1) - y * np.roll(x, -1, 1)).sum())

    assert (render(figure) == 255).sum() == pytest.approx(area, rel=0.3)


def test_the_same_seed_writes_the_same_set_and_another_seed_another(tmp_path):
    first = write_blocks(tmp_path / "a", train=3, validation=2, test=1, seed=5)
    again = write_blocks(tmp_path / "b", train=3, validation=2, test=1, seed=5)
    other = write_blocks(tmp_path / "c", train=3, validation=2, test=1, seed=6)

    def bytes_of(folder):
        return [sample.image.read_bytes() for side in folder.splits.values() for sample in side]

    assert bytes_of(first) == bytes_of(again)
    assert bytes_of(first) != bytes_of(other)


def test_a_written_set_is_read_back_with_the_same_landmarks(tmp_path):
    written = write_blocks(tmp_path, train=4, validation=1, test=1, seed=0)

    again = read_folder(tmp_path)

    for ours, theirs in zip(written.splits["train"], again.splits["train"], strict=True):
        assert ours.attributes == theirs.attributes
        for name, point in ours.landmarks.items():
            assert theirs.landmarks[name] == pytest.approx(point, abs=1e-9)
    assert again.normaliser.kind == "pixels"
