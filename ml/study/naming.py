"""Which point is which where nobody has told: a run with loss A alone finds points without names."""

from collections.abc import Sequence
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from ml.types import Sample

MOST = 8  # landmarks of which every order is tried


def names_found(
    names: tuple[str, ...], points: Sequence[NDArray[np.float64] | None], samples: Sequence[Sample]
) -> tuple[str, ...]:
    """The order of the names in which the points lie nearest to the true landmarks, of `MOST` or fewer.

    points   (K, 2) image px by sample; None for a file that cannot be read
    """
    if len(names) > MOST:
        return names
    pairs = [
        (found, [sample.landmarks.get(name) or (np.nan, np.nan) for name in names])
        for found, sample in zip(points, samples, strict=True)
        if found is not None and sample.landmarks
    ]
    if not pairs:
        return names
    found, true = (np.array(each, dtype=np.float64) for each in zip(*pairs, strict=True))
    distances = np.linalg.norm(found[:, :, None] - true[:, None], axis=-1)
    apart = np.ma.masked_invalid(distances).mean(axis=0).filled(0)  # (K found, K true); 0 where nobody knows
    places = range(len(names))
    best = min(permutations(places), key=lambda order: sum(apart[k, order[k]] for k in places))
    return tuple(names[place] for place in best)
