"""Pools, batches and random views."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from ml.config import FitConfig
from ml.data import augment
from ml.data.batches import draw_batch, rows_of_step
from ml.data.dataset import read_pool
from ml.data.picture_cache import PagedPictures
from ml.types import Sample

CPU = torch.device("cpu")


def read(manifest, samples, input_px=32):
    return read_pool(
        samples,
        landmarks=manifest.landmarks,
        attributes=manifest.attributes,
        normaliser=manifest.normaliser,
        input_px=input_px,
    )


def test_a_pool_says_what_is_answered(pool):
    arrays = read(pool, pool.train)

    assert arrays.pictures.shape == (12, 32, 32, 3)
    assert arrays.labelled.tolist() == [0, 1, 2, 3]
    assert arrays.unlabelled.tolist() == list(range(4, 12))
    assert arrays.answered.all()
    assert arrays.answers[:, 0].tolist() == list(range(12))


def test_landmarks_are_stored_in_network_px(pool):
    arrays = read(pool, pool.train[:1])

    wanted = np.array([pool.train[0].landmarks[name] for name in pool.landmarks]) * 32 / 60
    np.testing.assert_allclose(arrays.xy[0], wanted, rtol=1e-5)


def test_case_066_files_that_are_gone_or_broken_are_skipped_and_named(pool, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG")
    samples = [Sample(image=tmp_path / "gone.png"), pool.train[0], Sample(image=broken), pool.train[1]]

    arrays = read(pool, samples)

    assert arrays.skipped == ("gone.png", "broken.png")
    assert len(arrays) == 2
    assert arrays.placed.all()


def test_a_pool_larger_than_the_memory_it_may_use_is_read_from_the_disk(pool, tiny, monkeypatch):
    small = read(pool, pool.train)
    monkeypatch.setattr("ml.data.dataset.IN_MEMORY_BYTES", 1000)

    paged = read(pool, pool.train)

    assert isinstance(paged.pictures, PagedPictures)
    assert (paged.pictures[:] == small.pictures).all()
    first, second = draw_batch(paged, tiny, 1, CPU), draw_batch(small, tiny, 1, CPU)
    assert torch.equal(first.pictures, second.pictures)


def test_a_pool_without_any_landmark_gives_batches_for_the_other_losses(pool, tiny):
    bare = [replace(sample, landmarks={}) for sample in pool.train]

    rows = [rows_of_step(read(pool, bare), tiny, step) for step in range(3)]

    assert sorted(np.concatenate(rows)) == list(range(12))  # one pass of 12 images in batches of 4


def test_every_batch_mixes_images_with_and_without_landmarks(pool, tiny):
    arrays = read(pool, pool.train)

    for step in range(5):
        rows = rows_of_step(arrays, tiny, step)
        assert sum(row in arrays.labelled for row in rows) == 2
        assert sum(row in arrays.unlabelled for row in rows) == 2


def test_all_images_of_a_kind_are_seen_once_before_any_is_seen_twice(pool, tiny):
    arrays = read(pool, pool.train)

    rows = np.concatenate([rows_of_step(arrays, tiny, step) for step in range(4)])

    assert sorted(row for row in rows if row >= 4) == list(range(4, 12))


def test_loss_l_alone_fills_its_batches_with_labelled_images(pool, tiny):
    arrays = read(pool, pool.train)
    alone = replace(tiny, attribute_weight=0.0, equivariance_weight=0.0)

    assert all(row in arrays.labelled for row in rows_of_step(arrays, alone, 0))
    assert len(draw_batch(arrays, alone, 0, CPU).pictures) == alone.batch_size


def test_loss_elt_can_look_at_the_images_without_landmarks_alone(pool, tiny):
    arrays = read(pool, pool.train)

    batch = draw_batch(arrays, replace(tiny, equivariance_on="unlabelled"), 0, CPU)

    assert batch.moved.tolist() == [2, 3]
    assert len(batch.pictures) == 4
    assert len(batch.before) == len(batch.transforms.affines) == 2
    assert not batch.placed[batch.moved].any()


def test_loss_elt_looks_at_every_image_by_default(pool, tiny):
    arrays = read(pool, pool.train)

    batch = draw_batch(arrays, tiny, 0, CPU)

    assert batch.moved.tolist() == [0, 1, 2, 3]
    assert len(batch.before) == len(batch.transforms.affines) == 4


def test_loss_elt_can_look_at_all_images_and_their_landmarks_move_too(pool, tiny):
    arrays = read(pool, pool.train)
    config = replace(tiny, rotation_degrees=0.0, scale_share=0.0, batch_size=8)

    batch = draw_batch(arrays, replace(config, equivariance_on="all"), 0, CPU)
    plain = draw_batch(arrays, replace(config, equivariance_weight=0.0), 0, CPU)

    assert batch.moved.tolist() == list(range(8))
    torch.testing.assert_close(batch.xy, batch.transforms.points(plain.xy, config.input_px))


def test_a_step_is_the_same_whenever_it_is_drawn(pool, tiny):
    arrays = read(pool, pool.train)

    first, again = draw_batch(arrays, tiny, 3, CPU), draw_batch(arrays, tiny, 3, CPU)
    other = draw_batch(arrays, tiny, 4, CPU)

    assert torch.equal(first.pictures, again.pictures)
    assert not torch.equal(first.pictures, other.pictures)


def test_pictures_and_points_move_together(tiny):
    affines = augment.draw_affines(8, tiny, torch.Generator().manual_seed(0))
    pictures = torch.zeros(8, 3, 32, 32)
    pictures[:, :, 13:16, 18:21] = 255
    points = torch.full((8, 1, 2), 14.5)
    points[..., 0] = 19.5

    moved = augment.move_pictures(affines, pictures).mean(dim=1)

    centres = torch.arange(32) + 0.5
    x = (moved.sum(1) * centres).sum(1) / moved.sum((1, 2))
    y = (moved.sum(2) * centres).sum(1) / moved.sum((1, 2))
    torch.testing.assert_close(
        torch.stack([x, y], 1), augment.move_points(affines, points)[:, 0], atol=0.1, rtol=0
    )


def test_composed_views_move_points_one_after_the_other(tiny):
    first, second = augment.draw_affines(6, tiny, torch.Generator().manual_seed(1)).chunk(2)
    points = torch.rand(3, 4, 2) * 32

    together = augment.move_points(augment.compose(second, first), points)

    torch.testing.assert_close(together, augment.move_points(second, augment.move_points(first, points)))


@pytest.mark.parametrize("range_name", ["rotation_degrees", "scale_share", "shift_share"])
def test_a_range_of_zero_leaves_the_picture_alone(tiny, range_name):
    still = replace(tiny, rotation_degrees=0.0, scale_share=0.0, shift_share=0.0)
    config = replace(still, **{range_name: 0.2})
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(2)) * 255

    def move(with_config):
        affines = augment.draw_affines(1, with_config, torch.Generator().manual_seed(3))
        return augment.move_pictures(affines, picture)

    torch.testing.assert_close(move(still), picture, atol=0.01, rtol=0)
    assert (move(config) - picture).abs().max() > 1


def test_points_outside_the_frame_are_told_from_those_inside():
    points = torch.tensor([[[0.0, 0.0], [32.0, 32.0], [-0.1, 5.0], [5.0, 32.1]]])

    assert augment.is_inside(points, 32).tolist() == [[True, True, False, False]]


def test_brightness_changes_whole_channels_within_its_share():
    pictures = torch.full((4, 3, 5, 5), 100.0)

    changed = augment.change_colours(
        pictures, FitConfig(brightness_share=0.3), torch.Generator().manual_seed(0)
    )

    assert (changed.amin((2, 3)) == changed.amax((2, 3))).all()
    assert ((changed >= 70) & (changed <= 130)).all()
    assert changed.std() > 1


def test_contrast_is_about_the_mean_and_noise_is_seeded():
    pictures = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(1)) * 100 + 80
    contrast, noise = FitConfig(contrast_share=0.5), FitConfig(noise_levels=5.0)

    changed = augment.change_colours(pictures, contrast, torch.Generator().manual_seed(0))
    noisy = [augment.change_colours(pictures, noise, torch.Generator().manual_seed(3)) for _ in range(2)]

    torch.testing.assert_close(changed.mean((1, 2, 3)), pictures.mean((1, 2, 3)))
    assert not torch.allclose(changed, pictures)
    assert torch.equal(*noisy)
    assert (noisy[0] - pictures).std().item() == pytest.approx(5, rel=0.2)


def test_a_mirrored_image_has_its_names_swapped_and_no_attributes(pool, tiny):
    pairs = (("square_1", "square_5"),)
    arrays = replace(read(pool, pool.train), mirror=np.array([4, 1, 2, 3, 0]))
    config = replace(
        tiny, rotation_degrees=0.0, scale_share=0.0, shift_share=0.0, equivariance_weight=0.0, batch_size=6
    )

    plain = draw_batch(arrays, config, 0, CPU)
    mirrored = draw_batch(arrays, replace(config, mirror_share=1.0), 0, CPU)

    assert read_pool(
        pool.train[:1],
        landmarks=pool.landmarks,
        mirror_pairs=pairs,
        attributes=pool.attributes,
        normaliser=pool.normaliser,
        input_px=32,
    ).mirror.tolist() == [4, 1, 2, 3, 0]
    torch.testing.assert_close(mirrored.pictures, plain.pictures.flip(-1), atol=0.01, rtol=0)
    swapped = plain.xy[:, [4, 1, 2, 3, 0]] * torch.tensor([-1.0, 1.0]) + torch.tensor([32.0, 0.0])
    labelled = plain.placed.all(dim=1)
    torch.testing.assert_close(mirrored.xy[labelled], swapped[labelled])
    assert plain.answered.all()
    assert not mirrored.answered.any()


def test_the_parts_of_a_batch_are_the_batch(pool, tiny):
    arrays = read(pool, pool.train)
    whole = draw_batch(arrays, tiny, 2, CPU)

    parts = [draw_batch(arrays, tiny, 2, CPU, part=(index, 2)) for index in range(2)]

    together = torch.cat([part.answers for part in parts]).flatten().tolist()
    assert sorted(together) == sorted(whole.answers.flatten().tolist())
    assert all(part.placed.any() for part in parts)
