"""Images that are archived while somebody asks about them: none is handed out again, no ask stays open."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from app.annotations.schemas import AttributeAnswer
from app.db import Database
from app.images import service as images
from app.images.errors import ImageArchived
from app.queue import grid, handing, ranking
from app.queue import service as queue
from app.queue.handing import Asker
from app.queue.tables import Ask, Hold, Lease
from tests.factories import NOW, attribute_body, make_image, make_project, make_user

KIND = "pose"


def archive(session, image, *, by: int) -> None:
    images.archive(session, image.id, by=by, now=NOW)
    queue.withdraw(session, image_id=image.id)


def at_once(database: Database, first: Callable, second: Callable) -> None:
    """Do the second while the first has done its part and not committed."""

    def do() -> None:
        with database.unit_of_work() as session:
            second(session)

    other = threading.Thread(target=do)
    with database.unit_of_work() as session:
        first(session)
        other.start()
        other.join(0.5)  # it waits for this one; without that it has already looked by now
    other.join()


@pytest.fixture
def project(any_session):
    """Two images, the first archived with its asks left open."""
    project = make_project(any_session)
    made = [make_image(any_session, project) for _ in range(2)]
    queue.open_asks(any_session, project=project, image_ids=[each.id for each in made])
    made[0].archived_at = NOW
    return project


def asker(session) -> Asker:
    return Asker(make_user(session).id, (KIND,), 600, NOW)


def check_only_the_second_is_given(session, given: list[Lease]) -> None:
    asks = session.execute(select(Ask.image_id, Ask.status).where(Ask.kind == KIND).order_by(Ask.id)).all()
    assert [status for _, status in asks] == ["set_aside", "open"]
    assert [lease.image_id for lease in given] == [asks[1].image_id]
    assert session.scalars(select(Lease.id)).all() == [lease.id for lease in given]
    assert session.scalars(select(Hold.image_id)).all() == [asks[1].image_id]


def test_case_006_an_archived_image_whose_ask_stayed_open_is_not_handed_out(any_session, project):
    handed = handing.next_ask(any_session, project_id=project.id, asker=asker(any_session))

    assert handed is not None
    check_only_the_second_is_given(any_session, [handed.lease])


def test_case_006_nor_does_it_stand_in_a_page_of_the_grid(any_session, project):
    tiles = grid.next_page(
        any_session, project_id=project.id, attribute=KIND, count=9, asker=asker(any_session)
    )

    check_only_the_second_is_given(any_session, [tile.lease for tile in tiles])


def test_case_006_an_answer_sent_again_does_not_bring_what_was_archived_meanwhile(any_session):
    project = make_project(any_session)
    made = [make_image(any_session, project) for _ in range(3)]
    queue.open_asks(any_session, project=project, image_ids=[each.id for each in made])
    who = asker(any_session)

    def answer():
        return queue.answer(any_session, image_id=made[0].id, kind=KIND, answer=given, asker=who)

    given = AttributeAnswer.model_validate(attribute_body(next_kinds=[KIND]))
    brought = answer().next
    archive(any_session, brought.image, by=who.user_id)

    again = answer()

    assert again.submitted.is_replay
    assert again.next is not None
    assert again.next.image.id not in {made[0].id, brought.image.id}


def test_case_006_an_image_that_is_being_archived_cannot_be_chosen_to_be_asked_next(any_database):
    with any_database.unit_of_work() as session:
        by = make_user(session).id
        image = make_image(session, make_project(session))
        queue.open_asks(session, project=images.projects.get_project(session, 1), image_ids=[image.id])
    refused = []

    def choose(session) -> None:
        images.get_image(session, image.id)  # as its page does, to see whose it is
        try:
            queue.ask_first(session, image_id=image.id, kind=KIND, by=by, now=NOW)
        except ImageArchived as error:
            refused.append(error)

    at_once(any_database, lambda session: archive(session, image, by=by), choose)

    with any_database.reading() as session:
        statuses = set(session.scalars(select(Ask.status)))
    assert (len(refused), statuses) == (1, {"set_aside"})


def test_asks_of_a_new_kind_may_be_opened_by_two_rankings_at_once(any_database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        make_image(session, project)

    def open_asks(session) -> None:
        ranking.open_missing_asks(session, project.id, [KIND])

    at_once(any_database, open_asks, open_asks)

    with any_database.reading() as session:
        assert session.scalars(select(Ask.kind)).all() == [KIND]


def test_a_lease_that_is_being_answered_is_not_noted_as_given_back(any_database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        image = make_image(session, project)
        queue.open_asks(session, project=project, image_ids=[image.id])
        who = asker(session)
        handed = handing.next_ask(session, project_id=project.id, asker=who)
    assert handed is not None
    lease_id = handed.lease.id

    def answered(session) -> None:
        queue.get_lease(session, lease_id, by=who.user_id)
        ended = update(Lease).where(Lease.id == lease_id)
        session.execute(ended.values(ended_at=NOW, outcome="answered"))

    def give_back(session) -> None:
        queue.release_all(session, lease_ids=[lease_id], by=who.user_id, now=NOW)

    at_once(any_database, answered, give_back)

    with any_database.reading() as session:
        assert session.get_one(Lease, lease_id).outcome == "answered"
