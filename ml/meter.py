"""Losses and speed between two reports of a run."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor


@dataclass
class Meter:
    """Means since the last report."""

    sums: dict[str, float] = field(default_factory=dict)
    steps: int = 0
    pictures: int = 0
    since: float = field(default_factory=time.monotonic)

    def add(self, terms: Mapping[str, Tensor], pictures: int) -> None:
        """Count a step: its loss terms, and the pictures that the network saw."""
        for name, term in terms.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(term.detach())
        self.steps += 1
        self.pictures += pictures

    def means(self) -> dict[str, float]:
        """Mean of each term over the steps."""
        return {name: total / max(1, self.steps) for name, total in self.sums.items()}

    def pictures_per_second(self) -> float:
        """Since the meter was made."""
        return self.pictures / max(1e-9, time.monotonic() - self.since)
