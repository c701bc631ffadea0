"""What one process counts, for Prometheus. docs/metrics.md explains each measure.

Each web process is a target of its own and Prometheus adds them up; the installation's facts (jobs, labels,
errors) are read from the database when they are asked for (app/insights/facts.py).
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

# they would be a series more for each, which nothing asks for
disable_created_metrics()  # type: ignore[no-untyped-call]
# the promised times of docs/metrics.md are among them: 0.2, 0.3 and 0.4 s
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0, 2.0, 5.0, 10.0, 30.0)


class Crowd(Protocol):
    """Of one kind of work: who waits, who is worked for, and how many were refused so far."""

    waiting: int
    taken: int
    refused: int


class Measures:
    """Of one process."""

    def __init__(self, crowds: Callable[[], Mapping[Any, Crowd]]) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "equimark_answer_seconds",
            "Time from a request to the beginning of its answer, by the function that answers",
            ["handler"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._answers = Counter(
            "equimark_answers", "Answered requests", ["handler", "status"], registry=self.registry
        )
        self.registry.register(_Crowds(crowds))
        ProcessCollector(registry=self.registry)

    def answered(self, handler: str, *, status: int, seconds: float) -> None:
        """Count one request."""
        self._seconds.labels(handler).observe(seconds)
        self._answers.labels(handler, f"{status // 100}xx").inc()


class _Crowds(Collector):
    """Read when they are asked for: they change with every request."""

    def __init__(self, crowds: Callable[[], Mapping[Any, Crowd]]) -> None:
        self._crowds = crowds

    def collect(self) -> Iterable[Metric]:
        waiting = GaugeMetricFamily(
            "equimark_requests_waiting", "Requests that wait for a place", labels=["work"]
        )
        taken = GaugeMetricFamily(
            "equimark_requests_going_on", "Requests that are worked on", labels=["work"]
        )
        refused = CounterMetricFamily(
            "equimark_requests_shed", "Requests that were refused by overload", labels=["work"]
        )
        for work, crowd in self._crowds().items():
            waiting.add_metric([work], crowd.waiting)
            taken.add_metric([work], crowd.taken)
            refused.add_metric([work], crowd.refused)
        return waiting, taken, refused
