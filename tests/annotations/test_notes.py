"""Notes on images over HTTP, on both databases."""

import uuid

import pytest
from sqlalchemy import select, update

from app.audit import AuditEntry
from app.db import Database
from app.images.tables import Image
from tests.factories import NOW, make_image, make_project


@pytest.fixture
def image_id(any_database: Database) -> int:
    with any_database.unit_of_work() as session:
        return make_image(session, make_project(session)).id


def put(client, image_id, body, note_id=None):
    return client.put(f"/api/v1/images/{image_id}/notes/{note_id or uuid.uuid4()}", json=body)


def said(client, image_id):
    found = client.get(f"/api/v1/images/{image_id}/notes").json()
    return [(each["author"], each["text"], each["is_flagged"]) for each in found]


def test_notes_are_added_one_after_the_other_with_author_and_time(any_client, image_id):
    first = put(any_client, image_id, {"text": " two hands? "}).json()
    put(any_client, image_id, {"is_flagged": True})

    assert said(any_client, image_id) == [("owner", "two hands?", False), ("owner", "", True)]
    assert first["created_at"]


def test_a_note_and_a_settled_flag_are_in_the_audit_once(any_client, any_database, image_id):
    note_id = uuid.uuid4()
    for _ in range(2):
        put(any_client, image_id, {"text": "blurred", "is_flagged": True}, note_id)
        settled = any_client.post(f"/projects/1/images/{image_id}/notes/{note_id}/settle")

    with any_database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.subject == f"image:{image_id}")).all()
    assert settled.status_code == 200
    assert [(each.action, each.detail["note"]) for each in entries] == [
        ("note.added", str(note_id)),
        ("flag.settled", str(note_id)),
    ]
    assert {each.user_id is None for each in entries} == {False}


def test_a_repeat_is_stored_once_and_another_note_with_its_id_is_refused(any_client, image_id):
    note_id = uuid.uuid4()
    first = put(any_client, image_id, {"text": "blurred"}, note_id)

    again = put(any_client, image_id, {"text": "blurred"}, note_id)
    other = put(any_client, image_id, {"text": "sharp"}, note_id)

    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "note_id_reused")
    assert said(any_client, image_id) == [("owner", "blurred", False)]


@pytest.mark.parametrize("body", [{}, {"text": "  "}, {"text": "x" * 501}, {"text": "a\0"}, {"text": 7}])
def test_a_note_says_something_short(any_client, image_id, body):
    assert put(any_client, image_id, body).status_code == 422
    assert said(any_client, image_id) == []


def test_an_image_that_is_not_there_has_no_notes(any_client, any_database, image_id):
    assert put(any_client, image_id + 1, {"text": "here"}).status_code == 404
    assert any_client.get(f"/api/v1/images/{image_id + 1}/notes").status_code == 404
    with any_database.unit_of_work() as session:
        session.execute(update(Image).where(Image.id == image_id).values(archived_at=NOW))

    assert put(any_client, image_id, {"text": "gone"}).status_code == 410
