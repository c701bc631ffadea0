"""Labels: canonical form, imports that never overwrite, predictions that they correct."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.annotations import repository, rules, service
from app.annotations.schemas import LandmarksAnswer
from app.annotations.tables import LANDMARKS
from app.images.errors import ImageArchived
from app.projects import service as projects
from app.projects.schemas import Schema
from tests.factories import FACE, FACE_POINTS, NOW, landmarks_body, make_image, make_project, make_user, point

SCHEMA = Schema.model_validate(FACE)
SIZE = {"width_px": 64, "height_px": 48}


def submit(session, image, by, body):
    answer = LandmarksAnswer.model_validate(body)
    return service.submit(
        session, image_id=image.id, kind=LANDMARKS, answer=answer, by=by.id, is_late=False, now=NOW
    )


def take_in(session, image, by, points):
    return service.import_label(
        session,
        image=image,
        kind=LANDMARKS,
        body={"points": points},
        by=by.id,
        now=NOW,
        schema=SCHEMA,
        schema_version=1,
    )


@pytest.fixture
def image(session):
    return make_image(session, make_project(session))


@pytest.fixture
def user(session):
    return make_user(session)


def test_points_are_stored_in_the_schemas_order():
    body = {"points": [point("mouth", 1, 1), point("eye_l", 2, 2)]}

    checked = rules.checked_body(LANDMARKS, body, schema=SCHEMA, **SIZE)

    assert [each["name"] for each in checked["points"]] == ["eye_l", "mouth"]


@given(x=st.floats(0, 64), y=st.floats(0, 48))
def test_every_position_inside_the_image_is_kept_exactly(x, y):
    checked = rules.checked_body(LANDMARKS, {"points": [point("mouth", x, y)]}, schema=SCHEMA, **SIZE)

    assert (checked["points"][0]["x"], checked["points"][0]["y"]) == (x, y)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
def test_case_072_what_is_not_a_number_never_reaches_the_database(bad):
    with pytest.raises(rules.NotANumber):
        rules.checked_body(LANDMARKS, {"points": [point("mouth", bad, 1)]}, schema=SCHEMA, **SIZE)


def test_an_imported_label_is_not_added_again(session, image, user):
    assert take_in(session, image, user, list(FACE_POINTS))
    assert not take_in(session, image, user, list(FACE_POINTS))

    assert repository.find_current(session, image.id, LANDMARKS).number == 1


def test_a_changed_import_supersedes_the_earlier_one(session, image, user):
    take_in(session, image, user, list(FACE_POINTS))

    assert take_in(session, image, user, [point("mouth", 1, 1)])

    assert repository.find_current(session, image.id, LANDMARKS).number == 2


def test_an_import_never_overwrites_an_annotator(session, image, user):
    submit(session, image, user, landmarks_body())

    assert not take_in(session, image, user, [point("mouth", 1, 1)])

    assert len(repository.find_current(session, image.id, LANDMARKS).body["points"]) == 3


def test_imports_do_not_set_the_price_of_a_label(session, image, user):
    take_in(session, image, user, list(FACE_POINTS))

    tally = repository.tallies_of(session, image.project_id)[LANDMARKS]
    assert (tally.labelled_count, tally.timed_count) == (1, 0)


def test_a_forgotten_tab_does_not_set_the_price_either(session, image, user):
    submit(session, image, user, landmarks_body(active_seconds=7200.0))

    tally = repository.tallies_of(session, image.project_id)[LANDMARKS]
    assert tally.active_seconds == service.LONGEST_TIMED_SECONDS


def test_a_prediction_of_another_image_cannot_be_what_was_corrected(session, image, user):
    body = landmarks_body(assist={"kind": "prediction", "prediction_id": 77})

    with pytest.raises(service.PredictionUnknown):
        submit(session, image, user, body)


def test_an_archived_image_takes_no_answers(session, image, user):
    image.archived_at = NOW
    session.flush()

    with pytest.raises(ImageArchived):
        submit(session, image, user, landmarks_body())


def test_the_same_id_on_another_image_is_refused(session, image, user):
    other = make_image(session, projects.get_project(session, image.project_id))
    body = landmarks_body(answer_id=uuid.UUID(int=7))
    submit(session, image, user, body)

    with pytest.raises(service.SubmissionIdReused):
        submit(session, other, user, body)


def test_current_labels_come_whole_images_at_a_time(session, user):
    project = make_project(session)
    images = [make_image(session, project) for _ in range(3)]
    for each in images:
        take_in(session, each, user, list(FACE_POINTS))

    first = repository.current_revisions(session, project.id, limit=2)
    rest = repository.current_revisions(session, project.id, after_image_id=first[-1].image_id, limit=2)

    assert [each.image_id for each in [*first, *rest]] == [each.id for each in images]
