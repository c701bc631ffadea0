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
from ml.data.warp import Warp, draw_bends

LABELLED, UNLABELLED = 1, 2  # streams of random numbers


@dataclass(frozen=True)
class Batch:
    """One step's B images, of which loss ELT looks at M twice: as I and as T(I).

    pictures      (B, 3, S, S) float 0..255; T(I) in the rows `moved`
    xy            (B, K, 2) network px, in the frame of `pictures`
    placed        (B, K) bool    answered and inside the picture
    answers       (B, A), answered (B, A) bool
    moved         (M,) rows of loss ELT
    before        (M, 3, S, S) float 0..255; I of those rows, in milder colours
    transforms    T of those rows
    """

    pictures: Tensor
    xy: Tensor
    placed: Tensor
    answers: Tensor
    answered: Tensor
    moved: Tensor
    before: Tensor
    transforms: Warp


def rows_of_step(pool: Pool, config: FitConfig, step: int) -> NDArray[np.int64]:
    """Indices into the pool. Every batch mixes images with and without landmarks, so that each loss acts.

    Images without landmarks serve only losses A and ELT; where both are off, the batch is all labelled.
    """
    labelled, unlabelled = pool.labelled, pool.unlabelled
    without_use = config.attribute_weight == 0 and config.equivariance_weight == 0
    if without_use or not len(unlabelled):
        return _endless(labelled, config, LABELLED, step, config.batch_size)
    if not len(labelled):
        return _endless(unlabelled, config, UNLABELLED, step, config.batch_size)
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


def draw_batch(
    pool: Pool, config: FitConfig, step: int, device: torch.device, part: tuple[int, int] = (0, 1)
) -> Batch:
    """The batch of `step`: every image in a random view, those of loss ELT moved once more by T.

    `part` (i, n) is every n-th image from the i-th on: for several processes, or one after the other.
    """
    index, parts = part
    rows = rows_of_step(pool, config, step)[index::parts]
    seed = int(np.random.SeedSequence([config.seed, step, index][: 2 + (index > 0)]).generate_state(1)[0])
    generator = torch.Generator().manual_seed(seed)
    originals = torch.from_numpy(pool.pictures[rows]).to(device).permute(0, 3, 1, 2).float()
    answers = _answers(pool, config, rows, generator)
    views = augment.compose(
        augment.draw_affines(len(rows), config, generator),
        augment.flip_affines(answers.is_flipped, config.input_px),
    )
    moved = _rows_for_equivariance(pool, config, rows)
    transforms = Warp(
        augment.draw_affines(len(moved), config, generator), draw_bends(len(moved), config, generator)
    )
    before = augment.move_pictures(views[moved].to(device), originals[moved])
    warp = _views_and_transforms(views, moved, transforms, config, generator)
    pictures = warp.to(device).pictures(originals)
    if augment.changes_colours(config):
        pictures = augment.change_colours(pictures, config, generator)
    xy = warp.points(answers.xy, config.input_px)
    placed = answers.placed & augment.is_inside(xy, config.input_px)
    return Batch(
        pictures=pictures.contiguous(memory_format=torch.channels_last),
        xy=xy.to(device),
        placed=placed.to(device),
        answers=torch.from_numpy(pool.answers[rows]).to(device),
        answered=answers.answered.to(device),
        moved=moved.to(device),
        before=before.contiguous(memory_format=torch.channels_last),
        transforms=transforms.to(device),
    )


def _views_and_transforms(
    views: Tensor, moved: Tensor, transforms: Warp, config: FitConfig, generator: torch.Generator
) -> Warp:
    """T of the view in one go: warping twice would blur twice. Images without T are bent all the same."""
    affines = views.clone()
    affines[moved] = augment.compose(transforms.affines, views[moved])
    bends = draw_bends(len(views), config, generator)
    if bends is not None and transforms.bends is not None:
        bends[moved] = transforms.bends
    return Warp(affines, bends)


@dataclass(frozen=True)
class _Answers:
    """What is known of the drawn images, before they move: (B, K, 2) network px, (B, K), (B, A), (B,)."""

    xy: Tensor
    placed: Tensor
    answered: Tensor
    is_flipped: Tensor


def _answers(pool: Pool, config: FitConfig, rows: NDArray[np.int64], generator: torch.Generator) -> _Answers:
    """Answers of the images, of which some will be mirrored: left landmarks of those are right ones.

    The schema does not say what an attribute is in a mirror ("looks left"), so mirrored images have none.
    """
    xy, placed = torch.from_numpy(pool.xy[rows]), torch.from_numpy(pool.placed[rows])
    answered = torch.from_numpy(pool.answered[rows])
    is_flipped = torch.zeros(len(rows), dtype=torch.bool)
    if pool.mirror is not None and config.mirror_share:
        is_flipped = torch.rand(len(rows), generator=generator) < config.mirror_share
        names = torch.from_numpy(pool.mirror)
        xy = torch.where(is_flipped[:, None, None], xy[:, names], xy)
        placed = torch.where(is_flipped[:, None], placed[:, names], placed)
        answered = answered & ~is_flipped[:, None]
    return _Answers(xy, placed, answered, is_flipped)


def _rows_for_equivariance(pool: Pool, config: FitConfig, rows: NDArray[np.int64]) -> Tensor:
    if config.equivariance_weight == 0:
        return torch.zeros(0, dtype=torch.long)
    has_landmarks = pool.placed[rows].any(axis=1)
    wanted = np.ones_like(has_landmarks) if config.equivariance_on == "all" else ~has_landmarks
    return torch.from_numpy(np.flatnonzero(wanted))
