"""The labelled image on which the schema is shown, on both databases."""

import pytest
from sqlalchemy import update

from app.annotations.example import LARGEST_FILE_PX, find_example
from app.db import Database
from app.images.tables import Image
from tests.factories import FACE_POINTS, NOW, landmarks_body, make_image, make_project

ABSENT = [{"name": each["name"], "state": "absent"} for each in FACE_POINTS]


@pytest.fixture
def image_ids(any_client, any_database: Database) -> list[int]:
    """Three images: one with a landmark in sight, one with all, one without a label."""
    with any_database.unit_of_work() as session:
        project = make_project(session)
        ids = [make_image(session, project).id for _ in range(3)]
    for image_id, points in zip(ids, ([FACE_POINTS[0], *ABSENT[1:]], FACE_POINTS), strict=False):
        answered = any_client.put(f"/api/v1/images/{image_id}/landmarks", json=landmarks_body(points))
        assert answered.status_code == 200, answered.text
    return ids


def example_of(database: Database, image_id: int):
    with database.reading() as session:
        return find_example(session, session.get_one(Image, image_id).project_id)


def test_the_example_has_most_landmarks_in_sight(any_database, image_ids):
    example = example_of(any_database, image_ids[0])

    assert example.image.id == image_ids[1]
    assert example.places == {each["name"]: (each["x"], each["y"]) for each in FACE_POINTS if "x" in each}
    assert example.small_url == f"/api/v1/images/{image_ids[1]}/file"


def test_an_image_that_is_gone_is_no_example_and_of_a_large_one_the_thumbnail_is_shown(
    any_database, image_ids
):
    with any_database.unit_of_work() as session:
        session.execute(update(Image).where(Image.id == image_ids[1]).values(archived_at=NOW))
        large = {"width_px": LARGEST_FILE_PX, "height_px": 2}
        session.execute(update(Image).where(Image.id == image_ids[0]).values(**large))

    example = example_of(any_database, image_ids[0])

    assert example.image.id == image_ids[0]
    assert example.small_url == f"/api/v1/images/{image_ids[0]}/thumb"


def test_before_there_is_a_label_in_sight_there_is_no_example(any_client, any_database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        image_id = make_image(session, project).id
    assert example_of(any_database, image_id) is None

    any_client.put(f"/api/v1/images/{image_id}/landmarks", json=landmarks_body(ABSENT))

    assert example_of(any_database, image_id) is None
