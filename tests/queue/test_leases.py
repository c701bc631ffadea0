"""Leases in time: they expire, free their image, and a late answer is still taken."""

import threading
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.annotations import service as annotations
from app.annotations.schemas import LandmarksAnswer
from app.annotations.service import StaleRevision
from app.annotations.tables import LANDMARKS
from app.audit import AuditEntry
from app.queue import handing, repository
from app.queue import service as queue
from app.queue.handing import Asker
from app.queue.service import LeaseLost, LeaseNotFound
from app.queue.tables import Ask
from tests.factories import NOW, landmarks_body, later, make_image, make_project, make_user

LEASE_SECONDS = 600


@pytest.fixture
def project(any_session):
    project = make_project(any_session)
    images = [make_image(any_session, project) for _ in range(2)]
    queue.open_asks(any_session, project=project, image_ids=[each.id for each in images])
    return project


def asker(session, *, at: float = 0) -> Asker:
    return Asker(make_user(session).id, (LANDMARKS,), LEASE_SECONDS, later(at))


def ask(session, project, who: Asker):
    return handing.next_ask(session, project_id=project.id, asker=who)


def answer(session, handed, who: Asker, **changes):
    body = landmarks_body(lease_id=str(handed.lease.id)) | changes
    parsed = LandmarksAnswer.model_validate(body)
    nothing_next = replace(who, kinds=())
    return queue.answer(session, image_id=handed.image.id, kind=LANDMARKS, answer=parsed, asker=nothing_next)


def test_case_008_a_dead_browsers_image_is_offered_again_after_the_lease_and_not_before(any_session, project):
    gone = ask(any_session, project, asker(any_session))
    other = ask(any_session, project, asker(any_session))

    assert ask(any_session, project, asker(any_session, at=LEASE_SECONDS - 1)) is None
    again = ask(any_session, project, asker(any_session, at=LEASE_SECONDS + 1))
    assert again.image.id == gone.image.id != other.image.id


def test_case_009_an_answer_after_the_lease_moved_on_is_stored_and_marked_late(any_session, project):
    """A vanishes past the lease, B gets the image; A answers before B: A's label stands, marked late."""
    a, b = asker(any_session), asker(any_session, at=LEASE_SECONDS + 1)
    held_by_a = ask(any_session, project, a)
    held_by_b = ask(any_session, project, b)
    assert held_by_a.image.id == held_by_b.image.id

    late = answer(any_session, held_by_a, replace(a, now=later(LEASE_SECONDS + 2)))

    assert late.submitted.revision.is_late
    assert late.submitted.revision.number == 1


def test_case_009_an_answer_after_somebody_elses_is_kept_as_unmerged(any_session, project):
    a, b = asker(any_session), asker(any_session, at=LEASE_SECONDS + 1)
    held_by_a = ask(any_session, project, a)
    held_by_b = ask(any_session, project, b)
    answer(any_session, held_by_b, b)

    with pytest.raises(StaleRevision) as refused:
        answer(any_session, held_by_a, replace(a, now=later(LEASE_SECONDS + 2)))

    assert refused.value.keeps_changes
    kept = annotations.repository.unmerged(any_session, held_by_a.image.id)
    assert [each.author_id for each in kept] == [a.user_id]


def test_an_answer_in_time_is_not_late(any_session, project):
    who = asker(any_session)
    handed = ask(any_session, project, who)

    stored = answer(any_session, handed, replace(who, now=later(LEASE_SECONDS - 1)))

    assert not stored.submitted.revision.is_late
    assert handed.lease.outcome == "answered"


def test_a_lease_that_nobody_took_over_can_be_renewed_even_after_its_end(any_session, project):
    handed = ask(any_session, project, asker(any_session))

    ends = queue.renew(
        any_session,
        lease_id=handed.lease.id,
        lease_seconds=LEASE_SECONDS,
        by=handed.lease.user_id,
        now=later(LEASE_SECONDS + 5),
    )

    assert ends == later(2 * LEASE_SECONDS + 5)
    assert repository.holds_image(any_session, handed.lease, now=later(LEASE_SECONDS + 6))


def test_a_lease_whose_image_went_to_somebody_else_cannot(any_session, project):
    handed = ask(any_session, project, asker(any_session))
    ask(any_session, project, asker(any_session))
    ask(any_session, project, asker(any_session, at=LEASE_SECONDS + 1))

    with pytest.raises(LeaseLost):
        queue.renew(
            any_session,
            lease_id=handed.lease.id,
            lease_seconds=9,
            by=handed.lease.user_id,
            now=later(LEASE_SECONDS + 2),
        )


def test_releasing_twice_does_not_free_the_next_holders_image(any_session, project):
    first = ask(any_session, project, asker(any_session))
    queue.release(any_session, lease_id=first.lease.id, by=first.lease.user_id, now=NOW)
    second = ask(any_session, project, asker(any_session))
    assert second.image.id == first.image.id

    queue.release(any_session, lease_id=first.lease.id, by=first.lease.user_id, now=NOW)

    assert repository.holds_image(any_session, second.lease, now=NOW)


