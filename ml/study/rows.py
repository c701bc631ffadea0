"""Cells -> rows of a table: means and deviations over seeds, beside the paper's numbers."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from ml.data.subset import Choice
from ml.study.cells import Cell
from ml.study.overrides import Overrides
from ml.study.paper import paper_curve
from ml.study.sets import DataSet
from ml.study.systems import get_system, known_systems


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One percentage of a row. Errors in the table's unit (px, or % of the normaliser).

    values      by seed
    sd          of the sample; None for a single seed
    accuracy    mean share of right attributes; None where there are none
    paper       the paper's error; `ratio` is ours over it
    labelled_images, attribute_labels, train_images    how much there was to learn from
    """

    percent: float
    mean: float
    sd: float | None
    n: int
    values: Mapping[int, float]
    accuracy: float | None
    paper: float | None
    labelled_images: int
    attribute_labels: int
    train_images: int

    @property
    def ratio(self) -> float | None:
        """Ours over the paper's: below 1 is better than the paper."""
        return self.mean / self.paper if self.paper else None


@dataclass(frozen=True, kw_only=True)
class Row:
    """A system with some losses. `paper` is its whole curve, percent -> error.

    choice   of the labelled images by hand; None: the system's own
    """

    system: str
    title: str
    losses: str
    overrides: Overrides
    entries: Mapping[float, Entry]
    paper: Mapping[float, float]
    choice: Choice | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON; percentages are texts such as "5"."""
        entries = {
            f"{percent:g}": {**asdict(entry), "ratio": entry.ratio} for percent, entry in self.entries.items()
        }
        paper = {f"{percent:g}": error for percent, error in self.paper.items()}
        return {
            "system": self.system,
            "title": self.title,
            "losses": self.losses,
            "overrides": dict(self.overrides),
            "choice": self.choice or get_system(self.system).choice,
            "percents": entries,
            "paper": paper,
        }


def rows_of(results: Sequence[dict[str, Any]], data: DataSet) -> list[Row]:
    """Rows in the order of the systems and their losses; results without a scored image are left out."""
    groups: dict[Cell, list[dict[str, Any]]] = {}
    for result in results:
        cell = Cell.from_json(result["cell"])
        if result["test"]["nme"] is not None:
            groups.setdefault(replace(cell, percent=0, seed=0), []).append(result)
    names = known_systems()
    ordered = sorted(
        groups,
        key=lambda row: (
            names.index(row.system),
            get_system(row.system).losses.index(row.losses),
            str(row.overrides),
            row.choice or "",
        ),
    )
    return [_row(row, groups[row], data) for row in ordered]


def _row(cell: Cell, results: Sequence[dict[str, Any]], data: DataSet) -> Row:
    """The row of `cell`, whose percentage and seed mean nothing."""
    # with another network it is no longer the paper's system
    is_papers = all(name != "net" for name, _ in cell.overrides)
    title = get_system(cell.system).title
    paper = paper_curve(data.paper_name, title, cell.losses) if is_papers else {}
    percents = sorted({result["cell"]["percent"] for result in results})
    entries = {
        percent: _entry([r for r in results if r["cell"]["percent"] == percent], paper.get(percent), data)
        for percent in percents
    }
    return Row(
        system=cell.system,
        title=cell.title,
        losses=cell.losses,
        overrides=cell.overrides,
        choice=cell.choice,
        entries=entries,
        paper=paper,
    )


def _entry(results: Sequence[dict[str, Any]], paper: float | None, data: DataSet) -> Entry:
    first = results[0]
    by_seed = sorted(results, key=lambda result: result["cell"]["seed"])
    values = {result["cell"]["seed"]: result["test"]["nme"] * data.factor for result in by_seed}
    right = [
        share
        for result in results
        if "A" in result["cell"]["losses"].split("+")
        for share in result["test"]["attribute_accuracy"].values()
    ]
    return Entry(
        percent=first["cell"]["percent"],
        mean=statistics.fmean(values.values()),
        sd=statistics.stdev(values.values()) if len(values) > 1 else None,
        n=len(values),
        values=values,
        accuracy=statistics.fmean(right) if right else None,
        paper=paper,
        labelled_images=first["labelled_images"],
        attribute_labels=first["attribute_labels"],
        train_images=first["train_images"],
    )
