"""Typical and diverse: which images to label first, from descriptors alone. Pure numpy.

With few labels, images that are typical of many others and unlike those already labelled teach most
(TypiClust, Hacohen et al., ICML 2022; k-centre). Later the network's doubt takes over, still kept diverse,
since the most doubtful images are often near-duplicates of each other.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
NEIGHBOURS = 20


def typicality(descriptors: Floats) -> Floats:
    """How dense the surroundings of each descriptor are: 1 / mean distance to its nearest neighbours.

    descriptors   (N, D)
    returns       (N,), scaled to mean 1
    """
    count = len(descriptors)
    if count <= 2:
        return np.ones(count, np.float32)
    nearest = min(NEIGHBOURS, count - 1)
    mean_distance = np.empty(count, np.float32)
    for start in range(0, count, 512):
        distances = _distances(descriptors[start : start + 512], descriptors)
        distances.partition(nearest, axis=1)
        mean_distance[start : start + 512] = distances[:, : nearest + 1].sum(axis=1) / nearest
    dense = 1.0 / np.maximum(mean_distance, 1e-3 * max(float(mean_distance.mean()), 1e-6))
    return np.asarray(dense / dense.mean(), np.float32)


def diverse_order(descriptors: Floats, weight: Floats, *, known: Floats, count: int) -> list[int]:
    """Greedy choice of `count` images: each time the largest weight x distance to what is known or chosen.

    descriptors   (N, D) of the candidates
    weight        (N,) worth of a candidate in itself, e.g. typicality or doubt
    known         (M, D) of the labelled images; may be empty
    returns       indices of candidates, best first
    """
    nearest = np.full(len(descriptors), np.inf, np.float32)
    for start in range(0, len(known), 512):
        nearest = np.minimum(nearest, _distances(descriptors, known[start : start + 512]).min(axis=1))
    chosen: list[int] = []
    left = np.ones(len(descriptors), bool)
    for _ in range(min(count, len(descriptors))):
        # before anything is known every candidate is equally far, and the weight alone decides
        distance = np.where(np.isinf(nearest), 1.0, nearest)
        best = int(np.argmax(np.where(left, weight * (distance + 1e-6), -1.0)))
        chosen.append(best)
        left[best] = False
        nearest = np.minimum(nearest, _distances(descriptors, descriptors[best : best + 1])[:, 0])
    return chosen


def _distances(some: Floats, others: Floats) -> Floats:
    """Euclidean distances, (N, D) and (M, D) -> (N, M)."""
    squared = (some**2).sum(1)[:, None] + (others**2).sum(1)[None, :] - 2.0 * some @ others.T
    return np.asarray(np.sqrt(np.maximum(squared, 0.0)), np.float32)
