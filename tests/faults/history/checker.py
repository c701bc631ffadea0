"""What must hold once everything is well again, whatever was broken: labels and what counts them, I1 to I10.

It reads rows past the service and shares none of its queries. docs/promises.md says what each number means.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.annotations.tables import LabelHead, Revision, Tally, UnmergedAnswer
from app.audit import AuditEntry
from app.users.tables import User
from tests.faults.history.record import Answer, History, Outcome

LONGEST_TIMED_SECONDS = 600.0
STALE = "stale_revision"


@dataclass(frozen=True)
class Violation:
    """A promise that was broken."""

    code: str
    detail: str


@dataclass(frozen=True)
class Stored:
    """All rows of labels."""

    revisions: dict[str, Revision]
    unmerged: dict[str, UnmergedAnswer]
    heads: dict[tuple[int, str], LabelHead]
    tallies: dict[tuple[int, str], Tally]
    audit: list[AuditEntry]
    names: dict[int, str]

    @classmethod
    def read(cls, session: Session) -> "Stored":
        """Whatever is there now."""
        return cls(
            revisions={str(row.id): row for row in session.scalars(select(Revision))},
            unmerged={str(row.id): row for row in session.scalars(select(UnmergedAnswer))},
            heads={(row.image_id, row.kind): row for row in session.scalars(select(LabelHead))},
            tallies={(row.project_id, row.kind): row for row in session.scalars(select(Tally))},
            audit=list(session.scalars(select(AuditEntry).order_by(AuditEntry.id))),
            names={row.id: row.name for row in session.scalars(select(User))},
        )


def check_labels(history: History, stored: Stored) -> list[Violation]:
    """All that is wrong with the labels."""
    checks: tuple[Callable[[History, Stored], Iterator[Violation]], ...] = (
        _acknowledged_are_there,
        _each_once,
        _nothing_invented,
        _whole_or_absent,
        _audit_agrees,
        _counters_agree,
        _skips_count_once,
        _chains_are_whole,
        _refused_changed_nothing,
        _held_by_one,
        _own_writes_are_read,
        _images_are_those_uploaded,
    )
    return [violation for check in checks for violation in check(history, stored)]


def _acknowledged_are_there(history: History, stored: Stored) -> Iterator[Violation]:
    for answer in history.of(Outcome.ACKNOWLEDGED):
        if answer.id not in stored.revisions:
            yield Violation("I1", f"{_named(answer)} was acknowledged and is lost")


def _each_once(_: History, stored: Stored) -> Iterator[Violation]:
    """By their stamps: a second id for the same answer would not be noticed by its id."""
    rows = [*stored.revisions.values(), *stored.unmerged.values()]
    for stamp, count in Counter(row.active_seconds for row in rows).items():
        if count > 1:
            yield Violation("I2", f"the answer of stamp {stamp} is stored {count} times")


def _nothing_invented(history: History, stored: Stored) -> Iterator[Violation]:
    for row_id in [*stored.revisions, *stored.unmerged]:
        if row_id not in history.answers:
            yield Violation("I3", f"{row_id} was never sent")


def _whole_or_absent(history: History, stored: Stored) -> Iterator[Violation]:
    """Each stored answer is what was sent, by whom it was sent; unknown ones too (I4, I9)."""
    for answer in history.answers.values():
        revision, kept = stored.revisions.get(answer.id), stored.unmerged.get(answer.id)
        if revision and kept:
            yield Violation("I4", f"{_named(answer)} is in the chain and beside it")
        row = revision or kept
        if row is None:
            continue
        code = "I4" if answer.outcome is Outcome.UNKNOWN else "I9"
        base = revision.number - 1 if revision else kept.base_number if kept else None
        is_ = (row.image_id, row.kind, base, row.active_seconds, stored.names[row.author_id], row.body)
        sent = (answer.image_id, answer.kind, answer.base, answer.stamp, answer.client, answer.body)
        if is_ != sent:
            yield Violation(code, f"{_named(answer)} was sent as {sent} and is stored as {is_}")


def _audit_agrees(_: History, stored: Stored) -> Iterator[Violation]:
    """A full outer join of revisions and audit rows is empty, and both say the same."""
    entries: dict[str, list[AuditEntry]] = defaultdict(list)
    for entry in stored.audit:
        if entry.action == "revision.added":
            entries[entry.detail["revision"]].append(entry)
    for row_id in stored.revisions.keys() | entries.keys():
        revision, told = stored.revisions.get(row_id), entries.get(row_id, [])
        if revision is None or len(told) != 1:
            stands = "is stored" if revision else "is not stored"
            yield Violation("I5", f"revision {row_id} {stands} and has {len(told)} audit rows")
            continue
        said = (told[0].user_id, told[0].subject, told[0].detail["kind"], told[0].detail["number"])
        if said != (revision.author_id, f"image:{revision.image_id}", revision.kind, revision.number):
            yield Violation("I5", f"the audit row of {row_id} says {said}")


def _counters_agree(_: History, stored: Stored) -> Iterator[Violation]:
    counted: dict[tuple[int, str], list[float]] = defaultdict(lambda: [0, 0, 0, 0.0])
    for row in stored.revisions.values():
        numbers = counted[row.project_id, row.kind]
        numbers[0] += row.number == 1
        numbers[1] += 1
        numbers[2] += row.active_seconds is not None
        numbers[3] += min(row.active_seconds or 0.0, LONGEST_TIMED_SECONDS)
    for key in counted.keys() | stored.tallies.keys():
        tally = stored.tallies.get(key)
        says = (
            [tally.labelled_count, tally.revision_count, tally.timed_count, tally.active_seconds]
            if tally
            else []
        )
        if says != counted[key]:
            yield Violation("I5", f"the tally of {key} says {says}, counted are {counted[key]}")


def _skips_count_once(history: History, stored: Stored) -> Iterator[Violation]:
    tried = Counter((skip.image_id, skip.kind) for skip in history.skips)
    done = Counter(
        (skip.image_id, skip.kind) for skip in history.skips if skip.outcome is Outcome.ACKNOWLEDGED
    )
    told = Counter(
        (int(entry.subject.removeprefix("image:")), entry.detail["kind"])
        for entry in stored.audit
        if entry.action == "ask.skipped"
    )
    for key in tried.keys() | told.keys():
        if not done[key] <= told[key] <= tried[key]:
            yield Violation("I5", f"{key}: {done[key]} to {tried[key]} skips, {told[key]} audit rows")


def _chains_are_whole(_: History, stored: Stored) -> Iterator[Violation]:
    chains: dict[tuple[int, str], list[Revision]] = defaultdict(list)
    for row in stored.revisions.values():
        chains[row.image_id, row.kind].append(row)
    for key in chains.keys() | stored.heads.keys():
        chain = sorted(chains[key], key=lambda row: row.number)
        if [row.number for row in chain] != list(range(1, len(chain) + 1)):
            yield Violation("I6", f"{key} has the revisions {[row.number for row in chain]}")
        head = stored.heads.get(key)
        if head is None or not chain or (head.number, head.revision_id) != (chain[-1].number, chain[-1].id):
            yield Violation("I6", f"the head of {key} is not its newest revision")


def _refused_changed_nothing(history: History, stored: Stored) -> Iterator[Violation]:
    """And a stale answer is kept beside the chain, for no other reason than that it was stale."""
    for answer in history.of(Outcome.REFUSED):
        if answer.id in stored.revisions:
            yield Violation("I7", f"{_named(answer)} was refused ({answer.code}) and is stored")
        if answer.code != STALE:
            yield Violation("I7", f"{_named(answer)} was refused with {answer.code}")
        elif answer.id not in stored.unmerged:
            yield Violation("I7", f"{_named(answer)} was stale, and its work is lost")


def _held_by_one(history: History, _: Stored) -> Iterator[Violation]:
    """From the answer that brought a lease to the request that ends it, nobody else may hold the image."""
    by_image: dict[int, list[Any]] = defaultdict(list)
    for held in history.held:
        by_image[held.image_id].append(held)
    for image_id, all_held in by_image.items():
        all_held.sort(key=lambda held: held.since)
        for first, second in pairwise(all_held):
            if first.lease_id != second.lease_id and second.since < first.until:
                yield Violation("I8", f"image {image_id}: {first} and {second}")


def _own_writes_are_read(history: History, stored: Stored) -> Iterator[Violation]:
    """What was acknowledged before a read began is in it, and no read forgets what an earlier one had."""
    given: dict[int, list[Answer]] = defaultdict(list)
    for answer in history.of(Outcome.ACKNOWLEDGED):
        given[answer.image_id].append(answer)
    for read in history.reads:
        seen = {row_id for ids in read.revisions.values() for row_id in ids}
        for answer in given[read.image_id]:
            if answer.completed < read.invoked and answer.id not in seen:
                yield Violation("I10", f"{read.client} did not read {_named(answer)}")
        for row_id in seen - stored.revisions.keys():
            yield Violation("I10", f"{read.client} read {row_id}, which is not there any more")


def _images_are_those_uploaded(history: History, _: Stored) -> Iterator[Violation]:
    for seen in history.images:
        if not seen.sha256 == seen.uploaded_sha256 == seen.etag:
            yield Violation("I13", f"image {seen.image_id} came with other bytes: {seen}")


def _named(answer: Answer) -> str:
    return f"{answer.what} {answer.id} of {answer.client} (image {answer.image_id}, {answer.kind})"
