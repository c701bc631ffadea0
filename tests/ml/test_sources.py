"""Every layout is recognised, and becomes the common layout whole or not at all."""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from ml.data import sources
from ml.data.folder import Folder, read_folder
from ml.data.pts300w import TEST_FOLDERS, TRAIN_FOLDERS
from ml.data.shapes import write_shapes
from ml.data.sources import add_convert, convert, read_source
from ml.errors import FolderRejected, NoSpace
from ml.types import Normaliser, Sample


def draw(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 6), (len(path.name), 0, 0)).save(path)


def make_common(folder):
    write_shapes(folder, train=2, validation=1, test=1, seed=0)


def make_hgr1(folder):
    draw(folder / "original_images" / "A_P_hgr1_id02_8.jpg")
    (folder / "feature_pts").mkdir()
    points = "".join(f'<FeaturePoint x="{number}" y="1"/>' for number in range(25))
    xml = f"<IMAGE><hand>{points}</hand></IMAGE>"
    (folder / "feature_pts" / "A_P_hgr1_id02_8.xml").write_text(xml)


def make_300w(folder):
    points = "\n".join(f"{number} 1" for number in range(68))
    for subset in (*TRAIN_FOLDERS, *TEST_FOLDERS):
        draw(folder / subset / "image_1.png")
        (folder / subset / "image_1.pts").write_text(f"version: 1\nn_points: 68\n{{\n{points}\n}}\n")


def make_mtfl(folder):
    for name, path in (("training.txt", r"lfw\a.jpg"), ("testing.txt", r"AFLW\a.jpg")):
        draw(folder / path.replace("\\", "/"))
        (folder / name).write_text(f"{path} 1 2 3 4 5 6 7 8 9 10 1 2 1 5\n")


def make_aflw(folder):
    for name, path in (("aflw_train.txt", "0/a.jpg"), ("aflw_test.txt", "2/a.jpg")):
        draw(folder / path)
        (folder / name).write_text(f"{path} 1 2 3 4 - - 7 8 9 10 40 -20.5 3 4\n")


MAKERS = {
    "shapes": make_common,
    "hgr1": make_hgr1,
    "300w": make_300w,
    "mtfl": make_mtfl,
    "aflw": make_aflw,
}


@pytest.fixture(params=MAKERS)
def source(request, tmp_path):
    """The name of a set and its folder as published."""
    folder = tmp_path / "source" if request.param != "shapes" else tmp_path / "shapes"
    folder.mkdir()
    MAKERS[request.param](folder)
    return request.param, folder


@pytest.fixture
def mtfl(tmp_path):
    """A set that is not in the common layout."""
    folder = tmp_path / "mtfl"
    folder.mkdir()
    make_mtfl(folder)
    return read_source(folder)


def test_a_layout_is_recognised_by_its_files(source):
    name, folder = source

    assert read_source(folder).name == name


def test_a_converted_set_is_read_back_with_the_same_content(source, tmp_path):
    _, folder = source
    content = read_source(folder)

    converted = convert(content, tmp_path / "out")

    again = read_folder(tmp_path / "out")
    assert again == replace(converted, name="out", splits=again.splits)
    for split, samples in content.splits.items():
        for ours, theirs in zip(samples, again.splits[split], strict=True):
            assert ours.image.read_bytes() == theirs.image.read_bytes()
            assert ours.attributes == theirs.attributes
            assert ours.landmarks.keys() == theirs.landmarks.keys()
            for landmark, point in ours.landmarks.items():
                assert theirs.landmarks[landmark] == pytest.approx(point, abs=1e-9)


def test_images_of_the_same_name_in_two_folders_keep_both(mtfl, tmp_path):
    convert(mtfl, tmp_path / "out")

    found = sorted(path.name for path in (tmp_path / "out" / "images").iterdir())
    assert found == ["AFLW__a.jpg", "lfw__a.jpg"]


