"""What a labelling project must look like after anything that people did: plain dictionaries."""

import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.annotations.schemas import AttributeAnswer, LandmarksAnswer
from app.annotations.service import LONGEST_TIMED_SECONDS
from app.annotations.tables import LANDMARKS
from app.queue.handing import Handed

Question = tuple[int, str]  # image and kind


@dataclass
class Given:
    """An answer that was sent, and what became of it: its number in the chain, or kept beside it."""

    image_id: int
    kind: str
    by: int
    body: LandmarksAnswer | AttributeAnswer
    number: int | None
    is_late: bool = False

    @property
    def question(self) -> Question:
        """What it answers."""
        return self.image_id, self.kind


@dataclass
class InHands:
    """A lease as its person knows it."""

    id: uuid.UUID
    image_id: int
    kind: str
    by: int
    expires_at: datetime
    after_id: uuid.UUID | None
    has_ended: bool = False

    @property
    def question(self) -> Question:
        """What it asks."""
        return self.image_id, self.kind


@dataclass
class Lab:
    """Everything that one project holds."""

    image_ids: list[int]
    kinds: list[str]
    archived: set[int] = field(default_factory=set)
    status: dict[Question, str] = field(default_factory=dict)
    skips: Counter[Question] = field(default_factory=Counter)
    skipped: int = 0
    given: dict[uuid.UUID, Given] = field(default_factory=dict)
    leases: dict[uuid.UUID, InHands] = field(default_factory=dict)
    holds: dict[int, uuid.UUID] = field(default_factory=dict)
    notes: dict[tuple[uuid.UUID, int], bool] = field(default_factory=dict)  # was it seen to, by id and image
    grown: list[list[str]] = field(default_factory=list)  # landmarks of jobs that nobody has done yet

    def open_all(self) -> None:
        """Ask what was never asked and has no answer."""
        for image_id in self.image_ids:
            for kind in self.kinds:
                if image_id not in self.archived and not self.chain((image_id, kind)):
                    self.status.setdefault((image_id, kind), "open")

    def chain(self, question: Question) -> list[Given]:
        """The answers that stand, in their order."""
        stored = [each for each in self.given.values() if each.question == question and each.number]
        return sorted(stored, key=lambda each: each.number or 0)

    def holder(self, image_id: int, now: datetime) -> InHands | None:
        """Whose the image is now."""
        lease = self.leases.get(self.holds.get(image_id, uuid.UUID(int=0)))
        return lease if lease is not None and lease.expires_at >= now else None

    def askable(self, kinds: list[str] | None, now: datetime) -> set[Question]:
        """What may be handed out."""
        return {
            (image_id, kind)
            for (image_id, kind), status in self.status.items()
            if status == "open" and (kinds is None or kind in kinds) and self.holder(image_id, now) is None
        }

    def runs(self, lease: InHands, now: datetime) -> bool:
        """Whether what a request brought may be given to its repetition."""
        return not lease.has_ended and lease.expires_at >= now and self.status[lease.question] == "open"

    def hand(self, handed: Handed, *, by: int, after_id: uuid.UUID | None) -> None:
        """Somebody has got an ask."""
        lease = handed.lease
        taken = InHands(lease.id, lease.image_id, lease.kind, by, lease.expires_at, after_id)
        self.leases[lease.id] = taken
        self.holds[lease.image_id] = lease.id

    def end(self, lease: InHands) -> None:
        """A lease is over, and its image free if it was still held by it."""
        lease.has_ended = True
        if self.holds.get(lease.image_id) == lease.id:
            del self.holds[lease.image_id]

    def skip(self, lease: InHands) -> None:
        """The first time behind all others, the second time aside."""
        self.skipped += 1
        if self.status[lease.question] == "open":
            self.skips[lease.question] += 1
            if self.skips[lease.question] == 2:
                self.status[lease.question] = "set_aside"
        self.end(lease)

    def choose(self, question: Question) -> None:
        """Somebody wants it to be asked next; what was never asked about the image is opened, too."""
        for kind in self.kinds:
            self.status.setdefault((question[0], kind), "open")
        self.put_first(question)

    def put_first(self, question: Question) -> None:
        """Ask it again, whatever became of it."""
        self.status[question], self.skips[question] = "open", 0

    def archive(self, image_id: int) -> None:
        """Nothing is asked about it any more."""
        self.archived.add(image_id)
        for question, status in self.status.items():
            if question[0] == image_id and status == "open":
                self.status[question] = "set_aside"

    def work(self) -> None:
        """The job that a larger schema brings: what lacks one of its landmarks is asked again."""
        added = self.grown.pop(0)
        for image_id in self.image_ids:
            chain = self.chain((image_id, LANDMARKS))
            if not chain or image_id in self.archived or self.status[image_id, LANDMARKS] != "answered":
                continue
            if not set(added) <= {point["name"] for point in chain[-1].body.body["points"]}:
                self.put_first((image_id, LANDMARKS))
        self.open_all()

    def tallies(self) -> dict[str, tuple[int, int, int, float]]:
        """Images with an answer, answers, timed answers and their seconds, by kind."""
        found: dict[str, list[Any]] = {}
        for each in self.given.values():
            if each.number is None:
                continue
            seconds = each.body.active_seconds
            row = found.setdefault(each.kind, [0, 0, 0, 0.0])
            row[0] += each.number == 1
            row[1] += 1
            row[2] += seconds is not None
            row[3] += min(seconds or 0.0, LONGEST_TIMED_SECONDS)
        return {kind: (row[0], row[1], row[2], row[3]) for kind, row in found.items()}
