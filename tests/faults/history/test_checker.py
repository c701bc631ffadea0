"""The checker alone: it is content with what is right, and names what is wrong."""

import uuid
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from app.annotations import service as annotations
from app.annotations.schemas import LandmarksAnswer
from app.annotations.service import StaleRevision
from app.annotations.tables import LANDMARKS, LabelHead, Revision, Tally, UnmergedAnswer
from app.audit import AuditEntry
from app.db import Database
from app.users.tables import User
from tests.append_only import lift_guard
from tests.factories import FACE_POINTS, NOW, landmarks_body, make_image, make_project, make_user
from tests.faults.history.calm import check_calm
from tests.faults.history.checker import Stored, check_labels
from tests.faults.history.record import Answer, Fault, Held, History, ImageSeen, Outcome, Read, Request, Skip

FIRST, SECOND, STALE = (str(uuid.UUID(int=number)) for number in (1, 2, 3))


@pytest.fixture
def history(session: Session) -> History:
    """Two answers about one image and a stale one, as given and as stored."""
    author = make_user(session, name="ada")
    image = make_image(session, make_project(session))
    history = History(seed=0)
    for answer_id, base in ((FIRST, 0), (SECOND, 1), (STALE, 1)):
        answer = Answer(
            id=answer_id, client="ada", what="edit", project_id=image.project_id, image_id=image.id,
            kind=LANDMARKS, base=base, stamp=history.next_stamp(), body={"points": list(FACE_POINTS)},
            outcome=Outcome.ACKNOWLEDGED, number=base + 1, invoked=10.0, completed=11.0,
        )  # fmt: skip
        history.answers[answer_id] = answer
        body = landmarks_body(answer_id=uuid.UUID(answer_id), base_revision=base, active_seconds=answer.stamp)
        try:
            annotations.submit(
                session, image_id=image.id, kind=LANDMARKS, answer=LandmarksAnswer.model_validate(body),
                by=author.id, is_late=False, now=NOW,
            )  # fmt: skip
        except StaleRevision:
            answer.outcome, answer.code = Outcome.REFUSED, "stale_revision"
    return history


def codes(history: History, session: Session) -> set[str]:
    session.flush()
    session.expire_all()
    return {violation.code for violation in check_labels(history, Stored.read(session))}


def test_nothing_is_said_of_what_is_right(history: History, session: Session) -> None:
    assert codes(history, session) == set()


def _lose_a_revision(session: Session) -> None:
    session.execute(update(LabelHead).values(revision_id=uuid.UUID(FIRST), number=1))
    session.execute(delete(Revision).where(Revision.id == uuid.UUID(SECOND)))


def _change_a_body(session: Session) -> None:
    session.execute(update(Revision).values(body={"points": []}))


def _lose_an_audit_row(session: Session) -> None:
    session.execute(delete(AuditEntry).where(AuditEntry.action == "revision.added"))


def _miscount(session: Session) -> None:
    session.execute(update(Tally).values(active_seconds=Tally.active_seconds + 1 / 64))


def _leave_a_gap(session: Session) -> None:
    session.execute(update(Revision).where(Revision.id == uuid.UUID(SECOND)).values(number=3))


def _lose_the_losers_work(session: Session) -> None:
    session.execute(delete(UnmergedAnswer))


def _name_another_author(session: Session) -> None:
    session.execute(update(User).where(User.name == "ada").values(name="eve"))


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        (_lose_a_revision, "I1"),
        (_change_a_body, "I9"),
        (_lose_an_audit_row, "I5"),
        (_miscount, "I5"),
        (_leave_a_gap, "I6"),
        (_lose_the_losers_work, "I7"),
        (_name_another_author, "I9"),
    ],
)
def test_rows_that_are_wrong_are_named(
    history: History, session: Session, tamper: Callable[[Session], None], code: str
) -> None:
    lift_guard(session)
    tamper(session)

    assert code in codes(history, session)


def _deny_a_row(history: History) -> None:
    del history.answers[FIRST]


def _refuse_what_is_stored(history: History) -> None:
    history.answers[SECOND].outcome = Outcome.REFUSED


def _doubt_another_body(history: History) -> None:
    history.answers[SECOND].outcome, history.answers[SECOND].base = Outcome.UNKNOWN, 0


def _hold_twice(history: History) -> None:
    one = Held("ada", "a", image_id=1, since=0.0, until=2.0)
    history.held += [one, replace(one, client="eve", lease_id="b", since=1.0)]


def _read_too_little(history: History) -> None:
    image_id = history.answers[FIRST].image_id
    history.reads.append(Read("ada", image_id, {LANDMARKS: [FIRST]}, invoked=12.0, completed=13.0))


def _skip_without_a_trace(history: History) -> None:
    history.skips.append(Skip("a", 1, LANDMARKS, Outcome.ACKNOWLEDGED))


def _see_another_image(history: History) -> None:
    history.images.append(ImageSeen(1, sha256="a", uploaded_sha256="b", etag="b"))


@pytest.mark.parametrize(
    ("remember", "code"),
    [
        (_deny_a_row, "I3"),
        (_refuse_what_is_stored, "I7"),
        (_doubt_another_body, "I4"),
        (_hold_twice, "I8"),
        (_read_too_little, "I10"),
        (_skip_without_a_trace, "I5"),
        (_see_another_image, "I13"),
    ],
)
def test_what_the_clients_saw_is_compared(
    history: History, session: Session, remember: Callable[[History], None], code: str
) -> None:
    remember(history)

    assert code in codes(history, session)


def test_an_answer_under_two_ids_is_named(history: History, session: Session, database: Database) -> None:
    session.execute(update(UnmergedAnswer).values(active_seconds=history.answers[FIRST].stamp))

    assert "I2" in codes(history, session)


@pytest.mark.parametrize(
    ("request_", "is_named"),
    [
        (Request("ada", "next", invoked=1.0, completed=2.0, status=200), False),
        (Request("ada", "next", invoked=1.0, completed=2.0, status=503), True),
        (Request("ada", "next", invoked=11.0, completed=12.0, status=503), False),
        (Request("ada", "next", invoked=11.0, completed=12.0, status=500), True),
        (Request("ada", "next", invoked=11.0, completed=12.0, status=404), True),
        (Request("ada", "stale_edit", invoked=1.0, completed=2.0, status=409), False),
    ],
)
def test_a_failure_is_allowed_only_while_something_is_broken(request_: Request, *, is_named: bool) -> None:
    history = History(seed=0, requests=[request_], faults=[Fault("kill_web", began=10.0, ended=15.0)])

    assert bool(list(check_calm(history))) == is_named
