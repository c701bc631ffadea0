"""The set-up page and the templates that it offers."""

import json
import re

import pytest

from app.predictions import service as predictions
from app.projects.schemas import Schema
from app.training import repository as training
from tests.factories import FACE, NOW, attribute_body, landmarks_body, make_image, make_project, point
from tests.predictions.test_predictions_service import make_network
from tests.source import ROOT

TEMPLATES = sorted((ROOT / "app/static/setup/templates").glob("*.json"))


def given_in(html):
    return json.loads(re.search(r'id="given">(.*?)</script>', html, re.DOTALL).group(1))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_a_template_is_a_schema_whose_landmarks_all_have_a_place(path):
    template = json.loads(path.read_text())
    places = template["places"]
    if path.stem != "empty":
        Schema.model_validate(template["schema"])

    assert list(places) == template["schema"]["landmarks"]
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in places.values())
    assert len({tuple(place) for place in places.values()}) == len(places)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_mirror_pairs_of_a_template_stand_opposite_each_other(path):
    template = json.loads(path.read_text())
    places = template["places"]

    for left, right in template["schema"]["mirror_pairs"]:
        assert places[left][0] == pytest.approx(1 - places[right][0], abs=0.002), (left, right)
        assert places[left][1] == pytest.approx(places[right][1], abs=0.002), (left, right)


def test_the_templates_have_the_landmarks_that_their_names_promise():
    counts = {path.stem: len(json.loads(path.read_text())["places"]) for path in TEMPLATES}

    assert counts == {"empty": 0, "face-5": 5, "face-68": 68, "hand-21": 21, "mouse-4": 4}


def test_a_new_project_begins_empty(client):
    page = client.get("/projects/new")

    assert page.status_code == 200
    assert given_in(page.text) == {"project": None, "has_labels": False, "example": None}
    assert page.text.count("<option value=") == len(TEMPLATES)


def test_a_project_without_images_is_drawn_on_an_empty_canvas(client, database):
    with database.unit_of_work() as session:
        project = make_project(session)

    given = given_in(client.get(f"/projects/{project.id}/setup").text)

    assert given["project"]["schema"]["landmarks"] == FACE["landmarks"]
    assert (given["has_labels"], given["example"]) == (False, None)


def test_without_labels_the_first_image_lies_below_the_drawing(client, database):
    with database.unit_of_work() as session:
        project = make_project(session)
        image = make_image(session, project)

    example = given_in(client.get(f"/projects/{project.id}/setup").text)["example"]

    assert example == {
        "url": f"/api/v1/images/{image.id}/file",
        "width_px": 64,
        "height_px": 48,
        "places": {},
    }


def test_with_labels_the_example_is_a_labelled_image_and_the_page_says_what_stays(client, database):
    with database.unit_of_work() as session:
        project = make_project(session)
        make_image(session, project)
        image = make_image(session, project)
    points = [point("eye_l", 1, 2), point("mouth", state="absent")]
    client.put(f"/api/v1/images/{image.id}/landmarks", json=landmarks_body(points))

    page = client.get(f"/projects/{project.id}/setup").text

    given = given_in(page)
    assert given["has_labels"] is True
    assert given["example"]["url"] == f"/api/v1/images/{image.id}/file"
    assert given["example"]["places"] == {"eye_l": [1, 2]}
    assert "Labels exist" in page
    assert 'id="template"' not in page


def test_every_field_that_is_wrong_is_named_at_once(client):
    schema = {
        "landmarks": ["a", "a/b"],
        "attributes": [
            {"name": "pose", "kind": "classes", "classes": ["one", "one"]},
            {"name": "yaw", "kind": "scale", "minimum": 2, "maximum": 1},
        ],
    }

    problem = client.post("/api/v1/projects", json={"name": " ", "schema": schema}).json()

    assert [each["field"] for each in problem["fields"]] == [
        "name",
        "schema.landmarks.1",
        "schema.attributes.0.classes.classes",
        "schema.attributes.1.scale.maximum",
    ]
    assert problem["field"] == "name"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"landmarks": ["a", "a"]}, "schema.landmarks"),
        ({}, "schema.landmarks"),
        ({"landmarks": ["a"], "edges": [["a", "b"]]}, "schema.edges"),
        ({"landmarks": ["a"], "mirror_pairs": [["a", "a"]]}, "schema.mirror_pairs"),
        ({"landmarks": ["a"], "normaliser": {"kind": "landmarks"}}, "schema.normaliser.between"),
        (
            {"landmarks": ["a"], "normaliser": {"kind": "landmarks", "between": ["a", "b"]}},
            "schema.normaliser",
        ),
    ],
)
def test_a_rule_about_several_fields_names_the_one_to_say_it_beside(client, change, field):
    problem = client.post("/api/v1/projects", json={"name": "x", "schema": change}).json()

    assert (problem["code"], problem["field"]) == ("request_invalid", field)


class TestOverview:
    def test_it_leads_to_every_page_and_to_what_is_left(self, client, database):
        with database.unit_of_work() as session:
            project = make_project(session)
            image = make_image(session, project)
            make_image(session, project)
        client.put(f"/api/v1/images/{image.id}/attributes/pose", json=attribute_body(active_seconds=3.0))

        page = client.get(f"/projects/{project.id}").text

        pages = f"/projects/{project.id}"
        for path in (
            "label",
            "images",
            "training",
            "setup",
            "images?state=open%3Apose",
            "grid?attribute=pose",
        ):
            assert f'href="{pages}/{path}"' in page
        assert "grid?attribute=yaw" not in page  # a number has no grid
        assert "1 (50.0 %)" in page
        assert "3.0" in page
        assert "Nothing is learnt from yet." in page

    def test_the_network_and_its_pool_are_told_with_the_right_unit(self, client, database):
        with database.unit_of_work() as session:
            project = make_project(session, schema={**FACE, "normaliser": {"kind": "pixels"}})
            network = make_network(session, project)
            predictions.promote(session, network.id, by=None, now=NOW)
            run = training.find_newest_run(session, project.id)
            run.outcome, run.pool_sha256 = "promoted", "0" * 64
            run.pool_counts = {"landmarks": 24, "validation": 3, "attributes": {"pose": 9}, "images": 40}

        page = client.get(f"/projects/{project.id}").text

        assert "0.10 px" in page
        assert "24 with landmarks (3 to validate), pose 9 · 40 images" in page
        assert "Run 1: promoted" in page

    def test_without_images_it_leads_to_where_they_are_added(self, client, database):
        with database.unit_of_work() as session:
            project = make_project(session)

        assert "Add images" in client.get(f"/projects/{project.id}").text


@pytest.mark.parametrize("page", ["label", "grid"])
def test_where_nothing_can_be_labelled_yet_the_page_leads_to_the_images(client, database, page):
    with database.unit_of_work() as session:
        project = make_project(session)

    empty = client.get(f"/projects/{project.id}/{page}").text
    assert "No images yet" in empty
    assert f'class="button primary" href="/projects/{project.id}/images"' in empty
    assert "/main.js" not in empty

    with database.unit_of_work() as session:
        make_image(session, project)
    assert "/main.js" in client.get(f"/projects/{project.id}/{page}").text
