"""Which images a step sees, and in which random views.

Everything is a function of seed and step: a resumed run goes on as if never stopped, without generator state.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ml.config import FitConfig
from ml.data import augment
from ml.data.dataset import Pool

LABELLED, UNLABELLED = 1, 2  # streams of random numbers


@dataclass(frozen=True)
class Batch:
    """One step's B images, of which loss ELT looks at M twice: as I and as T(I).

    pictures      (B, 3, S, S) float 0..255; T(I) in the rows `moved`
    xy            (B, K, 2) network px, in the frame of `pictures`
    placed        (B, K) bool    answered and inside the picture
    answers       (B, A), answered (B, A) bool
    moved         (M,) rows of loss ELT
    before        (M, 3, S, S) float 0..255; I of those rows
    transforms    (M, 2, 3) T
    """

    pictures: Tensor
    xy: Tensor
    placed: Tensor
    answers: Tensor
    answered: Tensor
    moved: Tensor
    before: Tensor
    transforms: Tensor


def rows_of_step(pool: Pool, config: FitConfig, step: int) -> NDArray[np.int64]:
    """Indices into the pool. Every batch mixes images with and without landmarks, so that each loss acts.

    Images without landmarks serve only losses A and ELT; where both are off, the batch is all labelled.
    """
    labelled, unlabelled = pool.labelled, pool.unlabelled
    without_use = config.attribute_weight == 0 and config.equivariance_weight == 0
    if without_use or not len(unlabelled):
        return _endless(labelled, config, LABELLED, step, config.batch_size)
    count = max(1, round(config.batch_size * config.labelled_share))
    first = _endless(labelled, config, LABELLED, step, count)
    rest = _endless(unlabelled, config, UNLABELLED, step, config.batch_size - count)
    return np.concatenate([first, rest])


def _endless(
    indices: NDArray[np.int64], config: FitConfig, stream: int, step: int, count: int
) -> NDArray[np.int64]:
    """`count` indices of the endless row of shuffled passes, at place `step`."""
    places = np.arange(step * count, (step + 1) * count)
    passes, offsets = np.divmod(places, len(indices))
    orders = {
        number: np.random.default_rng([config.seed, stream, number]).permutation(len(indices))
        for number in np.unique(passes)
    }
    picked = [orders[number][offset] for number, offset in zip(passes, offsets, strict=True)]
    return indices[np.array(picked, dtype=np.int64)]


def draw_batch(pool: Pool, config: FitConfig, step: int, device: torch.device) -> Batch:
    """The batch of `step`: every image in a random view, those of loss ELT moved once more by T."""
    rows = rows_of_step(pool, config, step)
    seed = int(np.random.SeedSequence([config.seed, step]).generate_state(1)[0])
    generator = torch.Generator().manual_seed(seed)
    originals = torch.from_numpy(pool.pictures[rows]).to(device).permute(0, 3, 1, 2).float()
    if config.brightness_share:
        originals = augment.change_brightness(originals, config.brightness_share, generator)
    views = augment.draw_affines(len(rows), config, generator)
    moved = _rows_for_equivariance(pool, config, rows)
    transforms = augment.draw_affines(len(moved), config, generator)
    before = augment.move_pictures(views[moved].to(device), originals[moved])
    # T of the view in one go: warping twice would blur twice
    views[moved] = augment.compose(transforms, views[moved])
    pictures = augment.move_pictures(views.to(device), originals)
    xy = augment.move_points(views, torch.from_numpy(pool.xy[rows]))
    placed = torch.from_numpy(pool.placed[rows]) & augment.is_inside(xy, config.input_px)
    return Batch(
        pictures=pictures.contiguous(memory_format=torch.channels_last),
        xy=xy.to(device),
        placed=placed.to(device),
        answers=torch.from_numpy(pool.answers[rows]).to(device),
        answered=torch.from_numpy(pool.answered[rows]).to(device),
        moved=moved.to(device),
        before=before.contiguous(memory_format=torch.channels_last),
        transforms=transforms.to(device),
    )


def _rows_for_equivariance(pool: Pool, config: FitConfig, rows: NDArray[np.int64]) -> Tensor:
    if config.equivariance_weight == 0:
        return torch.zeros(0, dtype=torch.long)
    has_landmarks = pool.placed[rows].any(axis=1)
    wanted = np.ones_like(has_landmarks) if config.equivariance_on == "all" else ~has_landmarks
    return torch.from_numpy(np.flatnonzero(wanted))
