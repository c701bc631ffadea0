"""What bench/scale.py makes of its times: ratios with their intervals, and a table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

ASKED_RATIO = 1.5  # of the median of the largest pool to that of the smallest
RESAMPLES = 2000

Row = dict[str, Any]


def compared(times: Mapping[int, Mapping[str, Sequence[float]]], *, seed: int) -> list[Row]:
    """One row a request: median, quartiles and p95 by pool, and the ratio of the last to the first."""
    smallest, largest = min(times), max(times)
    dice = np.random.default_rng(seed)
    rows = []
    for name in times[smallest]:
        ratio, low, high = _ratio(np.array(times[smallest][name]), np.array(times[largest][name]), dice)
        rows.append(
            {
                "what": name,
                "milliseconds": {str(count): _spread(times[count][name]) for count in sorted(times)},
                "ratio": round(ratio, 2),
                "ratio_95": [round(low, 2), round(high, 2)],
                "is_flat": ratio <= ASKED_RATIO,
            }
        )
    return rows


def _spread(milliseconds: Sequence[float]) -> dict[str, float]:
    figures = {f"p{each}": float(np.percentile(milliseconds, each)) for each in (25, 50, 75, 95)}
    return {name: round(each, 1) for name, each in figures.items()} | {"n": len(milliseconds)}


def _ratio(
    small: NDArray[np.float64], large: NDArray[np.float64], dice: np.random.Generator
) -> tuple[float, float, float]:
    """Ratio of the medians and its 95 % interval by resampling both."""
    few = np.median(dice.choice(small, (RESAMPLES, len(small))), axis=1)
    many = np.median(dice.choice(large, (RESAMPLES, len(large))), axis=1)
    low, high = np.percentile(many / few, (2.5, 97.5))
    return float(np.median(large) / np.median(small)), float(low), float(high)


def show(rows: Sequence[Row]) -> Table:
    """The table that is printed: median and p95 in ms by pool."""
    counts = list(rows[0]["milliseconds"])
    table = Table(title="milliseconds: median / p95, by images in the pool")
    table.add_column("request")
    for count in counts:
        table.add_column(f"{int(count):,}", justify="right")
    table.add_column("largest to smallest", justify="right")
    for row in rows:
        times = [f"{of['p50']} / {of['p95']}" for of in row["milliseconds"].values()]
        low, high = row["ratio_95"]
        ratio = f"{row['ratio']:.2f} ({low:.2f} to {high:.2f})"
        table.add_row(row["what"], *times, ratio, style="" if row["is_flat"] else "bold red")
    return table


def verdicts(rows: Sequence[Row]) -> Iterator[str]:
    """What was asked against what came out."""
    grown = [row for row in rows if not row["is_flat"]]
    yield f"{len(rows) - len(grown)} of {len(rows)} requests take at most {ASKED_RATIO} times as long"
    for row in sorted(grown, key=lambda row: -row["ratio"]):
        yield f"MISSED: {row['what']}: {row['ratio']} times"
