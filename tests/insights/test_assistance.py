"""The control arm: what predictions save, and how far they draw the points."""

import uuid
from dataclasses import replace

import pytest

from app import migrate
from app.annotations.schemas import LandmarksAnswer
from app.annotations.tables import LANDMARKS, Tally
from app.insights.assistance import Arm, Difference, assistance_of, compare, difference
from app.insights.pages import sentence
from app.predictions import service as predictions
from app.projects import service as projects
from app.queue import handing
from app.queue import service as queue
from app.queue.arms import ArmSoFar, Sums, arms_of, mean_distance_px
from app.queue.handing import Asker, is_drawn
from tests.factories import NOW, landmarks_body, make_image, make_project, make_user, point
from tests.predictions.test_predictions_service import make_network, row_for
from tests.statements import sent

MOUTH_X = 30.0


@pytest.fixture
def predicted(any_session):
    return make_predicted(any_session)


def make_predicted(session):
    """A project with a promoted network that has predicted twelve images."""
    project = make_project(session)
    images = [make_image(session, project) for _ in range(12)]
    queue.open_asks(session, project=project, image_ids=[each.id for each in images])
    network = make_network(session, project)
    predictions.promote(session, network.id, by=None, now=NOW)
    predictions.store_predictions(session, network, [row_for(each.id, MOUTH_X) for each in images])
    return project


def asker(session):
    return Asker(make_user(session).id, (LANDMARKS,), 600, NOW)


def hand(session, project, *, share):
    """The next ask, with that share of asks in the control arm, and who holds it."""
    projects.set_control_share(session, project.id, share=share, by=make_user(session).id, now=NOW)
    who = asker(session)
    return handing.next_ask(session, project_id=project.id, asker=who), who


def label(session, handed, who, *, seconds, x):
    body = landmarks_body([point("mouth", x, 2.0)], lease_id=str(handed.lease.id), active_seconds=seconds)
    answer = LandmarksAnswer.model_validate(body)
    queue.answer(
        session, image_id=handed.image.id, kind=LANDMARKS, answer=answer, asker=replace(who, kinds=())
    )


@pytest.mark.parametrize(("share", "is_hidden"), [(0.0, False), (1.0, True)])
def test_the_control_arm_gets_no_prediction_and_its_lease_says_which_one(
    any_session, predicted, share, is_hidden
):
    handed, _ = hand(any_session, predicted, share=share)

    assert (handed.prediction is None) is is_hidden
    assert handed.lease.is_control is is_hidden
    assert handed.lease.prediction_id is not None


def test_a_question_keeps_its_prediction_since_nothing_is_compared_for_it(any_session, predicted):
    projects.set_control_share(any_session, predicted.id, share=1.0, by=make_user(any_session).id, now=NOW)
    handed = handing.next_ask(
        any_session, project_id=predicted.id, asker=replace(asker(any_session), kinds=("pose",))
    )

    assert (handed.lease.kind, handed.lease.is_control) == ("pose", False)
    assert handed.prediction is not None


def test_the_share_of_the_control_arm_is_what_was_asked_for():
    drawn = sum(is_drawn(uuid.uuid4(), share=0.1) for _ in range(20_000))

    assert 1700 < drawn < 2300


def test_a_repeated_request_stays_in_its_arm(any_session, predicted):
    handed, _ = hand(any_session, predicted, share=1.0)
    projects.set_control_share(any_session, predicted.id, share=0.0, by=handed.lease.user_id, now=NOW)

    assert handing.show(any_session, handed.lease).prediction is None


def test_seconds_saved_and_points_drawn_come_from_the_answers_of_both_arms(any_session, predicted):
    for share, seconds, x in ((0.0, 10.0, 30.5), (1.0, 40.0, 32.0)):
        for number in range(6):
            handed, who = hand(any_session, predicted, share=share)
            label(any_session, handed, who, seconds=seconds + number, x=x)

    found = assistance_of(any_session, predicted.id, control_share=0.1)

    assert found.shown == Arm(answers=6, seconds=12.5, distance_px=0.5)
    assert found.hidden == Arm(answers=6, seconds=42.5, distance_px=2.0)
    assert found.saved_seconds.mean == 30.0
    assert found.saved_seconds.margin == pytest.approx(1.96 * (2 * 3.5 / 6) ** 0.5)
    assert found.drawn_px == Difference(1.5, 0.0)
    assert sentence(found) == (
        "Assistance saves 30.0 ± 2.1 s an image and moves points by 1.5 ± 0.0 px towards the prediction."
    )


def test_answers_without_a_lease_or_a_prediction_say_nothing(any_session, predicted):
    image = make_image(any_session, predicted)
    queue.open_asks(any_session, project=predicted, image_ids=[image.id])
    who = asker(any_session)
    body = LandmarksAnswer.model_validate(landmarks_body())
    queue.answer(any_session, image_id=image.id, kind=LANDMARKS, answer=body, asker=replace(who, kinds=()))

    found = assistance_of(any_session, predicted.id, control_share=0.1)

    assert (found.shown.answers, found.hidden.answers) == (0, 0)
    assert found.saved_seconds is None
    assert sentence(found).startswith("Not known yet")


