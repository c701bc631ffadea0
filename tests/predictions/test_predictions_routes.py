"""Networks and predictions over REST."""

import pytest
from starlette.testclient import TestClient

from app.db import Database
from app.predictions import service
from app.projects.tables import Project
from tests.factories import NOW, jpeg_bytes, make_image, make_project
from tests.predictions.test_predictions_service import make_network, row_for


@pytest.fixture
def project(client: TestClient, database: Database) -> Project:
    """A project with two networks, the first of them promoted, and three predicted images."""
    with database.unit_of_work() as session:
        project = make_project(session)
        images = [make_image(session, project) for _ in range(3)]
        first, _ = make_network(session, project), make_network(session, project)
        service.promote(session, first.id, by=None, now=NOW)
        service.store_predictions(session, first, [row_for(image.id, 5.0) for image in images])
        return project


def test_networks_are_listed_newest_first_with_the_current_one_marked(client: TestClient, project: Project):
    listed = client.get(f"/api/v1/projects/{project.id}/networks").json()

    assert [(each["number"], each["is_current"]) for each in listed["items"]] == [(2, False), (1, True)]
    assert listed["promotion"] == 1


def test_predictions_come_in_pages(client: TestClient, project: Project):
    first = client.get(f"/api/v1/projects/{project.id}/predictions", params={"limit": 2}).json()
    rest = client.get(f"/api/v1/projects/{project.id}/predictions", params={"cursor": first["cursor"]}).json()

    assert (len(first["items"]), len(rest["items"]), rest["cursor"]) == (2, 1, None)
    assert first["items"][0]["network_number"] == 1


def test_an_image_without_prediction_says_so(client: TestClient, project: Project, database: Database):
    with database.unit_of_work() as session:
        image = make_image(session, project)

    answer = client.get(f"/api/v1/images/{image.id}/prediction")

    assert (answer.status_code, answer.json()["code"]) == (404, "no_prediction")


def test_promoting_from_an_old_view_is_a_conflict_with_both_numbers(client: TestClient, project: Project):
    networks = client.get(f"/api/v1/projects/{project.id}/networks").json()
    newest = networks["items"][0]["id"]

    raced = client.post(f"/api/v1/networks/{newest}/promote", json={"base": 0})
    done = client.post(f"/api/v1/networks/{newest}/promote", json={"base": networks["promotion"]})

    assert (raced.status_code, raced.json()["code"]) == (409, "promotion_raced")
    assert (raced.json()["actual"], raced.json()["seen"]) == (1, 0)
    assert (done.status_code, done.json()["is_current"]) == (200, True)


def test_predicting_needs_a_network(client: TestClient, database: Database):
    with database.unit_of_work() as session:
        project = make_project(session)

    answer = client.post(
        f"/api/v1/projects/{project.id}/predict", files={"image": ("a.jpg", jpeg_bytes(), "image/jpeg")}
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "no_network")


def test_a_network_whose_file_is_gone_is_a_problem_not_a_crash(client: TestClient, project: Project):
    answer = client.post(
        f"/api/v1/projects/{project.id}/predict", files={"image": ("a.jpg", jpeg_bytes(), "image/jpeg")}
    )

    assert (answer.status_code, answer.json()["code"]) == (404, "blob_missing")