def test_an_unknown_lease_is_named(any_session):
    with pytest.raises(LeaseNotFound, match="no lease 00000000"):
        queue.release(any_session, lease_id=uuid.UUID(int=0), by=1, now=NOW)


def test_somebody_elses_lease_is_as_unknown_as_one_that_does_not_exist(any_session, project):
    mine, other = asker(any_session), asker(any_session)
    lease = ask(any_session, project, mine).lease

    with pytest.raises(LeaseNotFound):
        queue.release(any_session, lease_id=lease.id, by=other.user_id, now=NOW)
    with pytest.raises(LeaseNotFound):
        queue.renew(any_session, lease_id=lease.id, lease_seconds=9, by=other.user_id, now=NOW)
    with pytest.raises(LeaseNotFound):
        queue.skip(any_session, lease_id=lease.id, why=None, asker=other)

    assert (lease.ended_at, lease.expires_at) == (None, later(LEASE_SECONDS))
    assert repository.holds_image(any_session, lease, now=NOW)
    assert any_session.get_one(Ask, lease.ask_id).skip_count == 0


def test_an_answer_with_somebody_elses_lease_id_still_counts_but_leaves_that_lease_alone(
    any_session, project
):
    mine, theirs = asker(any_session), asker(any_session)
    my_image, their_image = ask(any_session, project, mine), ask(any_session, project, theirs)

    answer(any_session, my_image, mine, lease_id=str(their_image.lease.id))

    assert their_image.lease.ended_at is None
    assert repository.holds_image(any_session, their_image.lease, now=NOW)


def test_upkeep_forgets_holds_an_hour_after_their_end(any_session, project):
    ask(any_session, project, asker(any_session))

    assert queue.forget_expired_holds(any_session, now=later(LEASE_SECONDS + 60)) == 0
    assert queue.forget_expired_holds(any_session, now=later(LEASE_SECONDS + 3700)) == 1


def test_asks_are_opened_once(any_session, project):
    image = make_image(any_session, project)

    queue.open_asks(any_session, project=project, image_ids=[image.id])
    queue.open_asks(any_session, project=project, image_ids=[image.id])

    handed = [ask(any_session, project, asker(any_session)) for _ in range(4)]
    assert sum(each is not None for each in handed) == 3


def test_an_archived_image_is_not_asked_for(any_session, project):
    first = ask(any_session, project, asker(any_session))
    queue.release(any_session, lease_id=first.lease.id, by=first.lease.user_id, now=NOW)

    queue.withdraw(any_session, image_id=first.image.id)

    assert ask(any_session, project, asker(any_session)).image.id != first.image.id


def test_a_skip_that_is_sent_again_while_the_first_is_under_way_counts_once(any_database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        queue.open_asks(session, project=project, image_ids=[make_image(session, project).id])
        who = replace(asker(session), kinds=())
        lease_id = handing.next_ask(
            session, project_id=project.id, asker=replace(who, kinds=(LANDMARKS,))
        ).lease.id

    def skip() -> None:
        with any_database.unit_of_work() as session:
            queue.skip(session, lease_id=lease_id, why=None, asker=who)

    with any_database.unit_of_work() as session:
        queue.skip(session, lease_id=lease_id, why=None, asker=who)
        again = threading.Thread(target=skip)
        again.start()
        again.join(0.5)  # it waits for this one; without that it has already looked by now
    again.join()

    with any_database.reading() as session:
        asked = session.scalars(select(Ask).where(Ask.kind == LANDMARKS)).one()
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "ask.skipped")).all()
    assert (asked.skip_count, asked.status, len(told)) == (1, "open", 1)


def test_case_098_a_page_keeps_images_in_store_only_while_five_times_as_many_are_free(any_session):
    project = make_project(any_session)
    images = [make_image(any_session, project) for _ in range(21)]
    queue.open_asks(any_session, project=project, image_ids=[each.id for each in images])
    who = asker(any_session)

    assert ask(any_session, project, replace(who, asks_held=3)) is not None  # 21 are free, 20 are enough
    assert ask(any_session, project, replace(who, asks_held=3)) is not None
    assert ask(any_session, project, replace(who, asks_held=3)) is None
    assert ask(any_session, project, replace(who, asks_held=2)) is not None  # the next few, whatever is left


def test_how_many_asks_a_client_holds_is_no_part_of_its_answer(any_session, project):
    who = asker(any_session)
    held = ask(any_session, project, who)
    said = {"id": str(uuid.uuid4())}

    answer(any_session, held, who, **said, asks_held=3)

    assert answer(any_session, held, who, **said, asks_held=19).submitted.is_replay
