"""Verbs about asks: open, answer, skip, give back, prolong. Handing them out stands in handing.py."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from app import audit
from app.annotations import service as annotations
from app.annotations.rules import AttributeNotFound
from app.annotations.schemas import AttributeAnswer, LandmarksAnswer
from app.annotations.service import Submitted
from app.bulk_insert import insert_new
from app.errors import Conflict, NotFound
from app.images import service as images
from app.images.errors import ImageArchived
from app.projects import service as projects
from app.projects.tables import Project
from app.queue import arms, grown, repository
from app.queue.handing import Asker, Handed, next_ask, show
from app.queue.reasons import Reason
from app.queue.skips import SKIPPED, SkipReason
from app.queue.tables import Ask, AskStatus, Lease, LeaseOutcome

FIRST_SCORE = 1000.0  # beyond every ranked ask
UNRANKED_SCORE = 0.5  # below a typical ranked ask, above one that is put off


class LeaseNotFound(NotFound):
    """No such lease."""

    message = "There is no lease {lease}."


class LeaseLost(Conflict):
    """The lease ended and cannot be prolonged. An answer is still taken."""

    message = "The lease has ended; the image may be with somebody else. An answer is still taken."


@dataclass(frozen=True)
class Taken:
    """A stored answer and what comes next."""

    submitted: Submitted
    next: Handed | None


def open_asks(session: Session, *, project: Project, image_ids: Sequence[int]) -> None:
    """Make the asks of new images, one for each kind of the schema; those that exist stay as they are."""
    fresh = {
        "project_id": project.id,
        "status": AskStatus.OPEN,
        "skip_count": 0,
        "rank_key": -UNRANKED_SCORE,
        "reason_code": Reason.NEW,
    }
    kinds = projects.schema_of(project).kinds
    rows = [{**fresh, "image_id": image_id, "kind": kind} for image_id in image_ids for kind in kinds]
    insert_new(session, Ask, rows, key=("image_id", "kind"))


def ask_first(session: Session, *, image_id: int, kind: str, by: int, now: datetime) -> None:
    """Put one question about one image before all others, again where it is answered already.

    Its new answer then stands on the old one, as always. The next ranking gives it a usual place.

    Raises:
        ImageNotFound, ImageArchived, AttributeNotFound: nothing is asked.

    """
    image = images.get_image_for_update(session, image_id)
    project = projects.get_project(session, image.project_id)
    if image.archived_at is not None:
        raise ImageArchived(image=image_id)
    if kind not in projects.schema_of(project).kinds:
        raise AttributeNotFound(name=kind)
    open_asks(session, project=project, image_ids=[image_id])
    repository.put_first(session, image_id=image_id, kind=kind, score=FIRST_SCORE, code=Reason.CHOSEN)
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=project.id,
        action="ask.chosen",
        subject=f"image:{image_id}",
        kind=kind,
    )


def close_asks(session: Session, *, image_id: int, kind: str) -> None:
    """Take a question out of the queue, e.g. because a label was imported."""
    repository.mark_answered(session, image_id=image_id, kind=kind)


def close_asks_of(session: Session, *, image_ids: Sequence[int], kind: str) -> None:
    """The same for many images, e.g. of an import."""
    repository.mark_all_answered(session, image_ids=image_ids, kind=kind)


def withdraw(session: Session, *, image_id: int) -> None:
    """Ask nothing more about an archived image."""
    asked = update(Ask).where(Ask.image_id == image_id, Ask.status == AskStatus.OPEN)
    session.execute(asked.values(status=AskStatus.SET_ASIDE))


def answer(
    session: Session, *, image_id: int, kind: str, answer: LandmarksAnswer | AttributeAnswer, asker: Asker
) -> Taken:
    """Store an answer, close its ask and its lease, and hand out the next ask.

    A repeated request gets the same next ask while its lease runs. An answer whose lease has ended is stored
    all the same, marked late. One that a page gave before it knew of all landmarks leaves its ask open.
    """
    lease = repository.find_lease_for_update(session, answer.lease_id) if answer.lease_id else None
    if lease is not None and (lease.image_id, lease.kind, lease.user_id) != (image_id, kind, asker.user_id):
        lease = None
    is_late = lease is not None and not repository.holds_image(session, lease, now=asker.now)
    submitted = annotations.submit(
        session,
        image_id=image_id,
        kind=kind,
        answer=answer,
        by=asker.user_id,
        is_late=is_late,
        now=asker.now,
    )
    if not submitted.is_replay:
        if grown.is_outgrown(answer, project=submitted.project):
            grown.ask_for_the_rest(session, image_id=image_id)
        else:
            repository.mark_answered(session, image_id=image_id, kind=kind)
        if lease is not None:
            repository.end_lease(session, lease, outcome=LeaseOutcome.ANSWERED, now=asker.now)
            arms.count_answer(session, revision=submitted.revision, lease=lease)
    following = _following(
        session,
        project_id=submitted.project.id,
        after_id=answer.id,
        is_replay=submitted.is_replay,
        last_kind=kind,
        asker=asker,
    )
    return Taken(submitted, following)


def skip(
    session: Session,
    *,
    lease_id: uuid.UUID,
    why: str | None,
    why_code: SkipReason | None = None,
    asker: Asker,
) -> Handed | None:
    """Put an ask behind all others (the second time: aside) and hand out the next one."""
    lease = get_lease(session, lease_id, by=asker.user_id)
    is_replay = lease.ended_at is not None
    if not is_replay:
        repository.mark_skipped(session, lease.ask_id)
        repository.end_lease(session, lease, outcome=LeaseOutcome.SKIPPED, now=asker.now)
        audit.record(
            session,
            at=asker.now,
            user_id=asker.user_id,
            project_id=lease.project_id,
            action=SKIPPED,
            subject=f"image:{lease.image_id}",
            kind=lease.kind,
            why=why,
            why_code=why_code,
        )
    return _following(
        session,
        project_id=lease.project_id,
        after_id=lease.id,
        is_replay=is_replay,
        last_kind=lease.kind,
        asker=asker,
    )


def release(session: Session, *, lease_id: uuid.UUID, by: int, now: datetime) -> None:
    """Give an ask back unanswered."""
    lease = get_lease(session, lease_id, by=by)
    repository.end_lease(session, lease, outcome=LeaseOutcome.RELEASED, now=now)


def renew(session: Session, *, lease_id: uuid.UUID, lease_seconds: int, by: int, now: datetime) -> datetime:
    """Prolong a lease while its page is being worked on; one that nobody took over may even have run out.

    Raises:
        LeaseLost: it was answered, given back, or its image went to somebody else.

    """
    lease = get_lease(session, lease_id, by=by)
    expires_at = now + timedelta(seconds=lease_seconds)
    if lease.ended_at is not None or not repository.prolong_hold(session, lease, expires_at=expires_at):
        raise LeaseLost
    lease.expires_at = expires_at
    return expires_at


def release_all(session: Session, *, lease_ids: Collection[uuid.UUID], by: int, now: datetime) -> None:
    """Give many asks back unanswered, e.g. a page of the grid; those that have ended stay as they are."""
    leases = repository.lock_leases_of(session, lease_ids, user_id=by)
    for lease in leases:
        if lease.ended_at is None:
            lease.ended_at, lease.outcome = now, LeaseOutcome.RELEASED
    repository.drop_holds(session, leases)


def renew_all(
    session: Session, *, lease_ids: Collection[uuid.UUID], lease_seconds: int, by: int, now: datetime
) -> tuple[datetime, set[uuid.UUID]]:
    """Prolong many leases; returns their new end, and which of them could be prolonged."""
    expires_at = now + timedelta(seconds=lease_seconds)
    leases = repository.lock_leases_of(session, lease_ids, user_id=by)
    running = [each for each in leases if each.ended_at is None]
    kept = repository.prolong_holds(session, running, expires_at=expires_at)
    for lease in running:
        if lease.id in kept:
            lease.expires_at = expires_at
    return expires_at, kept


def get_lease(session: Session, lease_id: uuid.UUID, *, by: int) -> Lease:
    """This person's lease, locked: of two requests that end it at once, the second one is a repetition.

    Raises:
        LeaseNotFound: there is none, or it is somebody else's.

    """
    lease = repository.find_lease_for_update(session, lease_id)
    if lease is None or lease.user_id != by:
        raise LeaseNotFound(lease=str(lease_id))
    return lease


def forget_expired_holds(session: Session, *, now: datetime) -> int:
    """Upkeep: delete holds that ran out a while ago (a late page may still renew one until then)."""
    return repository.delete_expired_holds(session, now=now - timedelta(hours=1))


def _following(
    session: Session,
    *,
    project_id: int,
    after_id: uuid.UUID,
    is_replay: bool,
    last_kind: str,
    asker: Asker,
) -> Handed | None:
    if asker.kinds is not None and not asker.kinds:
        return None
    if is_replay and (given := repository.find_given_after(session, after_id, now=asker.now)):
        return show(session, given)
    return next_ask(session, project_id=project_id, asker=asker, last_kind=last_kind, after_id=after_id)
