"""What an attribute label and an unlabelled image are worth in landmark labels (section 5 of our notes).

A landmark label here is one image with its landmarks. The curve of loss L alone, error over number of
labelled images, says how many landmark labels would have given the error that L+A or L+ELT reach with n:
n_L. The attributes are then worth n_L - n of them together. Nothing is said beyond the measured range of L.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ml.study.rows import Entry, Row

DRAWS = 2000
CONFIDENCE = 0.9
SEED = 0
TINY = 1e-9  # of the unit of error: an error of nothing has a logarithm, too
PER = {"L+A": "attribute label", "L+ELT": "unlabelled image"}
Floats = NDArray[np.float64]
Bound = Literal["", ">= ", "<= "]


@dataclass(frozen=True, kw_only=True)
class Worth:
    """One row's gain over L at one percentage.

    labelled         n, images with landmarks
    equal_labelled   n_L, images with landmarks that give L alone the same error
    bound            ">= " or "<= ": the error lies outside the curve of L, so the numbers are bounds
    factor           n_L / n
    per, worth       (n_L - n) / number of attribute labels or unlabelled images; None where the row uses
                     both, or none of them is there
    interval         of `worth` over seeds, 90 %; None for fewer than two common seeds
    interval_bounds  of its two ends, as `bound`: where the curve of L ends, what was drawn anew is cut off,
                     so an end that lies there may lie further out
    """

    system: str
    title: str
    losses: str
    percent: float
    labelled: int
    equal_labelled: float
    bound: Bound
    factor: float
    per: str
    worth: float | None
    interval: tuple[float, float] | None
    interval_bounds: tuple[Bound, Bound] | None

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        ends = self.interval_bounds and [bound.strip() for bound in self.interval_bounds]
        return {**asdict(self), "bound": self.bound.strip(), "interval_bounds": ends}


def worths_of(rows: Sequence[Row]) -> list[Worth]:
    """For every row that has a row of L alone beside it, measured on two or more percentages."""
    alone = {(row.system, row.overrides, row.choice): row for row in rows if row.losses == "L"}
    return [
        worth
        for row in rows
        if row.losses != "L"
        and row.losses.startswith("L+")
        and (base := alone.get((row.system, row.overrides, row.choice))) is not None
        and len(base.entries) > 1
        for worth in _worths(base, row)
    ]


def equal_labels(labels: Floats, errors: Floats, wanted: Floats) -> Floats:
    """How many labels give the `wanted` errors, clipped to the measured range.

    labels   (P,) rising          errors   (P,) of loss L, made falling: more labels never count as worse
    wanted   (Q,) -> (Q,)

    Straight lines between log error and log labels.
    """
    falling = np.minimum.accumulate(np.log(np.maximum(errors, TINY)))
    # equal errors at several numbers of labels: the smallest gives it, and from the largest on it falls
    goes_on = np.concatenate([falling[1:] == falling[:-1], [False]])
    is_inner = np.concatenate([[False], goes_on[:-1]]) & goes_on
    just_below = np.concatenate([[False], goes_on[:-1]]) & ~goes_on
    rising = np.where(just_below, np.nextafter(-falling, np.inf), -falling)[~is_inner]
    found: Floats = np.exp(np.interp(-np.log(np.maximum(wanted, TINY)), rising, np.log(labels)[~is_inner]))
    return found


def _worths(base: Row, row: Row) -> list[Worth]:
    entries = list(row.entries.values())
    labels, errors = _curve(base)
    wanted = np.array([entry.mean for entry in entries])
    equal = equal_labels(labels, errors, wanted)
    drawn = _drawn(base, row, labels)
    found = []
    for place, entry in enumerate(entries):
        bound: Bound = ">= " if wanted[place] < errors.min() else "<= " if wanted[place] > errors[0] else ""
        count = _count(row.losses, entry)
        interval, ends = None, None
        if drawn is not None and count:
            low, high = _middle(drawn[:, place])
            interval = (low - entry.labelled_images) / count, (high - entry.labelled_images) / count
            ends = _bound_at(low, labels), _bound_at(high, labels)
        found.append(
            Worth(
                system=row.system,
                title=row.title,
                losses=row.losses,
                percent=entry.percent,
                labelled=entry.labelled_images,
                equal_labelled=float(equal[place]),
                bound=bound,
                factor=float(equal[place] / entry.labelled_images),
                per=PER.get(row.losses, ""),
                worth=float(equal[place] - entry.labelled_images) / count if count else None,
                interval=interval,
                interval_bounds=ends,
            )
        )
    return found


def _middle(drawn: Floats) -> tuple[float, float]:
    """The interval that holds most of what was drawn."""
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _bound_at(equal: float, labels: Floats) -> Bound:
    """What a number of equal labels is where the measured range ends; there draws are cut off."""
    if np.isclose(equal, labels[-1]):
        return ">= "
    return "<= " if np.isclose(equal, labels[0]) else ""


def _count(losses: str, entry: Entry) -> int:
    """How many answers or images the row has that L alone does not use; 0 for a row that uses both kinds."""
    return {
        "L+A": entry.attribute_labels,
        "L+ELT": entry.train_images - entry.labelled_images,
    }.get(losses, 0)


def _curve(base: Row) -> tuple[Floats, Floats]:
    """Numbers of labelled images (rising) and mean errors."""
    entries = [base.entries[percent] for percent in sorted(base.entries)]
    labels = np.array([entry.labelled_images for entry in entries], dtype=np.float64)
    return labels, np.array([entry.mean for entry in entries])


def _drawn(base: Row, row: Row, labels: Floats) -> Floats | None:
    """(DRAWS, percentages of `row`) equal labels with seeds drawn anew; None for fewer than two seeds.

    A seed chooses the labelled images of both rows, so it is drawn for both together.
    """
    entries = [*(base.entries[percent] for percent in sorted(base.entries)), *row.entries.values()]
    common = sorted(set.intersection(*(set(entry.values) for entry in entries)))
    if len(common) < 2:
        return None
    values = np.array([[entry.values[seed] for seed in common] for entry in entries])
    picked = np.random.default_rng(SEED).integers(len(common), size=(DRAWS, len(common)))
    means = values[:, picked].mean(axis=2).T  # (DRAWS, entries)
    split = len(base.entries)
    return np.stack([equal_labels(labels, drawn[:split], drawn[split:]) for drawn in means])
