"""The loop over HTTP: ask, answer, next; on both databases. Numbers are those of docs/promises.md."""

import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.annotations.tables import LabelHead, Revision, Tally, UnmergedAnswer
from app.audit import AuditEntry
from app.db import Database
from app.queue import service as queue
from app.queue.tables import Ask, Hold, Lease
from tests.factories import attribute_body, landmarks_body, make_image, make_project, point

LANDMARKS = ["landmarks"]


@pytest.fixture
def project_id(any_database: Database) -> int:
    """A project with six images and open asks."""
    with any_database.unit_of_work() as session:
        project = make_project(session)
        images = [make_image(session, project) for _ in range(6)]
        queue.open_asks(session, project=project, image_ids=[image.id for image in images])
        return project.id


def next_ask(client: TestClient, project_id: int, kinds: list[str] | None = None) -> dict[str, Any]:
    response = client.post(f"/api/v1/projects/{project_id}/asks/next", json={"kinds": kinds})
    assert response.status_code == 200, response.text
    return response.json()


def put(client: TestClient, ask: dict[str, Any], body: dict[str, Any]) -> Any:
    kind = ask["kind"]
    path = "landmarks" if kind == "landmarks" else f"attributes/{kind}"
    return client.put(f"/api/v1/images/{ask['image']['id']}/{path}", json=body)


def count(database: Database, table: type) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_answer_is_stored_and_brings_the_next_ask(any_client, any_database, project_id):
    ask = next_ask(any_client, project_id, LANDMARKS)

    response = put(
        any_client, ask, landmarks_body(lease_id=ask["lease_id"], next_kinds=LANDMARKS, active_seconds=12.5)
    )

    answered = response.json()
    assert response.status_code == 200
    assert answered["revision"]["number"] == 1
    assert answered["next"]["image"]["id"] != ask["image"]["id"]
    history = any_client.get(f"/api/v1/images/{ask['image']['id']}/revisions").json()
    assert [(each["author"], each["active_seconds"]) for each in history] == [("owner", 12.5)]
    assert [each["name"] for each in history[0]["points"]] == ["eye_l", "eye_r", "mouth"]
    with any_database.reading() as session:
        tally = session.scalars(select(Tally)).one()
        assert (tally.labelled_count, tally.timed_count, tally.active_seconds) == (1, 1, 12.5)
        assert session.get(Hold, ask["image"]["id"]) is None


def test_every_ask_says_why_in_words(any_client, project_id):
    ask = next_ask(any_client, project_id)

    assert ask["kind"] == "landmarks"
    assert ask["reason"]["code"] == "new"
    assert "Landmarks first" in ask["reason"]["text"]


def test_when_all_is_answered_there_is_nothing_to_ask(any_client, project_id):
    following = next_ask(any_client, project_id, ["pose"])
    for _ in range(6):
        body = attribute_body(lease_id=following["lease_id"], next_kinds=["pose"])
        following = put(any_client, following, body).json()["next"]

    assert following is None
    response = any_client.post(f"/api/v1/projects/{project_id}/asks/next", json={"kinds": ["pose"]})
    assert response.status_code == 204


def test_nobody_is_handed_an_image_that_another_holds(any_client, project_id):
    asks = [next_ask(any_client, project_id, kinds) for kinds in (LANDMARKS, ["pose"], None, ["yaw"])]

    assert len({ask["image"]["id"] for ask in asks}) == 4


def test_a_released_image_is_offered_again(any_client, project_id):
    held = [next_ask(any_client, project_id, LANDMARKS) for _ in range(6)]
    path = f"/api/v1/projects/{project_id}/asks/next"
    assert any_client.post(path, json={"kinds": LANDMARKS}).status_code == 204

    assert any_client.post(f"/api/v1/asks/{held[2]['lease_id']}/release").status_code == 204

    assert next_ask(any_client, project_id, LANDMARKS)["image"]["id"] == held[2]["image"]["id"]


def test_a_skipped_ask_comes_last_and_then_not_again(any_client, project_id):
    first = next_ask(any_client, project_id, ["pose"])
    order = [first["image"]["id"]]
    ask = first
    for _ in range(7):
        body = {"reason": "blurred", "next_kinds": ["pose"]}
        ask = any_client.post(f"/api/v1/asks/{ask['lease_id']}/skip", json=body).json()["next"]
        order.append(ask["image"]["id"])

    assert len(set(order[:6])) == 6
    assert order[6:] == order[:2]
    seen_twice = any_client.post(f"/api/v1/asks/{ask['lease_id']}/skip", json={"next_kinds": ["pose"]}).json()
    assert seen_twice["next"]["image"]["id"] not in order[6:]


def test_a_lease_is_prolonged_while_the_page_is_open(any_client, project_id):
    ask = next_ask(any_client, project_id)

    renewed = any_client.post(f"/api/v1/asks/{ask['lease_id']}/renew").json()

    assert renewed["expires_at"] >= ask["expires_at"]
    any_client.post(f"/api/v1/asks/{ask['lease_id']}/release")
    lost = any_client.post(f"/api/v1/asks/{ask['lease_id']}/renew")
    assert (lost.status_code, lost.json()["code"]) == (409, "lease_lost")


