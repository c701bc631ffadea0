"""What each departure of the recipe from Eq. 2 brings: the recipe as it is, and with one switch turned over.

The recipe's own rows and those with one setting changed are cells like any other; `effects_of` finds them
among the rows of a study, so that every table that holds them says what each switch brought.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ml.data.subset import Choice
from ml.errors import LearningError
from ml.study.cells import Cell
from ml.study.overrides import Overrides
from ml.study.rows import Row

SYSTEM, LOSSES = "recipe", "L+ELT+A"
# two-sided 95 % of Student's t by degrees of freedom; few seeds need more than the 1.96 of many
T_95 = (math.inf, 12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228)
Verdict = Literal["helps", "harms", "within noise", "one seed"]


class UnknownSwitch(LearningError):
    """An ablation was asked for a switch that the recipe does not have."""

    code = "unknown_switch"


@dataclass(frozen=True, kw_only=True)
class Switch:
    """One departure.

    settings   of FitConfig that turn it over: off where the recipe has it, on where it has not
    choice     of the labelled images instead, where that is the switch
    is_on      in the recipe
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    choice: Choice | None = None
    is_on: bool = True


SWITCHES: Mapping[str, Switch] = {
    switch.name: switch
    for switch in (
        Switch(name="heat-shape", settings={"heat_weight": 0.0}),
        Switch(name="heat-elt", settings={"equivariance_form": "coordinates", "equivariance_weight": 1.0}),
        Switch(name="teacher", settings={"equivariance_teacher": "student"}),
        Switch(name="bends", settings={"bend_share": 0.0}),
        Switch(name="robust-distance", settings={"landmark_form": "squared"}),
        Switch(name="heavy-attributes", settings={"attribute_weight": 30.0}),
        Switch(name="averaged-weights", settings={"average_decay": 0.0, "equivariance_teacher": "student"}),
        Switch(name="averaged-views", settings={"test_views": 0}),
        Switch(name="typical-images", choice="balanced"),
        Switch(
            name="photometric",
            settings={"brightness_share": 0.2, "contrast_share": 0.2, "noise_levels": 5.0},
            is_on=False,
        ),
        # of use only where the schema has mirror pairs
        Switch(name="mirror", settings={"mirror_share": 0.5}, is_on=False),
    )
}


@dataclass(frozen=True, kw_only=True)
class AblationAsk:
    """The recipe and the recipe with each of these switches turned over, at one percentage."""

    switches: tuple[str, ...]
    percent: float
    seeds: tuple[int, ...]
    overrides: Overrides = ()

    def cells(self) -> list[Cell]:
        """The recipe's own cells first. Raises UnknownSwitch."""
        if unknown := [name for name in self.switches if name not in SWITCHES]:
            raise UnknownSwitch(f"no switch is called {', '.join(unknown)}; known: {', '.join(SWITCHES)}")
        rows: list[tuple[Overrides, Choice | None]] = [(self.overrides, None)]
        rows += [turned(self.overrides, SWITCHES[name]) for name in self.switches]
        return [
            Cell(
                system=SYSTEM,
                losses=LOSSES,
                percent=self.percent,
                seed=seed,
                overrides=overrides,
                choice=choice,
            )
            for overrides, choice in rows
            for seed in self.seeds
        ]


def turned(overrides: Overrides, switch: Switch) -> tuple[Overrides, Choice | None]:
    """What tells the row with the switch turned over from the recipe's."""
    return tuple(sorted({**dict(overrides), **switch.settings}.items())), switch.choice


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a switch brings at one percentage: its error when on less that when off, seed by seed.

    difference   mean, in the table's unit; below 0 the switch helps
    sd           of the differences over seeds; None for a single one
    verdict      "within noise" where the 95 % interval of the mean (Student's t) holds 0
    """

    switch: str
    is_in_recipe: bool
    percent: float
    with_it: float
    without_it: float
    difference: float
    sd: float | None
    n: int
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def effects_of(rows: Sequence[Row]) -> list[Effect]:
    """Every switch for which the recipe stands beside the recipe with it turned over; by percentage."""
    recipes = {
        (row.overrides, row.choice): row for row in rows if (row.system, row.losses) == (SYSTEM, LOSSES)
    }
    return [
        effect
        for (overrides, choice), base in recipes.items()
        if choice is None
        for switch in SWITCHES.values()
        if (other := recipes.get(turned(overrides, switch))) is not None and other is not base
        for effect in _effects(switch, base, other)
    ]


def _effects(switch: Switch, base: Row, other: Row) -> list[Effect]:
    on, off = (base, other) if switch.is_on else (other, base)
    found = []
    for percent in sorted(on.entries.keys() & off.entries.keys()):
        with_it, without_it = on.entries[percent].values, off.entries[percent].values
        seeds = sorted(with_it.keys() & without_it.keys())
        if not seeds:
            continue
        differences = [with_it[seed] - without_it[seed] for seed in seeds]
        found.append(
            Effect(
                switch=switch.name,
                is_in_recipe=switch.is_on,
                percent=percent,
                with_it=statistics.fmean(with_it[seed] for seed in seeds),
                without_it=statistics.fmean(without_it[seed] for seed in seeds),
                difference=statistics.fmean(differences),
                sd=statistics.stdev(differences) if len(seeds) > 1 else None,
                n=len(seeds),
                verdict=verdict(differences),
            )
        )
    return found


def verdict(differences: Sequence[float]) -> Verdict:
    """Of paired differences, on less off, in one unit of error."""
    freedom = len(differences) - 1
    if freedom < 1:
        return "one seed"
    mean = statistics.fmean(differences)
    reach = T_95[min(freedom, len(T_95) - 1)] * statistics.stdev(differences) / math.sqrt(len(differences))
    if abs(mean) <= reach:
        return "within noise"
    return "helps" if mean < 0 else "harms"
