"""Decoded pictures on disk: read again, never half, never another image's."""

import os

import numpy as np
import pytest
from PIL import Image

from ml.data import picture_cache
from ml.data.picture_cache import RECORD, PictureCache
from ml.errors import NoSpace, PictureRejected
from ml.pixels import read_letterboxed

SIDE = 16
FILES = {name: f"{SIDE}.v{picture_cache.VERSION}.{name}" for name in ("pictures", "records")}


@pytest.fixture
def images(tmp_path):
    paths = []
    for index in range(4):
        pixels = np.random.default_rng(index).integers(0, 256, (20 + index, 31, 3), dtype=np.uint8)
        paths.append(tmp_path / f"{index}.png")
        Image.fromarray(pixels).save(paths[-1])
    return paths


def rows_of(folder, images):
    with PictureCache(folder, SIDE) as cache:
        rows, boxes = zip(*(cache.row_of(image) for image in images), strict=True)
        return cache.pictures(rows), boxes


def test_pictures_and_places_are_those_of_decoding(tmp_path, images):
    pictures, boxes = rows_of(tmp_path / "cache", images)

    wanted = [read_letterboxed(image, SIDE) for image in images]
    assert (pictures[:] == np.stack([picture for picture, _ in wanted])).all()
    assert list(boxes) == [box for _, box in wanted]
    assert (pictures[np.array([3, 0])] == pictures[:][[3, 0]]).all()


def test_a_pool_without_images_has_no_pictures(tmp_path):
    with PictureCache(tmp_path / "cache", SIDE) as cache:
        assert cache.pictures([])[:].shape == (0, SIDE, SIDE, 3)


def test_a_second_run_decodes_nothing(tmp_path, images, monkeypatch):
    first, boxes = rows_of(tmp_path / "cache", images)
    monkeypatch.setattr(picture_cache, "read_letterboxed", None)

    again, boxes_again = rows_of(tmp_path / "cache", images[::-1])

    assert (again[:] == first[:][::-1]).all()
    assert boxes_again == boxes[::-1]


def test_records_that_say_nothing_after_a_power_cut_shift_no_picture(tmp_path, images):
    folder = tmp_path / "cache"
    rows_of(folder, images[:1])
    for path, row_bytes in ((folder / FILES["pictures"], SIDE * SIDE * 3), (folder / FILES["records"], 24)):
        path.write_bytes(path.read_bytes() + bytes(2 * row_bytes))  # two rows of zeros, as file systems leave

    pictures, _ = rows_of(folder, images)

    assert RECORD.itemsize == 24
    assert (pictures[:] == np.stack([read_letterboxed(image, SIDE)[0] for image in images])).all()


def test_a_file_that_changed_is_decoded_again(tmp_path, images):
    first, _ = rows_of(tmp_path / "cache", images)
    Image.new("RGB", (31, 20), "red").save(images[0])
    os.utime(images[0], ns=(1, 1))

    again, _ = rows_of(tmp_path / "cache", images)

    assert not (again[:][0] == first[:][0]).all()
    assert (again[:][1:] == first[:][1:]).all()


@pytest.mark.parametrize("of_version", ["", "v1.", f"v{picture_cache.VERSION + 1}."])
def test_a_cache_of_another_version_is_not_read_and_made_anew(tmp_path, images, of_version):
    folder = tmp_path / "cache"
    first, _ = rows_of(folder, images)
    for name, file in FILES.items():
        content = (folder / file).read_bytes()
        (folder / file).unlink()
        # the same records, and rows of another meaning
        (folder / f"{SIDE}.{of_version}{name}").write_bytes(content if name == "records" else content[::-1])
    (folder / "160.v1.pictures").touch()  # of another size of picture

    again, _ = rows_of(folder, images)

    assert (again[:] == first[:]).all()
    assert {path.name for path in folder.iterdir()} == {*FILES.values(), f"{SIDE}.lock", "160.v1.pictures"}


@pytest.mark.parametrize("file", ["pictures", "records"])
def test_what_a_killed_process_left_half_written_is_cut_off(tmp_path, images, file):
    first, _ = rows_of(tmp_path / "cache", images)
    path = tmp_path / "cache" / FILES[file]
    size = SIDE * SIDE * 3 if file == "pictures" else RECORD.itemsize
    with path.open("r+b") as half:
        half.truncate(size * 3 + 5)

    again, _ = rows_of(tmp_path / "cache", images)

    assert (again[:] == first[:]).all()
    assert path.stat().st_size == 4 * size


def test_a_missing_file_is_refused_by_name(tmp_path):
    with PictureCache(tmp_path / "cache", SIDE) as cache, pytest.raises(PictureRejected, match=r"gone\.png"):
        cache.row_of(tmp_path / "gone.png")


def test_a_cache_full_of_other_images_is_begun_again(tmp_path, images, monkeypatch):
    monkeypatch.setattr(picture_cache, "STALE_ROWS", 2)
    reading, _ = rows_of(tmp_path / "cache", images)
    before = reading[:]

    with PictureCache(tmp_path / "cache", SIDE) as cache:
        cache.forget_if_stale(1)
        row, _ = cache.row_of(images[2])

    assert row == 0
    assert (reading[:] == before).all()
    assert (tmp_path / "cache" / FILES["pictures"]).stat().st_size == SIDE * SIDE * 3


def test_a_full_disk_is_told_by_its_own_error(tmp_path, images, full_disk):
    folder = tmp_path / "cache"

    with pytest.raises(NoSpace, match="decoded pictures"):
        rows_of(folder, images)