def test_case_001_an_answer_whose_reply_was_lost_is_stored_once(any_client, any_database, project_id):
    """The first reply never arrives; the browser sends the same again and gets the same next ask."""
    ask = next_ask(any_client, project_id, LANDMARKS)
    body = landmarks_body(lease_id=ask["lease_id"], next_kinds=LANDMARKS)
    lost = put(any_client, ask, body)

    again = put(any_client, ask, body)

    assert again.headers["Idempotent-Replay"] == "true"
    assert again.json() == lost.json()
    assert count(any_database, Revision) == 1
    with any_database.reading() as session:
        assert session.scalars(select(Tally.revision_count)).one() == 1


def test_case_002_the_same_answer_sent_by_many_at_once_is_stored_once(any_client, any_database, project_id):
    ask = next_ask(any_client, project_id, LANDMARKS)
    body = landmarks_body(lease_id=ask["lease_id"])
    answers: list[Any] = []
    barrier = threading.Barrier(12)

    def send() -> None:
        barrier.wait()
        answers.append(put(any_client, ask, body))

    senders = [threading.Thread(target=send) for _ in range(12)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    assert [answer.status_code for answer in answers] == [200] * 12
    assert sum("Idempotent-Replay" not in answer.headers for answer in answers) == 1
    assert count(any_database, Revision) == 1
    with any_database.reading() as session:
        added = select(func.count()).where(AuditEntry.action == "revision.added")
        assert session.scalar(added) == 1
        assert session.scalars(select(Tally.labelled_count)).one() == 1


def test_case_003_the_same_id_with_another_body_is_refused(any_client, project_id):
    ask = next_ask(any_client, project_id, LANDMARKS)
    body = landmarks_body(lease_id=ask["lease_id"])
    put(any_client, ask, body)

    other = put(any_client, ask, body | {"points": [point("mouth", 1, 1)]})

    assert (other.status_code, other.json()["code"]) == (422, "submission_id_reused")
    history = any_client.get(f"/api/v1/images/{ask['image']['id']}/revisions").json()
    assert len(history[0]["points"]) == 3


@pytest.mark.parametrize("base_revision", [0, 1])
def test_case_003_the_id_of_an_answer_that_was_kept_as_unmerged_takes_no_other(
    any_client, any_database, project_id, base_revision
):
    ask = next_ask(any_client, project_id, LANDMARKS)
    put(any_client, ask, landmarks_body())
    mine = landmarks_body()
    put(any_client, ask, mine)

    other = put(any_client, ask, mine | {"points": [point("mouth", 1, 1)], "base_revision": base_revision})
    again = put(any_client, ask, mine)

    assert (other.status_code, other.json()["code"]) == (422, "submission_id_reused")
    assert (again.status_code, again.json()["code"]) == (409, "stale_revision")
    assert (count(any_database, Revision), count(any_database, UnmergedAnswer)) == (1, 1)
    with any_database.reading() as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "answer.kept")).all()
    assert [each.detail["answer"] for each in told] == [mine["id"]]


def test_case_003_an_answer_that_was_kept_stays_so_when_the_chain_reaches_its_base(any_client, project_id):
    ask = next_ask(any_client, project_id, LANDMARKS)
    early = landmarks_body(base_revision=1)
    put(any_client, ask, early)
    put(any_client, ask, landmarks_body())

    again = put(any_client, ask, early)

    assert (again.status_code, again.json()["code"]) == (409, "stale_revision")
    assert len(any_client.get(f"/api/v1/images/{ask['image']['id']}/revisions").json()) == 1


def test_case_004_a_stale_edit_is_refused_and_kept(any_client, any_database, project_id):
    ask = next_ask(any_client, project_id, LANDMARKS)
    image_id = ask["image"]["id"]
    put(any_client, ask, landmarks_body())

    mine = landmarks_body([point("mouth", 7, 8)])
    stale = put(any_client, ask, mine)
    repeated = put(any_client, ask, mine)

    assert stale.status_code == repeated.status_code == 409
    problem = stale.json()
    assert (problem["code"], problem["actual"], problem["seen"]) == ("stale_revision", 1, 0)
    kept = any_client.get(f"/api/v1/images/{image_id}/unmerged").json()
    assert [each["points"] for each in kept] == [[{"name": "mouth", "state": "visible", "x": 7.0, "y": 8.0}]]
    assert count(any_database, Revision) == 1
    assert count(any_database, UnmergedAnswer) == 1


def test_an_edit_on_the_current_revision_supersedes_it(any_client, any_database, project_id):
    ask = next_ask(any_client, project_id, LANDMARKS)
    put(any_client, ask, landmarks_body())

    edited = put(any_client, ask, landmarks_body([point("mouth", 1, 2)], base_revision=1))

    assert edited.json()["revision"]["number"] == 2
    with any_database.reading() as session:
        head = session.scalars(select(LabelHead)).one()
        assert (head.number, str(head.revision_id)) == (2, edited.json()["revision"]["id"])
        tally = session.scalars(select(Tally)).one()
        assert (tally.labelled_count, tally.revision_count) == (1, 2)


