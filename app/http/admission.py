"""How many requests are worked on at once, by kind of work, so that overload refuses and does not lose.

Each kind has places of its own, so a crowd of uploads or page views never takes those of labels; who finds no
place waits in turn, and who would wait too long is told at once or in time when to come again (503 with
Retry-After). The places of all kinds together are fewer than the threads (40, anyio's own number) and the
database connections (40), so whoever has a place needs to wait for neither.
"""

import secrets
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from enum import StrEnum

import anyio

from app.errors import Unavailable


class Work(StrEnum):
    """Kinds of work that do not wait for each other."""

    LABELS = "labels"  # asks, answers, and the pictures that go with them
    READS = "reads"  # pages and lists
    HEAVY = "heavy"  # uploads, imports, a picture to predict: many bytes, much decoding
    HEALTH = "health"  # never refused: whoever watches an overloaded service must see it


class Overloaded(Unavailable):
    """More is asked of the service than it can do."""

    message = "The service is overloaded; nothing was changed. Try again in {retry_after_seconds} s."


@dataclass(frozen=True)
class Limit:
    """Of one kind of work, in one process.

    at_once        places
    waiting        requests that may wait for one; more are refused at once
    patience       seconds after which one that waits is refused
    come_again     whole seconds, from and to, after which a refused one should: spread, or all come together
    """

    at_once: int
    waiting: int
    patience: float
    come_again: tuple[int, int]


LIMITS: Mapping[Work, Limit] = {
    Work.LABELS: Limit(at_once=20, waiting=400, patience=10.0, come_again=(1, 3)),
    Work.READS: Limit(at_once=12, waiting=100, patience=5.0, come_again=(2, 6)),
    Work.HEAVY: Limit(at_once=6, waiting=60, patience=30.0, come_again=(5, 15)),
}
SLOW_BODIES = 200  # each may keep 2 MB of memory, for 10 s: app/http/bodies.py
LISTENERS = 300  # event streams; each looks at the database once a second


class Places:
    """Of one kind of work: those that are taken, and who waits."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._free = anyio.Semaphore(limit.at_once)
        self.waiting = 0
        self.taken = 0
        self.refused = 0

    @asynccontextmanager
    async def taking_one(self) -> AsyncIterator[None]:
        """Hold a place; whoever came first goes first.

        Raises:
            Overloaded: nobody was let in.

        """
        await self._wait()
        self.taken += 1
        try:
            yield
        finally:
            self.taken -= 1
            self._free.release()

    async def _wait(self) -> None:
        if self.waiting >= self._limit.waiting:
            raise self._refusal()
        self.waiting += 1
        try:
            with anyio.move_on_after(self._limit.patience) as waited:
                await self._free.acquire()
        finally:
            self.waiting -= 1
        if waited.cancelled_caught:
            raise self._refusal()

    def _refusal(self) -> Overloaded:
        self.refused += 1
        soonest, latest = self._limit.come_again
        return Overloaded(retry_after_seconds=soonest + secrets.randbelow(latest - soonest + 1))


class Admission:
    """The places of all kinds of work in one process."""

    def __init__(self, limits: Mapping[Work, Limit] = LIMITS, *, listeners: int = LISTENERS) -> None:
        self.places = {work: Places(limit) for work, limit in limits.items()}
        self._most_listeners = listeners
        self.listeners = 0
        self.slow_bodies = 0

    @asynccontextmanager
    async def turn(self, work: Work) -> AsyncIterator[None]:
        """Hold a place for this kind of work.

        Raises:
            Overloaded.

        """
        if work is Work.HEALTH:
            yield
            return
        async with self.places[work].taking_one():
            yield

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Be one of those who hold an event stream open.

        Raises:
            Overloaded.

        """
        if self.listeners >= self._most_listeners:
            raise Overloaded(retry_after_seconds=30)
        self.listeners += 1
        try:
            yield
        finally:
            self.listeners -= 1

    @contextmanager
    def awaiting_body(self) -> Iterator[None]:
        """Be one of those whose bytes are still on their way.

        Raises:
            Overloaded.

        """
        if self.slow_bodies >= SLOW_BODIES:
            raise Overloaded(retry_after_seconds=10)
        self.slow_bodies += 1
        try:
            yield
        finally:
            self.slow_bodies -= 1
