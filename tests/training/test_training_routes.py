"""Runs over REST, and the training page."""

import pytest
from starlette.testclient import TestClient

from app.db import Database
from app.projects.tables import Project
from app.training import lifecycle
from app.training.words import duration_words
from tests.factories import NOW, landmarks_body, later, make_image, make_project


@pytest.fixture
def project(client: TestClient, database: Database) -> Project:
    """A project with one labelled image."""
    with database.unit_of_work() as session:
        project = make_project(session, name="a <b>bold</b> name")
        image = make_image(session, project)
    client.put(f"/api/v1/images/{image.id}/landmarks", json=landmarks_body()).raise_for_status()
    return project


def test_a_run_is_accepted_listed_and_shown(client: TestClient, project: Project):
    asked = client.post(f"/api/v1/projects/{project.id}/runs", json={"options": {"steps": 7, "losses": "L"}})
    listed = client.get(f"/api/v1/projects/{project.id}/runs").json()
    shown = client.get(f"/api/v1/runs/{asked.json()['id']}").json()

    assert asked.status_code == 202
    assert (asked.json()["status"], asked.json()["options"]) == ("queued", {"steps": 7, "losses": "L"})
    assert [run["id"] for run in listed["items"]] == [shown["id"]]
    assert shown["points"] == []


def test_case_034_pressing_train_many_times_gives_one_run(client: TestClient, project: Project):
    answers = [client.post(f"/api/v1/projects/{project.id}/runs") for _ in range(50)]

    codes = [answer.status_code for answer in answers]
    assert codes == [202] + [409] * 49
    problem = answers[-1].json()
    assert (problem["code"], problem["run"]) == ("training_already_running", answers[0].json()["id"])


def test_a_request_repeated_with_its_key_gets_the_same_run(client: TestClient, project: Project):
    url, key = f"/api/v1/projects/{project.id}/runs", {"Idempotency-Key": "one"}

    first, again = client.post(url, headers=key), client.post(url, headers=key)

    assert (again.status_code, again.json()) == (202, first.json())


@pytest.mark.parametrize(
    "options", [{"steps": 0}, {"steps": "many"}, {"losses": "X"}, {"seed": -1}, {"unknown": 1}]
)
def test_options_that_make_no_sense_are_refused(client: TestClient, project: Project, options: dict):
    answer = client.post(f"/api/v1/projects/{project.id}/runs", json={"options": options})

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_case_038_a_run_of_nothing_is_refused_in_words(client: TestClient, database: Database):
    with database.unit_of_work() as session:
        empty = make_project(session)

    answer = client.post(f"/api/v1/projects/{empty.id}/runs")

    assert (answer.status_code, answer.json()["code"]) == (422, "not_enough_labels")
    assert "Label some" in answer.json()["detail"]


def test_case_039_a_waiting_run_is_cancelled_and_stays_so(client: TestClient, project: Project):
    run = client.post(f"/api/v1/projects/{project.id}/runs").json()

    first = client.post(f"/api/v1/runs/{run['id']}/cancel").json()
    again = client.post(f"/api/v1/runs/{run['id']}/cancel").json()

    assert first["status"] == "cancelled"
    assert again == first


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min 0 s"),
        (423, "7 min 3 s"),
        (3599.6, "1 h 0 min"),
        (7500, "2 h 5 min"),
    ],
)
def test_how_long_a_run_took_is_told_in_its_largest_units(seconds: float, words: str):
    assert duration_words(seconds) == words


def test_the_training_page_tells_minutes(client: TestClient, database: Database, project: Project):
    run = client.post(f"/api/v1/projects/{project.id}/runs").json()
    with database.unit_of_work() as session:
        lifecycle.begin(session, run["id"], attempt=1, now=NOW)
        lifecycle.fail(session, run["id"], code="diverged", detail="no", now=later(423))

    assert "· 7 min 3 s</span>" in client.get(f"/projects/{project.id}/training").text


@pytest.mark.parametrize(
    "path", ["projects/99/runs", "runs/99", "projects/99/events", "projects/99/networks"]
)
def test_what_is_not_there_is_a_problem(client: TestClient, path: str):
    answer = client.get(f"/api/v1/{path}")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_page_shows_a_run_with_curves_and_escapes_names(
    client: TestClient, project: Project, database: Database
):
    run = client.post(f"/api/v1/projects/{project.id}/runs").json()
    with database.unit_of_work() as session:
        lifecycle.begin(session, run["id"], attempt=2, now=NOW)
        lifecycle.record_config(session, run["id"], {"steps": 100, "reason": "because of a test"})
        for step, nme in ((10, None), (20, 0.25), (40, 0.125)):
            lifecycle.record_progress(
                session,
                run["id"],
                step=step,
                losses={"landmark": 1.0 / step, "attribute": 0.0, "equivariance": 0.0},
                validation={"nme": nme},
                images_per_second=50.0,
                now=later(step),
            )

    page = client.get(f"/projects/{project.id}/training").text
    fragment = client.get(f"/projects/{project.id}/training/live").text

    assert fragment in page.replace("\n    ", "\n") or "step 40 of 100" in page
    assert "a &lt;b&gt;bold&lt;/b&gt; name" in page
    for words in (
        "step 40 of 100",
        "attempt 2",
        "because of a test",
        "12.5 %",
        "<polyline",
        "Cancel this run",
    ):
        assert words in fragment
    assert "Attributes" not in fragment  # a loss that is off has no curve


def test_the_page_of_an_empty_project_says_what_to_do(client: TestClient, database: Database):
    with database.unit_of_work() as session:
        empty = make_project(session)

    page = client.get(f"/projects/{empty.id}/training").text

    assert "5 more images with landmarks" in page
    assert "No network yet" in page
