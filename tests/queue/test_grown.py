"""A landmark that the schema gains is asked on the images that were answered before."""

import threading
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select

from app.annotations.schemas import LandmarksAnswer
from app.annotations.tables import LANDMARKS
from app.db import Database, utc_now
from app.images import service as images
from app.jobs import Job, JobKind, JobStatus
from app.projects import service as projects
from app.projects.schemas import Schema
from app.projects.tables import Project
from app.queue import grown, handing, reasons
from app.queue import service as queue
from app.queue.handing import Asker
from app.queue.reasons import Reason
from app.queue.tables import Ask, AskStatus
from app.settings import Settings
from app.storage import Storage
from tests.factories import FACE, FACE_POINTS, NOW, landmarks_body, make_image, make_project, make_user, point
from worker.lane import Lane, Workplace


@pytest.fixture
def lane(any_database: Database, storage: Storage, settings: Settings) -> Lane:
    return Lane(
        Workplace(
            name="test",
            database=any_database,
            storage=storage,
            settings=settings,
            clock=utc_now,
            is_stopping=threading.Event(),
        ),
        [JobKind.RANK],
    )


def answer(session, image_id: int, who: Asker, *, points=FACE_POINTS, base: int = 0) -> None:
    given = LandmarksAnswer.model_validate(landmarks_body(points, base_revision=base))
    queue.answer(session, image_id=image_id, kind=LANDMARKS, answer=given, asker=replace(who, kinds=()))


def grow(session, project_id: int, *added: str, by: int) -> Schema:
    before = projects.schema_of(projects.get_project(session, project_id))
    schema = before.model_copy(update={"landmarks": (*before.landmarks, *added)})
    projects.change(
        session,
        project_id,
        name=None,
        schema=schema,
        base_schema_version=None,
        has_labels=True,
        by=by,
        now=NOW,
    )
    return schema


def open_landmarks(database: Database) -> dict[int, str]:
    with database.reading() as session:
        asks = session.scalars(select(Ask).where(Ask.kind == LANDMARKS, Ask.status == AskStatus.OPEN))
        return {ask.image_id: ask.reason_code for ask in asks}


def work(lane: Lane) -> None:
    while lane.do_one():
        pass


@pytest.fixture
def answered(any_database: Database) -> tuple[Project, list[int], Asker]:
    """Four images: three answered, one of them archived since, and one still open."""
    with any_database.unit_of_work() as session:
        project = make_project(session)
        ids = [make_image(session, project).id for _ in range(4)]
        queue.open_asks(session, project=project, image_ids=ids)
        who = Asker(make_user(session).id, (LANDMARKS,), 600, NOW)
        for image_id in ids[:3]:
            answer(session, image_id, who)
        images.archive(session, ids[2], by=who.user_id, now=NOW)
    return project, ids, who


def test_images_answered_before_are_asked_again_once_with_their_points_and_the_reason(
    any_database, monkeypatch, lane, answered
):
    monkeypatch.setattr(grown, "ROWS_AT_ONCE", 1)
    project, ids, who = answered
    with any_database.unit_of_work() as session:
        grow(session, project.id, "nose", by=who.user_id)
        answer(session, ids[1], who, points=(*FACE_POINTS, point("nose", 30, 30)), base=1)  # meanwhile

    work(lane)

    assert open_landmarks(any_database).items() >= {ids[0]: Reason.GROWN}.items()
    assert set(open_landmarks(any_database)) == {ids[0], ids[3]}
    with any_database.unit_of_work() as session:
        handed = handing.next_ask(session, project_id=project.id, asker=who)
        assert (handed.image.id, handed.revision, len(handed.body["points"])) == (ids[0], 1, 3)
        assert handed.lease.reason.startswith(reasons.SENTENCES[Reason.GROWN])
        answer(session, ids[0], who, base=1)  # left out on purpose

    with any_database.unit_of_work() as session:
        jobs_before = session.scalars(select(Job.status)).all()
        grow(session, project.id, by=who.user_id)
    work(lane)

    assert set(jobs_before) == {JobStatus.DONE}
    assert set(open_landmarks(any_database)) == {ids[3]}


def test_an_answer_of_a_page_that_is_older_than_a_landmark_is_kept_and_leaves_the_ask_open(
    any_database, answered
):
    project, ids, who = answered
    with any_database.unit_of_work() as session:
        grow(session, project.id, "nose", by=who.user_id)
    whole = (*FACE_POINTS, point("nose", 30, 30))

    def put(*, schema_version: int | None, points=FACE_POINTS, base: int = 0, answer_id=None) -> None:
        body = landmarks_body(points, base_revision=base, schema_version=schema_version, answer_id=answer_id)
        with any_database.unit_of_work() as session:
            given = LandmarksAnswer.model_validate(body)
            queue.answer(session, image_id=ids[3], kind=LANDMARKS, answer=given, asker=replace(who, kinds=()))

    first = uuid.uuid4()
    put(schema_version=1, answer_id=first)
    assert open_landmarks(any_database)[ids[3]] == Reason.GROWN
    with any_database.unit_of_work() as session:
        handed = handing.next_ask(session, project_id=project.id, asker=who)
        assert (handed.image.id, handed.revision, handed.schema_version) == (ids[3], 1, 2)
    put(schema_version=2, points=whole, base=1)
    assert ids[3] not in open_landmarks(any_database)
    put(schema_version=1, answer_id=first)  # a repetition opens nothing
    assert ids[3] not in open_landmarks(any_database)


@pytest.mark.parametrize("schema_version", [2, None])
def test_left_out_by_who_could_have_answered_it_or_by_a_client_that_names_no_schema_it_is_not_asked_again(
    any_database, answered, schema_version
):
    project, ids, who = answered
    with any_database.unit_of_work() as session:
        grow(session, project.id, "nose", by=who.user_id)
        given = LandmarksAnswer.model_validate(landmarks_body(schema_version=schema_version))
        queue.answer(session, image_id=ids[3], kind=LANDMARKS, answer=given, asker=replace(who, kinds=()))

    assert ids[3] not in open_landmarks(any_database)


def test_a_later_ranking_leaves_their_place_and_reason(any_database, lane, answered):
    project, ids, who = answered
    with any_database.unit_of_work() as session:
        grow(session, project.id, "nose", by=who.user_id)
        grow(session, project.id, "chin", by=who.user_id)
    work(lane)
    work(lane)

    assert [open_landmarks(any_database)[each] for each in ids[:2]] == [Reason.GROWN, Reason.GROWN]


def test_a_schema_that_only_gains_a_question_asks_no_landmarks_again(any_database, lane, answered):
    project, ids, who = answered
    questions = [
        *FACE["attributes"],
        {"name": "sex", "question": "?", "kind": "classes", "classes": ["a", "b"]},
    ]
    with any_database.unit_of_work() as session:
        projects.change(
            session,
            project.id,
            name=None,
            schema=Schema.model_validate(FACE | {"attributes": questions}),
            base_schema_version=None,
            has_labels=True,
            by=who.user_id,
            now=NOW,
        )
    work(lane)

    assert set(open_landmarks(any_database)) == {ids[3]}
