"""What shapes of one kind have in common: their mean and how they vary, whatever their place, size and turn.

Pure numpy. Shapes are (N, K, 2) image px; NaN where a landmark is absent or was not answered.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

FEWEST_SHAPES = 10  # below, the covariance says more about the few than about the many
FEWEST_LANDMARKS = 3  # two points give place, size and turn, and no form
SEEN_AT_LEAST = 5  # times, or a landmark stays out of the statistics
MOST_FACTORS = 30
KEPT_VARIANCE = 0.95
ALIGNING_ROUNDS = 8  # Procrustes settles in four or five
FILLING_ROUNDS = 3
LEAST_NOISE = 0.004  # of the shape's size: nobody places a landmark more exactly twice


@dataclass(frozen=True)
class ShapeStatistics:
    """A Gaussian over shapes in their own frame: mean at the origin, root mean square radius 1, upright.

    known      (K,) bool      landmarks that were seen often enough; rows of the others are left out below
    mean       (L, 2)         the L known ones
    factors    (2 L, R)       covariance = factors @ factors.T + noise * identity; rows x, y, x, y, ...
    noise      variance of each coordinate that the factors leave over
    count      shapes that it was learned from
    """

    known: npt.NDArray[np.bool_]
    mean: Floats
    factors: Floats
    noise: float
    count: int


def learn(shapes: Floats) -> ShapeStatistics | None:
    """The statistics; None where there are too few shapes or landmarks.

    Covariance as a probabilistic PCA (Tipping & Bishop, J. R. Stat. Soc. B 61, 1999, Eqs. 7 and 8): the
    leading directions and one noise variance. A full one has more entries than a young project has labels.
    """
    points = shapes[..., 0] + 1j * shapes[..., 1]  # (N, K)
    rows, known = _well_seen(np.isfinite(points))
    points = points[np.ix_(rows, known)]
    points = points[[_size(row) > 0 for row in points]]
    count, landmarks = points.shape
    if count < FEWEST_SHAPES or landmarks < FEWEST_LANDMARKS:
        return None
    mean, aligned = _aligned(points)
    most = min(MOST_FACTORS, count // 3, 2 * landmarks - 4)
    factors, noise = _principal(_interleaved(aligned - mean), most=max(most, 1))
    return ShapeStatistics(known, _interleaved(mean).reshape(-1, 2), factors, noise, count)


def _well_seen(seen: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Shapes with two thirds of the landmarks (any two share some), and the landmarks seen in these."""
    known = np.ones(seen.shape[1], dtype=bool)
    while True:
        rows = seen[:, known].sum(axis=1) >= max(FEWEST_LANDMARKS, np.ceil(known.sum() * 2 / 3))
        still = known & (seen[rows].sum(axis=0) >= SEEN_AT_LEAST)
        if (still == known).all():
            return rows, known
        known = still


def _aligned(points: Complexes) -> tuple[Complexes, Complexes]:
    """Generalised Procrustes over what each shape has: the mean (L,), and the shapes (N, L) laid onto it."""
    mean = _normalised(points[np.argmax(np.isfinite(points).sum(axis=1))])
    for _ in range(ALIGNING_ROUNDS):
        _, aligned = _laid_onto(mean, points)
        mean = _normalised(np.nanmean(aligned, axis=0))
    turns, _ = _laid_onto(mean, points)
    mean = mean * np.exp(
        -1j * np.angle(np.exp(1j * np.angle(turns)).sum())
    )  # as the images show it, on average
    return mean, _laid_onto(mean, points)[1]


def _laid_onto(mean: Complexes, points: Complexes) -> tuple[Complexes, Complexes]:
    """The similarity (turn and size as one complex number) that brings each shape nearest to the mean."""
    both = np.isfinite(points) & np.isfinite(mean)
    target = np.where(both, mean, np.nan)
    target_centre = np.nanmean(target, axis=1, keepdims=True)
    centre = np.nanmean(np.where(both, points, np.nan), axis=1, keepdims=True)
    centred = points - centre
    inner = np.where(both, np.conj(centred) * (target - target_centre), 0).sum(axis=1)
    spread = np.where(both, np.abs(centred) ** 2, 0).sum(axis=1)
    turns = np.divide(inner, spread, out=np.zeros_like(inner), where=spread > 0)
    return turns, turns[:, None] * centred + target_centre


def _normalised(shape: Complexes) -> Complexes:
    centred: Complexes = shape - np.nanmean(shape)
    return centred / _size(shape)


def _size(shape: Complexes) -> float:
    """Root mean square distance from the centre."""
    return float(np.sqrt(np.nanmean(np.abs(shape - np.nanmean(shape)) ** 2)))


def _principal(away: Floats, *, most: int) -> tuple[Floats, float]:
    """Factors and noise of deviations (N, 2 L); what is missing is filled from the leading directions."""
    missing = ~np.isfinite(away)
    filled = np.where(missing, 0.0, away)
    for _ in range(FILLING_ROUNDS if missing.any() else 0):
        _, directions = _directions(filled)
        leading = directions[:, :most]
        filled = np.where(missing, filled @ leading @ leading.T, away)
    variances, directions = _directions(filled)
    shares = np.cumsum(variances) / max(variances.sum(), 1e-300)
    rank = min(most, int(np.searchsorted(shares, KEPT_VARIANCE)) + 1)
    freedoms = max(away.shape[1] - 4 - rank, 1)  # place, size and turn are gone
    noise = max(float(variances[rank:].sum()) / freedoms, LEAST_NOISE**2)
    return directions[:, :rank] * np.sqrt(np.maximum(variances[:rank] - noise, 0.0)), noise


def _directions(away: Floats) -> tuple[Floats, Floats]:
    """Variances, largest first, and their directions in columns."""
    variances, directions = np.linalg.eigh(away.T @ away / (len(away) - 1))
    return np.maximum(variances[::-1], 0.0), directions[:, ::-1]


def _interleaved(points: Complexes) -> Floats:
    return np.stack([points.real, points.imag], axis=-1).reshape(*points.shape[:-1], -1)
