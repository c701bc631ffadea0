"""Names for points that no landmark label has named."""

from pathlib import Path

import numpy as np
import pytest

from ml.study import cells
from ml.study.cells import Cell, run_cell
from ml.study.naming import names_found
from ml.study.overrides import parse_overrides
from ml.study.sets import open_set
from ml.types import Sample
from tests.ml.study.test_table import Quiet

PLACES = {"a": (10.0, 10.0), "b": (50.0, 10.0), "c": (30.0, 60.0)}
SAMPLES = [Sample(image=Path("1.png"), landmarks=PLACES), Sample(image=Path("2.png"), landmarks={})]


@pytest.mark.parametrize("order", [("a", "b", "c"), ("c", "a", "b"), ("b", "a", "c")])
def test_points_get_the_names_of_the_landmarks_that_they_lie_at(order):
    near = np.array([PLACES[name] for name in order]) + 3.0

    assert names_found(("a", "b", "c"), [near, near], SAMPLES) == order


def test_the_mean_over_images_decides_and_what_is_not_known_does_not_count():
    straight = np.array([PLACES[name] for name in "abc"])
    swapped = straight[[1, 0, 2]]
    samples = [SAMPLES[0], SAMPLES[0], Sample(image=Path("3.png"), landmarks={"c": PLACES["c"]}), SAMPLES[1]]

    assert names_found(("a", "b", "c"), [swapped, swapped + 2, straight, None], samples) == ("b", "a", "c")


@pytest.mark.parametrize("points", [[None, None], [None, np.zeros((3, 2))]])
def test_without_a_point_beside_a_landmark_the_names_stay(points):
    assert names_found(("a", "b", "c"), points, SAMPLES) == ("a", "b", "c")


def test_of_more_landmarks_than_can_be_tried_the_names_stay():
    names = tuple("abcdefghi")
    sample = Sample(image=Path("1.png"), landmarks={name: (float(at), 0.0) for at, name in enumerate(names)})

    assert names_found(names, [np.zeros((9, 2))], [sample]) == names


@pytest.mark.parametrize(
    ("system", "losses", "is_turned"), [("seq_mt_shapes", "A", True), ("unet_slim", "L", False)]
)
def test_a_cell_without_loss_l_is_scored_under_the_names_found_and_no_other(
    tmp_path, monkeypatch, system, losses, is_turned
):
    folder = open_set("shapes", tmp_path, count=8).folder
    overrides = parse_overrides(["steps=1", "batch_size=4", "input_px=32", "precision=float32"])
    cell = Cell(system=system, losses=losses, percent=100, seed=0, overrides=overrides)
    monkeypatch.setattr(cells, "names_found", lambda names, *_: names[::-1])

    result = run_cell(cell, folder, tmp_path, Quiet(), threads=1)

    names = folder.landmarks[::-1] if is_turned else folder.landmarks
    sample = folder.splits["test"][0]
    assert result["shown"][0]["true"] == [sample.landmarks[name] for name in names]
    assert tuple(result["test"]["per_landmark"]) == names
