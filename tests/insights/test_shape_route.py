"""The shape statistics of a project over REST."""

import numpy as np
import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.db import Database
from app.insights import service
from app.insights.shapes import FEWEST_SHAPES
from app.projects import service as projects
from app.projects.service import ProjectNotFound
from app.projects.tables import Project
from tests.factories import landmarks_body, make_image, make_project, point


def label_faces(client: TestClient, database: Database, project_id: int, count: int) -> None:
    """So many more labelled images; a third of the mouths is absent."""
    dice = np.random.default_rng(count)
    with database.unit_of_work() as session:
        project = projects.get_project(session, project_id)
        images = [make_image(session, project).id for _ in range(count)]
    for number, image in enumerate(images):
        x, y = dice.uniform(5, 15, 2)
        mouth = point("mouth", state="absent") if number % 3 == 2 else point("mouth", x + 10, y + 15)
        points = (point("eye_l", x, y), point("eye_r", x + 20, y), mouth)
        answer = client.put(f"/api/v1/images/{image}/landmarks", json=landmarks_body(points))
        assert answer.status_code == 200, answer.text


@pytest.fixture
def project(any_database: Database) -> Project:
    with any_database.unit_of_work() as session:
        return make_project(session)


def test_the_shape_comes_once_enough_images_are_labelled(
    any_client: TestClient, any_database: Database, project: Project
) -> None:
    url = f"/api/v1/projects/{project.id}/shape"
    assert any_client.get(url).status_code == 204

    label_faces(any_client, any_database, project.id, FEWEST_SHAPES + 6)
    shape = any_client.get(url).json()

    assert shape["landmarks"] == ["eye_l", "eye_r", "mouth"]
    assert shape["image_count"] == 11  # with two of three landmarks a shape has no form
    eye_l, eye_r, mouth = shape["mean"]
    assert (eye_l[0], eye_l[1]) == pytest.approx((-eye_r[0], eye_r[1]), abs=1e-3)
    assert mouth[1] > eye_l[1]
    assert len(shape["factors"]) == 6


def test_it_is_learned_anew_after_some_answers_not_after_each(
    any_client: TestClient, any_database: Database, project: Project
) -> None:
    def counted() -> int:
        return any_client.get(f"/api/v1/projects/{project.id}/shape").json()["image_count"]

    label_faces(any_client, any_database, project.id, 18)
    first = counted()
    label_faces(any_client, any_database, project.id, service.STALE_AFTER - 1)
    soon = counted()
    label_faces(any_client, any_database, project.id, 1)

    assert (first, soon) == (12, 12)
    assert counted() == 19


def test_a_changed_schema_is_seen_at_once(
    any_client: TestClient, any_database: Database, project: Project
) -> None:
    url = f"/api/v1/projects/{project.id}"
    label_faces(any_client, any_database, project.id, 18)
    assert any_client.get(f"{url}/shape").json()["landmarks"] == ["eye_l", "eye_r", "mouth"]
    grown = any_client.get(url).json()["schema"]
    grown["landmarks"].append("nose")

    changed = any_client.patch(url, json={"schema": grown})

    assert changed.status_code == 200, changed.text
    assert any_client.get(f"{url}/shape").json()["landmarks"] == ["eye_l", "eye_r", "mouth"]


def test_a_project_with_many_landmarks_has_none(any_client: TestClient, any_database: Database) -> None:
    schema = {"landmarks": [f"p{n}" for n in range(service.MOST_LANDMARKS + 1)]}
    points = [point(name, 1 + n % 60, 1 + n // 60) for n, name in enumerate(schema["landmarks"])]
    with any_database.unit_of_work() as session:
        project = make_project(session, schema=schema)
        images = [make_image(session, project).id for _ in range(FEWEST_SHAPES)]
    for image in images:
        assert (
            any_client.put(f"/api/v1/images/{image}/landmarks", json=landmarks_body(points)).status_code
            == 200
        )

    assert any_client.get(f"/api/v1/projects/{project.id}/shape").status_code == 204


def test_a_project_that_is_not_there_has_none(session: Session) -> None:
    with pytest.raises(ProjectNotFound):
        service.find_project_shape(session, 12345)
