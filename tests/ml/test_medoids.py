"""The choice of the first images: typical and diverse by their looks."""

import numpy as np
import pytest
from PIL import Image

from ml.data import medoids
from ml.data.medoids import choose_medoids
from ml.pixels import read_letterboxed


def write(path, angle, random):
    """A bright bar at an angle on noise: images of one angle look alike."""
    rows, columns = np.mgrid[-1:1:64j, -1:1:64j]
    bar = np.abs(rows * np.cos(angle) - columns * np.sin(angle)) < 0.2
    grey = bar * 180 + random.uniform(0, 40, (64, 64))
    Image.fromarray(grey.astype(np.uint8)).save(path)
    return path


@pytest.fixture
def groups(tmp_path):
    """Four groups of ten, fifteen, five and ten images."""
    random = np.random.default_rng(3)
    sizes = (10, 15, 5, 10)
    groups = [number for number, size in enumerate(sizes) for _ in range(size)]
    images = [
        write(tmp_path / f"{index}.png", group * np.pi / 4 + random.uniform(-0.06, 0.06), random)
        for index, group in enumerate(groups)
    ]
    return images, groups


@pytest.mark.parametrize("seed", range(5))
def test_one_image_of_every_group_is_chosen(groups, seed):
    images, numbers = groups

    chosen = choose_medoids(images, 4, seed=seed)

    assert sorted(numbers[index] for index in chosen) == [0, 1, 2, 3]
    assert chosen == choose_medoids(images, 4, seed=seed)


def test_a_chosen_image_is_typical_of_its_group(groups):
    images, _ = groups

    (chosen,) = choose_medoids(images[:10], 1, seed=0)

    pictures = np.stack([np.asarray(Image.open(image), dtype=float) for image in images[:10]])
    distances = np.linalg.norm((pictures[:, None] - pictures[None]).reshape(10, 10, -1), axis=-1).sum(axis=1)
    assert distances[chosen] <= np.median(distances)


def test_images_that_do_not_decode_are_not_chosen(groups):
    images, numbers = groups
    broken = [index for index, number in enumerate(numbers) if number == 2]
    for index in broken:
        images[index].write_bytes(b"no image")

    assert not set(choose_medoids(images, 30, seed=0)) & set(broken)
    assert len(choose_medoids(images, 40, seed=0)) == 35


def test_equal_images_are_chosen_once_each(tmp_path):
    images = [tmp_path / f"{index}.png" for index in range(6)]
    for image in images:
        Image.new("RGB", (20, 20), (9, 9, 9)).save(image)

    assert len(set(choose_medoids(images, 5, seed=1))) == 5
    assert choose_medoids([], 3, seed=1) == []


def test_a_large_pool_is_looked_at_in_part(groups, monkeypatch):
    images, _ = groups
    monkeypatch.setattr(medoids, "CANDIDATES_MAX", 12)
    looked = []

    def read(image, side):
        looked.append(image)
        return read_letterboxed(image, side)

    monkeypatch.setattr(medoids, "read_letterboxed", read)

    assert len(choose_medoids(images, 4, seed=0)) == 4
    assert len(looked) == 12
