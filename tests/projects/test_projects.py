"""Projects over REST and their schemas."""

import copy
import html

import pytest
from pydantic import ValidationError
from sqlalchemy import select, text

from app import audit
from app.jobs import Job
from app.projects import service as projects
from app.projects.schemas import Schema
from tests.factories import FACE, NOW, landmarks_body, make_image, make_project

NEW = {"name": "faces", "schema": FACE}


def test_a_project_is_made_listed_and_shown(client):
    made = client.post("/api/v1/projects", json=NEW)

    assert made.status_code == 201
    project = made.json()
    assert project["schema"]["landmarks"] == FACE["landmarks"]
    assert project["counts"] == {"images": 0, "landmarks_labelled": 0, "attributes": {"pose": 0, "yaw": 0}}
    assert project["network"] is None
    assert client.get("/api/v1/projects").json() == {"items": [project], "cursor": None}
    assert client.get(f"/api/v1/projects/{project['id']}").json() == project


def test_a_repeated_request_with_the_same_key_makes_one_project(client):
    headers = {"Idempotency-Key": "abc"}
    first = client.post("/api/v1/projects", json=NEW, headers=headers)

    again = client.post("/api/v1/projects", json=NEW, headers=headers)
    other = client.post("/api/v1/projects", json={**NEW, "name": "hands"}, headers=headers)

    assert again.json() == first.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_two_projects_cannot_share_a_name(client):
    client.post("/api/v1/projects", json=NEW)

    again = client.post("/api/v1/projects", json=NEW)

    assert (again.status_code, again.json()["code"]) == (409, "project_name_taken")


def test_the_list_goes_on_where_the_cursor_says(client):
    ids = [client.post("/api/v1/projects", json={**NEW, "name": f"p{n}"}).json()["id"] for n in range(3)]

    page = client.get("/api/v1/projects", params={"limit": 2}).json()
    rest = client.get("/api/v1/projects", params={"limit": 2, "cursor": page["cursor"]}).json()

    assert [each["id"] for each in page["items"] + rest["items"]] == ids
    assert rest["cursor"] is None
    forged = client.get("/api/v1/projects", params={"cursor": "'; drop"})
    assert (forged.status_code, forged.json()["code"]) == (422, "cursor_invalid")


def changed(**changes):
    return {**copy.deepcopy(FACE), **changes}


@pytest.mark.parametrize(
    "schema",
    [
        {},
        changed(landmarks=["a", "a"], edges=[], mirror_pairs=[], normaliser={"kind": "box"}),
        changed(edges=[["eye_l", "nose"]]),
        changed(edges=[["eye_l", "eye_l"]]),
        changed(mirror_pairs=[["eye_l", "eye_r"], ["eye_l", "mouth"]]),
        changed(normaliser={"kind": "landmarks"}),
        changed(normaliser={"kind": "landmarks", "between": ["eye_l", "nose"]}),
        changed(attributes=[{"name": "landmarks", "kind": "classes", "classes": ["a", "b"]}]),
        changed(attributes=[{"name": "one", "kind": "classes", "classes": ["a"]}]),
        changed(attributes=[{"name": "yaw", "kind": "scale", "minimum": 5, "maximum": 5}]),
        changed(attributes=[{"name": "yaw", "kind": "scale", "minimum": 0, "maximum": float("nan")}]),
        changed(landmarks=["a/b"], edges=[], mirror_pairs=[], normaliser={"kind": "box"}),
        changed(extra=1),
    ],
)
def test_schemas_that_make_no_sense_are_refused(schema):
    with pytest.raises(ValidationError):
        Schema.model_validate(schema)


def label_one(client, database):
    with database.unit_of_work() as session:
        project = make_project(session)
        image = make_image(session, project)
    assert client.put(f"/api/v1/images/{image.id}/landmarks", json=landmarks_body()).status_code == 200
    return project.id


def test_with_labels_a_schema_only_grows(client, database):
    path = f"/api/v1/projects/{label_one(client, database)}"
    grown = changed(landmarks=[*FACE["landmarks"], "chin"])
    shrunk = changed(landmarks=["eye_l", "eye_r"], edges=[], mirror_pairs=[])

    good = client.patch(path, json={"schema": grown, "base_schema_version": 1})
    bad = client.patch(path, json={"schema": shrunk})

    assert (good.status_code, good.json()["schema_version"]) == (200, 2)
    assert (bad.status_code, bad.json()["code"]) == (409, "schema_in_use")
    assert "mouth" in bad.json()["detail"]


def test_a_changed_schema_has_its_asks_made_by_the_worker(client, database):
    path = f"/api/v1/projects/{label_one(client, database)}"

    client.patch(path, json={"schema": changed(landmarks=[*FACE["landmarks"], "chin"])})

    with database.reading() as session:
        assert [job.kind for job in session.scalars(select(Job))] == ["rank"]


def test_without_labels_a_schema_may_become_anything(client):
    project = client.post("/api/v1/projects", json=NEW).json()

    answer = client.patch(f"/api/v1/projects/{project['id']}", json={"schema": {"landmarks": ["a"]}})

    assert answer.json()["schema"]["landmarks"] == ["a"]


def test_a_change_made_on_an_older_schema_is_refused(client):
    project = client.post("/api/v1/projects", json=NEW).json()
    path = f"/api/v1/projects/{project['id']}"
    client.patch(path, json={"schema": {"landmarks": ["a"]}})

    stale = client.patch(path, json={"schema": {"landmarks": ["b"]}, "base_schema_version": 1})

    assert (stale.status_code, stale.json()["code"]) == (409, "stale_schema")


def test_a_missing_project_is_a_problem_for_programs_and_a_page_for_people(client):
    problem = client.get("/api/v1/projects/99")
    page = client.get("/projects/99", headers={"Accept": "text/html"})

    assert (problem.status_code, problem.json()["code"]) == (404, "project_not_found")
    assert problem.headers["content-type"] == "application/problem+json"
    assert page.status_code == 404
    assert "There is no project 99" in page.text


@pytest.mark.parametrize("typed", ["<b>{{7*7}}</b>", "{% for x in 'ab' %}49{% endfor %}", "${7*7}#{7*7}"])
def test_case_077_whatever_people_name_is_shown_as_it_was_typed(client, typed):
    """In every page that names it: nothing is computed, nothing becomes a tag."""
    made = client.post("/api/v1/projects", json={**NEW, "name": typed})
    assert made.status_code == 201, made.text

    shown = 0
    for path in ("", "/audit", "/grid", "/images", "/label", "/people", "/setup", "/time", "/training"):
        page = client.get(f"/projects/{made.json()['id']}{path}", headers={"Accept": "text/html"})
        if page.status_code == 200:
            shown += typed in html.unescape(page.text)
            assert "<b>{{" not in page.text
            assert "<b>49" not in page.text
    assert shown >= 7
    assert typed in html.unescape(client.get("/").text)


@pytest.mark.postgres
def test_a_schema_grows_while_rows_that_refer_to_the_project_are_being_added(postgres_database):
    with postgres_database.unit_of_work() as session:
        project = make_project(session)
    grown = Schema.model_validate(FACE | {"landmarks": [*FACE["landmarks"], "nose"]})

    with postgres_database.unit_of_work() as adding, postgres_database.unit_of_work() as changing:
        audit.record(adding, at=NOW, user_id=None, project_id=project.id, action="test", subject="test")
        adding.flush()
        changing.execute(text("SET LOCAL lock_timeout = '5s'"))
        projects.change(
            changing, project.id, name=None, schema=grown, base_schema_version=1, has_labels=True,
            by=project.created_by, now=NOW,
        )  # fmt: skip
