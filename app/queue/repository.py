"""Queries about asks, leases and holds."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, delete, exists, func, select, update
from sqlalchemy.orm import Session

from app.db import changed_rows, insert_into
from app.images.tables import Image
from app.queue.tables import Ask, AskStatus, Hold, Lease, LeaseOutcome


def best_open(
    project_id: int, kind: str, *, now: datetime, without: Sequence[int] = (), limit: int = 1
) -> Select[Ask]:
    """The best asks of a kind whose images nobody holds: an index walk that passes only over held images."""
    held = exists().where(Hold.image_id == Ask.image_id, Hold.expires_at >= now)
    wanted = select(Ask).where(
        Ask.project_id == project_id, Ask.kind == kind, Ask.status == AskStatus.OPEN, ~held
    )
    if without:
        wanted = wanted.where(Ask.image_id.not_in(without))
    return wanted.order_by(Ask.skip_count, Ask.rank_key, Ask.id).limit(limit)


def best_open_by_kind(
    session: Session, project_id: int, kinds: Sequence[str], *, now: datetime
) -> dict[str, Ask]:
    """The best ask of each kind that has one; looked at, not taken."""
    found = {kind: session.scalar(best_open(project_id, kind, now=now)) for kind in kinds}
    return {kind: ask for kind, ask in found.items() if ask is not None}


def has_free(session: Session, project_id: int, kind: str, *, now: datetime, at_least: int) -> bool:
    """Whether so many images that nobody holds are waiting for an answer of this kind."""
    waiting = best_open(project_id, kind, now=now, limit=at_least).with_only_columns(Ask.id).subquery()
    return (session.scalar(select(func.count()).select_from(waiting)) or 0) >= at_least


def best_open_asks(
    session: Session, project_id: int, kind: str, *, now: datetime, limit: int
) -> Sequence[Ask]:
    """The best asks of a kind, in the order of the queue; looked at, not taken."""
    return session.scalars(best_open(project_id, kind, now=now, limit=limit)).all()


def lock_open(session: Session, ask_ids: Collection[int]) -> set[int]:
    """Which of these asks are open still and not being taken by another transaction right now."""
    wanted = select(Ask.id).where(Ask.id.in_(ask_ids), Ask.status == AskStatus.OPEN).order_by(Ask.id)
    return set(session.scalars(wanted.with_for_update(of=Ask, skip_locked=True)))


def find_lockable(session: Session, seen: Ask, *, now: datetime, without: Sequence[int]) -> Ask | None:
    """The ask that was just seen, or the best one of its kind that no other transaction is taking right now.

    SQLite has one writer at a time, so there nothing can have happened since it was seen.
    """
    if session.get_bind().dialect.name == "sqlite":
        return seen
    wanted = best_open(seen.project_id, seen.kind, now=now, without=without)
    return session.scalar(wanted.with_for_update(of=Ask, skip_locked=True))


def take_hold(session: Session, lease: Lease, *, now: datetime) -> bool:
    """Compare-and-set: hold the image unless somebody does. False: somebody was quicker."""
    held = {"lease_id": lease.id, "expires_at": lease.expires_at}
    fresh = insert_into(session, Hold).values(image_id=lease.image_id, **held)
    taken = fresh.on_conflict_do_update(index_elements=["image_id"], set_=held, where=Hold.expires_at < now)
    return session.scalar(taken.returning(Hold.image_id)) is not None


def take_holds(session: Session, leases: Sequence[Lease], *, now: datetime) -> set[uuid.UUID]:
    """The same for many images in one statement; returns the leases that got their image."""
    if not leases:
        return set()
    rows = [
        {"image_id": lease.image_id, "lease_id": lease.id, "expires_at": lease.expires_at}
        for lease in sorted(
            leases, key=lambda each: each.image_id
        )  # in one order: no two wait for each other
    ]
    fresh = insert_into(session, Hold).values(rows)
    held = {"lease_id": fresh.excluded.lease_id, "expires_at": fresh.excluded.expires_at}
    taken = fresh.on_conflict_do_update(index_elements=["image_id"], set_=held, where=Hold.expires_at < now)
    return set(session.scalars(taken.returning(Hold.lease_id)))


def find_lease_for_update(session: Session, lease_id: uuid.UUID) -> Lease | None:
    """The lease, locked; whoever locks its image as well does so afterwards."""
    return session.get(Lease, lease_id, with_for_update=True)


def lock_leases_of(session: Session, lease_ids: Collection[uuid.UUID], *, user_id: int) -> Sequence[Lease]:
    """Those of these leases that are this person's, locked: none is answered while it is given back."""
    mine = select(Lease).where(Lease.id.in_(lease_ids), Lease.user_id == user_id).order_by(Lease.id)
    return session.scalars(mine.with_for_update().execution_options(populate_existing=True)).all()


def prolong_holds(session: Session, leases: Sequence[Lease], *, expires_at: datetime) -> set[uuid.UUID]:
    """Move the end of the holds that are still these leases'; returns whose."""
    moved = update(Hold).where(*_of(leases)).values(expires_at=expires_at).returning(Hold.lease_id)
    return set(session.scalars(moved, execution_options={"synchronize_session": False}))