def test_case_007_many_at_once_get_different_images(any_client, any_database, project_id):
    """Eight people on six images: six are served, two are told that nothing is left."""
    answers: list[Any] = []
    barrier = threading.Barrier(8)

    def ask() -> None:
        barrier.wait()
        path = f"/api/v1/projects/{project_id}/asks/next"
        answers.append(any_client.post(path, json={"kinds": LANDMARKS}))

    people = [threading.Thread(target=ask) for _ in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    served = [answer.json()["image"]["id"] for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 204}
    assert len(served) == len(set(served)) == 6


@pytest.mark.parametrize(
    ("points", "code"),
    [
        ([point("nose", 1, 1)], "landmark_unknown"),
        ([point("mouth", 1, 1), point("mouth", 2, 2)], "landmark_repeated"),
        ([point("mouth", 64.5, 1)], "landmark_outside_image"),
        ([point("mouth", -0.1, 1)], "landmark_outside_image"),
        ([], "nothing_answered"),
        ([point("mouth", 1)], "request_invalid"),
        ([point("mouth", 1, 1, state="absent")], "request_invalid"),
        ([point("mouth", 1, 1, state="gone")], "request_invalid"),
        ([point("mouth")], "request_invalid"),
    ],
)
def test_landmarks_that_cannot_be_are_refused(any_client, any_database, project_id, points, code):
    ask = next_ask(any_client, project_id, LANDMARKS)

    response = put(any_client, ask, landmarks_body(points))

    assert (response.status_code, response.json()["code"]) == (422, code)
    assert count(any_database, Revision) == 0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_landmark_that_is_not_a_number_is_refused(any_client, project_id, number):
    ask = next_ask(any_client, project_id, LANDMARKS)
    place = f'{{"name":"mouth","state":"visible","x":{number},"y":1}}'
    raw = f'{{"id":"{uuid.uuid4()}","base_revision":0,"points":[{place}]}}'

    response = any_client.put(
        f"/api/v1/images/{ask['image']['id']}/landmarks",
        content=raw,
        headers={"Content-Type": "application/json"},
    )

    assert (response.status_code, response.json()["code"]) == (422, "request_invalid")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("pose", "upside down", "value_unknown"),
        ("pose", 1, "value_unknown"),
        ("yaw", 91, "value_out_of_range"),
        ("yaw", "front", "not_a_number"),
        ("smile", "front", "attribute_not_found"),
        ("landmarks", "front", "attribute_not_found"),
    ],
)
def test_values_that_cannot_be_are_refused(any_client, project_id, name, value, code):
    ask = next_ask(any_client, project_id, LANDMARKS)

    response = any_client.put(
        f"/api/v1/images/{ask['image']['id']}/attributes/{name}", json=attribute_body(value)
    )

    assert response.status_code in {404, 422}
    assert response.json()["code"] == code


def test_cannot_tell_is_an_answer_and_is_stored(any_client, project_id):
    ask = next_ask(any_client, project_id, ["pose"])

    response = put(any_client, ask, attribute_body(None, lease_id=ask["lease_id"]))

    assert response.status_code == 200
    history = any_client.get(f"/api/v1/images/{ask['image']['id']}/revisions").json()
    assert (history[0]["kind"], history[0]["value"]) == ("pose", None)


def test_a_scale_answer_keeps_its_fraction(any_client, project_id):
    ask = next_ask(any_client, project_id, ["yaw"])

    put(any_client, ask, attribute_body(12.25, lease_id=ask["lease_id"]))

    history = any_client.get(f"/api/v1/images/{ask['image']['id']}/revisions").json()
    assert history[0]["value"] == 12.25


def test_positions_are_stored_to_the_last_bit(any_client, project_id):
    ask = next_ask(any_client, project_id, LANDMARKS)
    x, y = 10.1 + 0.2, 1 / 3

    put(any_client, ask, landmarks_body([point("mouth", x, y)]))

    stored = any_client.get(f"/api/v1/images/{ask['image']['id']}/revisions").json()[0]["points"][0]
    assert (stored["x"], stored["y"]) == (x, y)


def test_an_unknown_image_is_not_found(any_client):
    response = any_client.put("/api/v1/images/999/landmarks", json=landmarks_body())

    assert (response.status_code, response.json()["code"]) == (404, "image_not_found")


def test_leases_remember_the_reason_for_ever(any_client, any_database, project_id):
    ask = next_ask(any_client, project_id)

    with any_database.reading() as session:
        lease = session.get_one(Lease, uuid.UUID(ask["lease_id"]))
        assert lease.reason == ask["reason"]["text"]
        assert session.get_one(Ask, lease.ask_id).image_id == ask["image"]["id"]