def test_a_repeated_answer_counts_once_and_a_correction_not_at_all(any_session, predicted):
    handed, who = hand(any_session, predicted, share=0.0)
    lease = {"lease_id": str(handed.lease.id), "active_seconds": 10.0}
    first = LandmarksAnswer.model_validate(landmarks_body([point("mouth", MOUTH_X, 2.0)], **lease))
    again = LandmarksAnswer.model_validate(
        landmarks_body([point("mouth", MOUTH_X + 9, 2.0)], base_revision=1, **lease)
    )
    for answer in (first, first, again):
        queue.answer(
            any_session, image_id=handed.image.id, kind=LANDMARKS, answer=answer, asker=replace(who, kinds=())
        )

    assert assistance_of(any_session, predicted.id, control_share=0.1).shown == Arm(1, 10.0, 0.0)


def test_the_comparison_reads_two_rows_and_no_answer(any_session, predicted):
    for _ in range(6):
        handed, who = hand(any_session, predicted, share=0.0)
        label(any_session, handed, who, seconds=10.0, x=MOUTH_X)

    with sent(any_session) as statements:
        assistance_of(any_session, predicted.id, control_share=0.1)

    assert len(statements) == 1
    assert "FROM arm_sums" in statements[0][0]


def test_a_database_of_before_gets_the_sums_of_the_answers_that_are_there(any_database):
    with any_database.unit_of_work() as session:
        project = make_predicted(session)
        for share, seconds in ((0.0, 10.0), (0.0, 13.0), (1.0, 40.0)):
            handed, who = hand(session, project, share=share)
            label(session, handed, who, seconds=seconds, x=MOUTH_X + 1)
        counted = arms_of(session, project.id)

    migrate.downgrade(any_database, "0005")
    migrate.upgrade(any_database)

    with any_database.reading() as session:
        assert arms_of(session, project.id) == counted
    assert [arm.seconds.count for arm in counted] == [2, 1]


def test_a_difference_needs_enough_answers_in_both_arms():
    assert difference(Sums.of([1.0] * 4), Sums.of([2.0] * 50)) is None
    assert difference(Sums.of([1.0, 3.0] * 3), Sums.of([2.0] * 5)).mean == 0


def test_absent_and_unpredicted_landmarks_have_no_distance():
    predicted = [{"name": "mouth", "x": 0.0, "y": 0.0}]

    assert mean_distance_px([point("mouth", 3, 4), point("eye_l", 9, 9)], predicted) == 5
    assert mean_distance_px([point("mouth", state="absent"), point("eye_l", 9, 9)], predicted) is None


def test_help_that_costs_time_is_called_so():
    shown, hidden = (ArmSoFar(Sums.of([seconds] * 5)) for seconds in (20.0, 10.0))

    found = compare(shown, hidden, control_share=0.5)

    assert sentence(found) == "Assistance costs 10.0 ± 0.0 s an image."


def test_the_page_and_the_api_say_how_it_stands(client, database):
    with database.unit_of_work() as session:
        project_id = make_project(session).id

    changed = client.patch(f"/api/v1/projects/{project_id}", json={"control_share": 0.25})
    said = client.get(f"/api/v1/projects/{project_id}/assistance")
    page = client.get(f"/projects/{project_id}/time")

    assert changed.json()["control_share"] == said.json()["control_share"] == 0.25
    assert said.json()["shown"] == {"answers": 0, "seconds": None, "distance_px": None}
    assert "On 25 % of the images" in page.text
    assert "Not known yet" in page.text


@pytest.mark.parametrize(("seconds", "said"), [(90.0, "1.5 min"), (3599.0, "60.0 min"), (5400.0, "1.50 h")])
def test_time_is_told_in_minutes_below_an_hour(client, database, seconds, said):
    with database.unit_of_work() as session:
        project_id = make_project(session).id
        session.add(Tally(project_id=project_id, kind="landmarks", timed_count=9, active_seconds=seconds))

    page = client.get(f"/projects/{project_id}/time")

    assert f'<td class="number">{said}</td>' in page.text


def test_the_share_is_changed_on_the_page(client, database):
    with database.unit_of_work() as session:
        project_id = make_project(session).id

    page = client.post(f"/projects/{project_id}/time", data={"control_percent": "12.5"})

    assert 'value="12.5"' in page.text
    assert "On 12.5 % of the images" in page.text
    assert client.post(f"/projects/{project_id}/time", data={"control_percent": "101"}).status_code == 422


@pytest.mark.parametrize("share", [-0.1, 1.1, "much"])
def test_a_share_that_is_none_is_refused(client, database, share):
    with database.unit_of_work() as session:
        project_id = make_project(session).id

    refused = client.patch(f"/api/v1/projects/{project_id}", json={"control_share": share})

    assert refused.status_code == 422
