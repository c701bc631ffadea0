"""Where a study's data comes from."""

import shutil
import subprocess
import sys
import time

import pytest

from ml.data.folder import read_folder
from ml.data.subset import with_labels_on
from ml.study.rows import rows_of
from ml.study.sets import open_set
from tests.source import ROOT


def test_a_set_is_generated_once(tmp_path):
    made = open_set("shapes", tmp_path, count=3)
    before = (made.path / "meta.json").stat().st_mtime_ns

    again = open_set("shapes", tmp_path, count=3)

    assert (again.path / "meta.json").stat().st_mtime_ns == before
    assert [len(samples) for samples in again.folder.splits.values()] == [3, 3, 3]
    assert (again.name, again.unit, again.paper_name) == ("shapes", "px", None)


def test_a_half_generated_set_is_not_taken_for_a_whole_one(tmp_path):
    program = f"""
from pathlib import Path
from ml.study.sets import open_set
open_set("blocks", Path({str(tmp_path)!r}), count=100000)
"""
    child = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)
    end = time.monotonic() + 60
    while not list((tmp_path / "data").glob(".blocks-*/images/*.png")):
        assert time.monotonic() < end
        time.sleep(0.02)
    child.kill()
    child.wait()

    assert not (tmp_path / "data" / "blocks-100000").exists()


def test_other_data_has_no_number_of_the_paper_beside_it(small, tmp_path):
    shutil.copytree(small.out / "data" / "blocks-24", tmp_path / "hands")

    hands = open_set(str(tmp_path / "hands"), tmp_path, count=1)

    rows = rows_of(small.cells, hands)
    assert len(rows) == 3
    assert all(not row.paper for row in rows)
    assert all(entry.ratio is None for row in rows for entry in row.entries.values())


def test_a_folder_with_a_name_of_the_paper_but_other_landmarks_is_not_the_papers(small, tmp_path):
    shutil.copytree(small.out / "data" / "blocks-24", tmp_path / "hgr1")

    assert open_set(str(tmp_path / "hgr1"), tmp_path, count=1).paper_name is None


@pytest.mark.parametrize(("percent", "kept"), [(25, 6), (100, 24), (0.1, 1)])
def test_labels_are_kept_on_the_wanted_share_and_attributes_on_all(small, percent, kept):
    folder = read_folder(small.out / "data" / "blocks-24")

    manifest = with_labels_on(folder.manifest(), percent, seed=0)

    assert sum(bool(sample.landmarks) for sample in manifest.train) == kept
    assert all(sample.attributes for sample in manifest.train)
    assert manifest.validation == folder.manifest().validation


def test_a_choice_keeps_as_many_labels_on_other_images(small):
    folder = read_folder(small.out / "data" / "blocks-24")

    def labelled(choice):
        manifest = with_labels_on(folder.manifest(), 25, 0, choice)
        return [sample.image.name for sample in manifest.train if sample.landmarks]

    assert len(labelled("medoids")) == len(labelled("balanced")) == 6
    assert labelled("medoids") != labelled("balanced")
