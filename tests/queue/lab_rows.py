"""Whether the rows of a project are those that the plain model says, counted anew and past the service."""

from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.annotations.tables import LabelHead, Note, Revision, SettledFlag, Tally, UnmergedAnswer
from app.audit import AuditEntry
from app.projects.tables import Project
from app.queue.tables import Ask, Hold, Lease
from tests.queue.lab_model import Lab


def check_rows(session: Session, project_id: int, lab: Lab, *, now: datetime) -> None:
    """Raise at the first kind of row that is not as it must be."""
    _check_answers(session, project_id, lab)
    _check_counters(session, project_id, lab)
    _check_asks(session, project_id, lab, now=now)


def _check_answers(session: Session, project_id: int, lab: Lab) -> None:
    """Each acknowledged answer is one revision as it was given, each that lost a race is kept beside."""
    revisions = session.scalars(select(Revision).where(Revision.project_id == project_id)).all()
    stored = {each.id: (_said(each), each.number, each.is_late) for each in revisions}
    assert stored == {
        id_: (_given(each), each.number, each.is_late) for id_, each in lab.given.items() if each.number
    }
    kept = session.scalars(select(UnmergedAnswer).where(UnmergedAnswer.project_id == project_id)).all()
    assert {each.id: _said(each) for each in kept} == {
        id_: _given(each) for id_, each in lab.given.items() if not each.number
    }
    chains: dict[tuple[int, str], list[Revision]] = {}
    for each in sorted(revisions, key=lambda revision: revision.number):
        chains.setdefault((each.image_id, each.kind), []).append(each)
    for chain in chains.values():
        assert [each.number for each in chain] == list(range(1, len(chain) + 1))
    heads = session.scalars(select(LabelHead).where(LabelHead.project_id == project_id))
    newest = {(each.image_id, each.kind): (each.number, each.revision_id) for each in heads}
    assert newest == {question: (len(chain), chain[-1].id) for question, chain in chains.items()}


def _said(row: Revision | UnmergedAnswer) -> tuple[Any, ...]:
    return row.image_id, row.kind, row.author_id, row.active_seconds, row.body


def _given(each: Any) -> tuple[Any, ...]:
    return each.image_id, each.kind, each.by, each.body.active_seconds, each.body.body


def _check_counters(session: Session, project_id: int, lab: Lab) -> None:
    tallies = session.scalars(select(Tally).where(Tally.project_id == project_id))
    assert {
        each.kind: (each.labelled_count, each.revision_count, each.timed_count, each.active_seconds)
        for each in tallies
    } == lab.tallies()
    assert session.get_one(Project, project_id).image_count == len(set(lab.image_ids) - lab.archived)
    told = select(AuditEntry.action, func.count().label("times")).where(AuditEntry.project_id == project_id)
    counted = {row.action: row.times for row in session.execute(told.group_by(AuditEntry.action))}
    numbered = Counter(each.number is not None for each in lab.given.values())
    assert {
        "revision.added": numbered[True],
        "answer.kept": numbered[False],
        "ask.skipped": lab.skipped,
        "image.archived": len(lab.archived),
        "note.added": len(lab.notes),
        "flag.settled": sum(lab.notes.values()),
    } == {action: counted.get(action, 0) for action in TOLD}
    flags = select(func.count()).select_from(SettledFlag).join(Note).where(Note.project_id == project_id)
    assert session.scalar(flags) == sum(lab.notes.values())


TOLD = ("revision.added", "answer.kept", "ask.skipped", "image.archived", "note.added", "flag.settled")


def _check_asks(session: Session, project_id: int, lab: Lab, *, now: datetime) -> None:
    """No question is open that is answered or about an archived image; no image is in two hands."""
    asks = session.scalars(select(Ask).where(Ask.project_id == project_id)).all()
    assert {(each.image_id, each.kind): each.status for each in asks} == lab.status
    assert {(each.image_id, each.kind): each.skip_count for each in asks if each.status == "open"} == {
        question: lab.skips[question] for question, status in lab.status.items() if status == "open"
    }
    held = select(Hold).join(Lease, Lease.id == Hold.lease_id).where(Lease.project_id == project_id)
    running = {each.image_id: each.lease_id for each in session.scalars(held) if each.expires_at >= now}
    holders = {image_id: lab.holder(image_id, now) for image_id in lab.image_ids}
    assert running == {image_id: lease.id for image_id, lease in holders.items() if lease is not None}
