"""The images beside one, in the list from which somebody came to it."""

from itertools import product

import pytest
from sqlalchemy.orm import Session

from app.images import service as images
from app.images.tables import Side
from app.insights import browse, search
from app.insights.walk import Sort
from app.insights.wanted import ListQuery, State, Wanted
from app.projects import service as projects
from app.projects.tables import Project
from tests.factories import NOW, make_image, make_project, make_user
from tests.insights.test_browse import label, wanted, without_whole_scans
from tests.statements import plan_of, sent


@pytest.fixture
def project(any_session: Session) -> Project:
    """Images in no order at all, some labelled, one taken out."""
    project = make_project(any_session)
    for number, name in enumerate(("d", "b2", "a", "b1", "gone", "c", "b2")):
        image = make_image(any_session, project, name=name, side=Side.TEST if number % 3 else Side.TRAIN)
        if name in "ac":
            label(any_session, image, "pose")
        if name == "gone":
            images.archive(any_session, image.id, by=make_user(any_session).id, now=NOW)
    make_image(any_session, make_project(any_session), name="b0")
    return project


@pytest.mark.parametrize("near", [1, 600])
def test_they_are_those_of_the_list(any_session, project, monkeypatch, near):
    monkeypatch.setattr(search, "NEAR", near)
    schema = projects.schema_of(project)

    for sort, state, side, name in product(Sort, (None, State.OPEN), (None, Side.TRAIN), ("", "b")):
        want = Wanted(sort=sort, state=state, side=side, name=name)
        rows = [row.image for row in browse.list_images(any_session, project, schema, want, limit=9).rows]
        found = [browse.neighbours(any_session, project, schema, want, image) for image in rows]

        assert len(rows) > 1
        ids = [None, *(image.id for image in rows), None]
        assert found == list(zip(ids[:-2], ids[2:], strict=True)), want


def test_one_that_no_longer_fits_has_the_neighbours_of_its_place(any_session, project):
    schema = projects.schema_of(project)
    rows = browse.list_images(any_session, project, schema, wanted(state="open", sort="name"), limit=9).rows
    first, middle, last = (row.image for row in rows[:3])
    label(any_session, middle, "pose")

    found = browse.neighbours(any_session, project, schema, wanted(state="open", sort="name"), middle)

    assert found == (first.id, last.id)


@pytest.mark.parametrize("sort", Sort)
def test_they_are_found_by_the_index_of_the_order(any_session, project, sort):
    """A million images are not read for two."""
    schema = projects.schema_of(project)
    image = browse.list_images(any_session, project, schema, Wanted(), limit=1).rows[0].image
    without_whole_scans(any_session)

    with sent(any_session) as statements:
        browse.neighbours(any_session, project, schema, Wanted(sort=sort), image)

    walks = [plan_of(any_session, *each) for each in statements if "FROM images" in each[0]]
    assert len(walks) == 2
    order = "name" if sort in (Sort.NAME, Sort.NAME_BACK) else "id"
    for plan in walks:
        assert f"ix_images_project_id_{order}" in plan, plan


def test_an_address_says_no_more_than_was_asked():
    assert ListQuery().address() == ""
    assert (
        ListQuery(state="open:pose", name="a&b").address(after=7) == "?state=open%3Apose&name=a%26b&after=7"
    )
