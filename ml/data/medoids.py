"""Which images of a pool to label first: typical ones that differ from each other (k-medoids).

With few labels a choice by likeness beats a random one (Hacohen et al. 2022, TypiClust; section 5 of our
notes on the method). Likeness here is of whole pictures at 16 x 16 grey cells, which costs no network: on
`hands` the chosen 20 of 403 images lie 24.6 px from the other shapes, random ones 29, ImageNet features 24.1,
the best possible choice 21.6.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.errors import PictureRejected
from ml.pixels import read_letterboxed

SIDE_PX = 16
STARTS = 10  # k-medoids ends in a local optimum; the best of so many is kept
ROUNDS_MAX = 30
CANDIDATES_MAX = 4000  # distances between all of them are held: 64 MB
Floats = NDArray[np.float32]
Rows = NDArray[np.int64]


def choose_medoids(images: Sequence[Path], count: int, *, seed: int) -> list[int]:
    """Indices of `count` typical and diverse images, rising; fewer where fewer can be read.

    Of more than CANDIDATES_MAX images so many are drawn first, more where `count` asks for it.
    """
    random = np.random.default_rng(seed)
    limit = max(CANDIDATES_MAX, 2 * count)
    drawn = np.sort(random.permutation(len(images))[:limit])
    looks, readable = _looks([images[i] for i in drawn])
    drawn = drawn[readable]
    if count >= len(drawn):
        return [int(i) for i in drawn]
    distances = squared_distances(looks)
    found = [_medoids(distances, count, random) for _ in range(STARTS)]
    best, _ = min(found, key=lambda each: each[1])
    return [int(i) for i in np.sort(drawn[best])]


def _looks(images: Sequence[Path]) -> tuple[Floats, list[int]]:
    """(N, 256) pictures as unit vectors, the mean picture taken off, and the indices of those readable."""
    rows, readable = [], []
    for index, image in enumerate(images):
        try:
            picture, _ = read_letterboxed(image, SIDE_PX)
        except PictureRejected:
            continue
        rows.append(picture.mean(axis=-1, dtype=np.float32).ravel())
        readable.append(index)
    looks = np.array(rows, dtype=np.float32).reshape(len(rows), SIDE_PX**2)
    if rows:
        looks -= looks.mean(axis=0)
    return looks / np.maximum(np.linalg.norm(looks, axis=1, keepdims=True), 1e-6), readable


def squared_distances(points: Floats) -> Floats:
    """(N, D) -> (N, N), never below 0."""
    lengths = np.square(points).sum(axis=1)
    squared: Floats = np.maximum(lengths[:, None] + lengths[None] - 2 * points @ points.T, 0)
    return squared


def _medoids(distances: Floats, count: int, random: np.random.Generator) -> tuple[Rows, float]:
    """One start: seeds as k-means++ draws them, then medoids of their groups until they stay.

    The medoids, and the mean distance of an image to its own one.
    """
    chosen = _far_apart(distances, count, random)
    for _ in range(ROUNDS_MAX):
        groups = distances[:, chosen].argmin(axis=1)
        groups[chosen] = np.arange(count)  # of images that look the same, too, each has its own group
        moved = np.array([_medoid(distances, np.flatnonzero(groups == group)) for group in range(count)])
        if (moved == chosen).all():
            break
        chosen = moved
    return chosen, float(distances[:, chosen].min(axis=1).mean())


def _far_apart(distances: Floats, count: int, random: np.random.Generator) -> Rows:
    """Each next one is drawn with a chance that grows with its distance to those drawn before."""
    chosen = [int(random.integers(len(distances)))]
    nearest = distances[:, chosen[0]].astype(np.float64)
    while len(chosen) < count:
        nearest[chosen] = 0
        # images that all look the same have no distance: then any of them
        weights = nearest if nearest.any() else np.isin(np.arange(len(nearest)), chosen, invert=True) * 1.0
        chosen.append(int(random.choice(len(weights), p=weights / weights.sum())))
        nearest = np.minimum(nearest, distances[:, chosen[-1]])
    return np.array(chosen)


def _medoid(distances: Floats, members: Rows) -> int:
    """The member with the smallest distance to all others."""
    return int(members[distances[np.ix_(members, members)].sum(axis=1).argmin()])