def drop_holds(session: Session, leases: Sequence[Lease]) -> None:
    """Let the images go that these leases still hold."""
    session.execute(delete(Hold).where(*_of(leases)), execution_options={"synchronize_session": False})


def _of(leases: Sequence[Lease]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Holds of these leases, found by the key of their table."""
    image_ids = [lease.image_id for lease in leases]
    return Hold.image_id.in_(image_ids), Hold.lease_id.in_([lease.id for lease in leases])


def drop_hold(session: Session, *, image_id: int, lease_id: uuid.UUID) -> bool:
    """Let the image go, if this lease still holds it."""
    mine = delete(Hold).where(Hold.image_id == image_id, Hold.lease_id == lease_id)
    return changed_rows(session.execute(mine, execution_options={"synchronize_session": False})) == 1


def prolong_hold(session: Session, lease: Lease, *, expires_at: datetime) -> bool:
    """Move the end of a hold that is still this lease's."""
    mine = update(Hold).where(Hold.image_id == lease.image_id, Hold.lease_id == lease.id)
    moved = mine.values(expires_at=expires_at)
    return changed_rows(session.execute(moved, execution_options={"synchronize_session": False})) == 1


def holds_image(session: Session, lease: Lease, *, now: datetime) -> bool:
    """Whether this lease still holds its image."""
    held = select(Hold.image_id).where(
        Hold.image_id == lease.image_id, Hold.lease_id == lease.id, Hold.expires_at >= now
    )
    return session.scalar(held) is not None


def find_given_after(session: Session, after_id: uuid.UUID, *, now: datetime) -> Lease | None:
    """The running lease that an earlier, now repeated request brought, while its question is open.

    Meanwhile its image may have been archived, or somebody may have answered without a lease.
    """
    given = select(Lease).join(Ask, Ask.id == Lease.ask_id).where(Ask.status == AskStatus.OPEN)
    given = given.where(Lease.after_id == after_id, Lease.ended_at.is_(None), Lease.expires_at >= now)
    return session.scalars(given.order_by(Lease.leased_at.desc()).limit(1)).first()


def end_lease(session: Session, lease: Lease, *, outcome: LeaseOutcome, now: datetime) -> None:
    """Close a lease and let its image go."""
    if lease.ended_at is None:
        lease.ended_at, lease.outcome = now, outcome
    drop_hold(session, image_id=lease.image_id, lease_id=lease.id)


def mark_answered(session: Session, *, image_id: int, kind: str) -> None:
    """Take the ask out of the queue."""
    answered = update(Ask).where(Ask.image_id == image_id, Ask.kind == kind, Ask.status != AskStatus.ANSWERED)
    changed = answered.values(status=AskStatus.ANSWERED)
    session.execute(changed, execution_options={"synchronize_session": False})


def mark_all_answered(session: Session, *, image_ids: Sequence[int], kind: str) -> None:
    """Take the asks of one kind about many images out of the queue."""
    answered = update(Ask).where(Ask.image_id.in_(image_ids), Ask.kind == kind)
    changed = answered.where(Ask.status != AskStatus.ANSWERED).values(status=AskStatus.ANSWERED)
    session.execute(changed, execution_options={"synchronize_session": False})


def set_aside_archived(session: Session, leases: Sequence[Lease]) -> set[uuid.UUID]:
    """Put those asks aside whose image was archived after they were opened; returns their leases.

    Asks of other kinds about the image are left to their turn: somebody may have locked them.
    """
    found = select(Image.id).where(Image.id.in_([lease.image_id for lease in leases]))
    archived = set(session.scalars(found.where(Image.archived_at.is_not(None))))
    refused = [lease for lease in leases if lease.image_id in archived]
    if refused:
        asked = update(Ask).where(Ask.id.in_([lease.ask_id for lease in refused]))
        session.execute(asked.values(status=AskStatus.SET_ASIDE))
        drop_holds(session, refused)
    return {lease.id for lease in refused}


def put_first(session: Session, *, image_id: int, kind: str, score: float, code: str) -> None:
    """Open the ask, whatever became of it, with this score."""
    asked = update(Ask).where(Ask.image_id == image_id, Ask.kind == kind)
    first = {"status": AskStatus.OPEN, "skip_count": 0, "rank_key": -score}
    session.execute(asked.values(**first, reason_code=code, reason_amount=None))


def mark_skipped(session: Session, ask_id: int) -> None:
    """Put an ask behind all others; the second time, aside."""
    twice = update(Ask).where(Ask.id == ask_id, Ask.status == AskStatus.OPEN)
    session.execute(twice.where(Ask.skip_count >= 1).values(status=AskStatus.SET_ASIDE))
    session.execute(twice.values(skip_count=Ask.skip_count + 1))


def delete_expired_holds(session: Session, *, now: datetime) -> int:
    """Forget holds that ran out; they free their images by time alone, this only keeps the table small."""
    return changed_rows(session.execute(delete(Hold).where(Hold.expires_at < now)))