def test_two_images_that_would_get_the_same_name_are_refused(tmp_path):
    paths = [tmp_path / "a" / "b.jpg", tmp_path / "a__b.jpg"]
    for path in paths:
        draw(path)
    content = Folder(
        name="odd",
        landmarks=("tip",),
        edges=(),
        mirror_pairs=(),
        attributes=(),
        normaliser=Normaliser(kind="pixels"),
        splits={"train": tuple(Sample(image=path) for path in paths), "valid": (), "test": ()},
    )

    with pytest.raises(FolderRejected, match=r"a__b\.jpg") as caught:
        convert(content, tmp_path / "out")

    assert caught.value.code == "folder_image_repeated"


def test_a_whole_set_is_never_overwritten(mtfl, tmp_path):
    convert(mtfl, tmp_path / "out")

    with pytest.raises(FolderRejected) as caught:
        convert(mtfl, tmp_path / "out")

    assert caught.value.code == "folder_exists"


def test_a_copy_that_was_interrupted_is_no_set_and_can_be_finished(mtfl, tmp_path):
    out = tmp_path / "out"
    whole = {sample.image for side in mtfl.splits.values() for sample in side}
    lost = max(whole)
    aside = lost.rename(lost.with_suffix(".away"))

    with pytest.raises(FileNotFoundError):
        convert(mtfl, out)
    with pytest.raises(FolderRejected):
        read_source(out)
    aside.rename(lost)
    convert(mtfl, out)

    assert len([sample for side in read_source(out).splits.values() for sample in side]) == len(whole)


@pytest.mark.parametrize("arrived", range(4))
def test_tables_that_arrived_in_part_are_no_set(mtfl, tmp_path, arrived):
    convert(mtfl, tmp_path / "out")
    for table in sources.TABLES[arrived:]:
        (tmp_path / "out" / table).unlink()

    with pytest.raises(FolderRejected) as caught:
        read_source(tmp_path / "out")

    assert caught.value.code == ("folder_file_missing" if arrived else "folder_layout_unknown")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_full_disk_is_reported_as_such(mtfl, tmp_path):
    (tmp_path / "out" / "images").mkdir(parents=True)
    (tmp_path / "out" / "images" / "AFLW__a.jpg").symlink_to("/dev/full")

    with pytest.raises(NoSpace):
        convert(mtfl, tmp_path / "out")


def test_a_folder_in_no_known_layout_is_told_what_was_looked_for(tmp_path):
    with pytest.raises(FolderRejected) as caught:
        read_source(tmp_path)

    assert caught.value.code == "folder_layout_unknown"
    for mark in ("meta.json", "original_images", "afw", "training.txt", "aflw_train.txt"):
        assert mark in str(caught.value)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FolderRejected, match="nowhere") as caught:
        read_source(tmp_path / "nowhere")

    assert caught.value.code == "folder_file_missing"


def test_a_layout_of_which_a_part_is_there_is_told_what_is_missing(tmp_path):
    make_mtfl(tmp_path)
    (tmp_path / "testing.txt").unlink()

    with pytest.raises(FolderRejected, match=r"testing\.txt") as caught:
        read_source(tmp_path)

    assert caught.value.code == "folder_file_missing"


def test_the_command_converts_and_says_how_many(mtfl, tmp_path, capsys):
    parser = argparse.ArgumentParser()
    add_convert(parser.add_subparsers(required=True))
    shutil.copyfile(tmp_path / "mtfl" / "lfw" / "a.jpg", tmp_path / "mtfl" / "lfw" / "b.jpg")
    with (tmp_path / "mtfl" / "training.txt").open("a") as file:
        file.write("lfw/b.jpg 1 2 3 4 5 6 7 8 9 10 1 2 1 5\nlfw/gone.jpg 1 2 3 4 5 6 7 8 9 10 1 2 1 5\n")

    options = parser.parse_args(["convert", str(tmp_path / "mtfl"), "--out", str(tmp_path / "out")])
    options.command(options)

    said = " ".join(capsys.readouterr().out.split())
    assert "1 test" in said
    assert "1 images were not there" in said
    assert len(list((tmp_path / "out" / "images").iterdir())) == 3
