"""What the clients did and saw: a record an answer, one a request, one a fault.

Times are of `time.monotonic()` in the one process in which all clients run.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any


class Outcome(StrEnum):
    """What the client knows at the end."""

    ACKNOWLEDGED = "acknowledged"  # 2xx: it must be there
    REFUSED = "refused"  # 4xx: it must not
    UNKNOWN = "unknown"  # it may be there, whole, or not at all


@dataclass
class Answer:
    """One answer that a client tried to give, however often it was sent.

    stamp   its active seconds, another for each answer: the stored rows can be told apart without their ids
    """

    id: str
    client: str
    what: str
    project_id: int
    image_id: int
    kind: str
    base: int
    stamp: float
    body: dict[str, Any]
    invoked: float = field(default_factory=time.monotonic)
    completed: float = 0.0
    outcome: Outcome = Outcome.UNKNOWN
    code: str = ""
    number: int = 0
    tries: int = 0


@dataclass
class Request:
    """One request; `status` 0 where no answer came."""

    client: str
    what: str
    invoked: float = field(default_factory=time.monotonic)
    completed: float = 0.0
    status: int = 0
    said: str = ""


@dataclass(frozen=True)
class Held:
    """From when until when a client could be sure to hold an image, by the clock of the machine."""

    client: str
    lease_id: str
    image_id: int
    since: float
    until: float


@dataclass
class Skip:
    """A lease that a client tried to skip."""

    lease_id: str
    image_id: int
    kind: str
    outcome: Outcome = Outcome.UNKNOWN


@dataclass(frozen=True)
class Read:
    """The revisions of an image as a client read them: by kind, the ids in order."""

    client: str
    image_id: int
    revisions: dict[str, list[str]]
    invoked: float
    completed: float


@dataclass(frozen=True)
class ImageSeen:
    """The hash of an image as it came, and what was uploaded under its name."""

    image_id: int
    sha256: str
    uploaded_sha256: str
    etag: str


@dataclass(frozen=True)
class ExportTaken:
    """An export that was downloaded."""

    export_id: int
    project_id: int
    asked: float
    completed: float
    path: Path
    sha256: str


@dataclass
class Fault:
    """What was broken, and when everything was well again."""

    name: str
    began: float = field(default_factory=time.monotonic)
    ended: float = 0.0

    @property
    def seconds(self) -> float:
        """How long until everything answered again."""
        return self.ended - self.began


@dataclass
class History:
    """All of it."""

    seed: int
    answers: dict[str, Answer] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    skips: list[Skip] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)
    images: list[ImageSeen] = field(default_factory=list)
    exports: list[ExportTaken] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    _stamps: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def next_stamp(self) -> float:
        """Seconds that no other answer has; sixty-fourths, so that their sums are exact."""
        with self._lock:
            self._stamps += 1
            return self._stamps / 64

    def of(self, outcome: Outcome) -> list[Answer]:
        """The answers that ended so."""
        return [answer for answer in self.answers.values() if answer.outcome is outcome]

    @property
    def is_breaking(self) -> bool:
        """Whether something is broken now."""
        return bool(self.faults) and not self.faults[-1].ended

    @contextmanager
    def breaking(self, name: str) -> Iterator[None]:
        """Keep the time of a fault."""
        fault = Fault(name)
        self.faults.append(fault)
        yield
        fault.ended = time.monotonic()

    def summary(self) -> dict[str, Any]:
        """What is to be told of a run."""
        longest: dict[str, float] = {}
        for fault in self.faults:
            longest[fault.name] = max(longest.get(fault.name, 0.0), round(fault.seconds, 1))
        return {
            "seed": self.seed,
            "acknowledged": len(self.of(Outcome.ACKNOWLEDGED)),
            "refused": len(self.of(Outcome.REFUSED)),
            "unknown": len(self.of(Outcome.UNKNOWN)),
            "sent_again": sum(max(0, answer.tries - 1) for answer in self.answers.values()),
            "requests": len(self.requests),
            "skips": len(self.skips),
            "reads": len(self.reads),
            "images_seen": len(self.images),
            "exports": len(self.exports),
            "faults": len(self.faults),
            "longest_fault_seconds": longest,
            "actions": {name: self.actions.count(name) for name in sorted(set(self.actions))},
        }

    def write(self, path: Path) -> None:
        """Everything, for whoever looks into a failure."""
        kept = ("answers", "requests", "held", "skips", "reads", "images", "exports", "faults")
        rows = {name: getattr(self, name) for name in kept}
        rows["answers"] = list(self.answers.values())
        plain = {name: [asdict(each) for each in values] for name, values in rows.items()}
        path.write_text(json.dumps(plain, default=str))
