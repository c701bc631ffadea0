"""How far predicted landmarks are from the true ones. Numpy only."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ml.types import Normaliser

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def divisor(landmarks: Mapping[str, tuple[float, float]], normaliser: Normaliser) -> float:
    """The normaliser of one image from its true landmarks, in image px.

    NaN when the needed landmarks have no answer or the length is 0: such an image cannot be scored.
    """
    if normaliser.kind == "pixels":
        return 1.0
    if normaliser.between is not None:
        if any(name not in landmarks for name in normaliser.between):
            return float("nan")
        (x1, y1), (x2, y2) = (landmarks[name] for name in normaliser.between)
        return float(np.hypot(x1 - x2, y1 - y2)) or float("nan")
    if not landmarks:
        return float("nan")
    xy = np.array(list(landmarks.values()), dtype=np.float64)
    return float(np.sqrt(np.prod(np.ptp(xy, axis=0)))) or float("nan")


def relative_errors(predicted: Floats, target: Floats, answered: Bools, divisors: Floats) -> Floats:
    """Distance over normaliser, (N, K); NaN where there is no answer or no normaliser.

    predicted, target   (N, K, 2) image px
    answered            (N, K)
    divisors            (N,) image px
    """
    distances = np.hypot(*np.moveaxis(predicted - target, -1, 0))
    errors: Floats = np.where(answered, distances / divisors[:, None], np.nan)
    return errors


def nme(errors: Floats) -> float | None:
    """Normalised mean error over all answered landmarks; None without any."""
    usable = errors[np.isfinite(errors)]
    return float(usable.mean()) if usable.size else None


def pck(errors: Floats, within: float = 0.1) -> float | None:
    """Share of the answered landmarks with an error of at most `within` normalisers; None without any."""
    usable = errors[np.isfinite(errors)]
    return float((usable <= within).mean()) if usable.size else None


def nme_per_landmark(errors: Floats, names: Sequence[str]) -> dict[str, float]:
    """NME by landmark; a landmark without an answer is left out."""
    means = ((name, nme(column)) for name, column in zip(names, errors.T, strict=True))
    return {name: mean for name, mean in means if mean is not None}
