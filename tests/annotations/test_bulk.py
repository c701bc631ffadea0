"""Many labels at once obey the rules of one."""

import pytest
from sqlalchemy import select

from app.annotations import service
from app.annotations.bulk import GivenLabel, import_labels
from app.annotations.rules import LandmarkOutsideImage, ValueUnknown
from app.annotations.schemas import AttributeAnswer
from app.annotations.tables import LabelHead, Revision, Tally
from app.audit import AuditEntry
from app.projects.schemas import Schema
from tests.factories import FACE, FACE_POINTS, NOW, attribute_body, make_image, make_project, make_user, point

SCHEMA = Schema.model_validate(FACE)
POINTS = {"points": [dict(each) for each in FACE_POINTS]}


@pytest.fixture
def author(any_session):
    return make_user(any_session)


@pytest.fixture
def pictures(any_session, author):
    project = make_project(any_session, by=author)
    return [make_image(any_session, project) for _ in range(3)]


def take(session, author, *given):
    return import_labels(
        session, [GivenLabel(*each) for each in given], by=author.id, now=NOW, schema=SCHEMA, schema_version=1
    )


def rows(session, table, **values):
    return session.scalars(select(table).filter_by(**values)).all()


def test_labels_are_revisions_with_heads_counters_and_audit(any_session, author, pictures):
    first, second, _ = pictures

    results = take(
        any_session, author, (first, "landmarks", POINTS), (first, "pose", {"value": "side"}),
        (second, "pose", {"value": None}),
    )  # fmt: skip

    assert results == [True, True, True]
    assert [(row.number, row.origin) for row in rows(any_session, Revision)] == [(1, "import")] * 3
    assert len(rows(any_session, LabelHead)) == 3
    tallies = {
        row.kind: (row.labelled_count, row.revision_count, row.timed_count)
        for row in rows(any_session, Tally)
    }
    assert tallies == {"landmarks": (1, 1, 0), "pose": (2, 2, 0)}
    assert len(rows(any_session, AuditEntry, action="revision.added")) == 3


def test_the_same_again_adds_nothing_and_a_change_adds_a_revision(any_session, author, pictures):
    first, second, _ = pictures
    given = [(first, "pose", {"value": "side"}), (second, "pose", {"value": "side"})]
    take(any_session, author, *given)

    again = take(any_session, author, *given)
    changed = take(any_session, author, (first, "pose", {"value": "front"}), given[1])

    assert (again, changed) == ([False, False], [True, False])
    head = any_session.get_one(LabelHead, (first.id, "pose"), populate_existing=True)
    assert head.number == 2
    assert any_session.get_one(Revision, head.revision_id).body == {"value": "front"}
    assert [(row.labelled_count, row.revision_count) for row in rows(any_session, Tally)] == [(2, 3)]


def test_many_and_one_at_a_time_make_the_same_revision(any_session, author, pictures):
    first, *_ = pictures
    take(any_session, author, (first, "landmarks", POINTS))

    is_added = service.import_label(
        any_session,
        image=first,
        kind="landmarks",
        body=POINTS,
        by=author.id,
        now=NOW,
        schema=SCHEMA,
        schema_version=1,
    )

    assert not is_added


def test_an_annotators_label_stays(any_session, author, pictures):
    first, *_ = pictures
    answer = AttributeAnswer.model_validate(attribute_body("side"))
    service.submit(
        any_session, image_id=first.id, kind="pose", answer=answer, by=author.id, is_late=False, now=NOW
    )

    assert take(any_session, author, (first, "pose", {"value": "front"})) == [False]


def test_one_that_does_not_fit_does_not_keep_the_others_out(any_session, author, pictures):
    first, second, third = pictures

    results = take(
        any_session, author, (first, "pose", {"value": "up"}), (second, "pose", {"value": "side"}),
        (third, "landmarks", {"points": [point("mouth", 500, 1)]}),
    )  # fmt: skip

    assert [type(each) for each in results] == [ValueUnknown, bool, LandmarkOutsideImage]
    assert len(rows(any_session, Revision)) == 1


def test_no_label_is_no_statement(any_session, author):
    assert take(any_session, author) == []
