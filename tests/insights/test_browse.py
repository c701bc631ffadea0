"""The list of images: filters, order, and pages that begin where the last one ended."""

import uuid

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.annotations import notes
from app.annotations import service as annotations
from app.annotations.notes import FlagNotFound
from app.annotations.schemas import AttributeAnswer, LandmarksAnswer, NoteText
from app.annotations.tables import Note
from app.images import service as images
from app.images.tables import Image, Side
from app.insights import browse, search
from app.insights.browse import Listing
from app.insights.wanted import FilterUnknown, Wanted, wanted_of
from app.predictions import service as predictions
from app.projects import service as projects
from app.projects.schemas import Schema
from app.projects.tables import Project
from app.queue import service as queue
from tests.factories import FACE, NOW, attribute_body, landmarks_body, make_image, make_project, make_user
from tests.predictions.test_predictions_service import make_network, row_for
from tests.statements import plan_of, sent

SCHEMA = Schema.model_validate(FACE)


@pytest.fixture
def project(any_session: Session) -> Project:
    return make_project(any_session)


@pytest.fixture
def project_of_session(session: Session) -> Project:
    return make_project(session)


def wanted(**words: str) -> Wanted:
    given = dict.fromkeys(("state", "side", "notes", "name", "sort"), "") | words
    return wanted_of(**given, schema=SCHEMA)


def page(session: Session, project: Project, want: Wanted | None = None, **place: int) -> Listing:
    place = {"limit": 100} | place
    return browse.list_images(session, project, projects.schema_of(project), want or Wanted(), **place)


def names(listing: Listing) -> list[str]:
    return [row.image.name for row in listing.rows]


def make_named(session: Session, project: Project, *given: str) -> list[Image]:
    return [make_image(session, project, name=name) for name in given]


def label(session: Session, image: Image, kind: str) -> None:
    answer = (
        LandmarksAnswer.model_validate(landmarks_body())
        if kind == "landmarks"
        else AttributeAnswer.model_validate(attribute_body("front"))
    )
    by = make_user(session).id
    annotations.submit(session, image_id=image.id, kind=kind, answer=answer, by=by, is_late=False, now=NOW)


def say(session: Session, image: Image, text: str = "", *, is_flagged: bool = False) -> None:
    said = NoteText(text=text, is_flagged=is_flagged)
    by = make_user(session).id
    notes.add(session, image_id=image.id, note_id=uuid.uuid4(), said=said, by=by, now=NOW)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [("", "bacb"), ("oldest", "bacb"), ("newest", "bcab"), ("name", "abbc"), ("name_back", "cbba")],
)
def test_images_come_in_the_wanted_order(any_session, project, sort, expected):
    made = make_named(any_session, project, "b", "a", "c", "b")

    listing = page(any_session, project, wanted(sort=sort))

    assert "".join(names(listing)) == expected
    twins = [row.image.id for row in listing.rows if row.image.name == "b"]
    is_falling = sort in {"newest", "name_back"}
    assert twins == sorted([made[0].id, made[3].id], reverse=is_falling)


@pytest.mark.parametrize("sort", ["oldest", "newest", "name", "name_back"])
def test_pages_go_on_and_back_without_a_gap_or_a_repetition(any_session, project, sort):
    make_named(any_session, project, "d", "b", "a", "b", "c", "b", "e")
    want = wanted(sort=sort)
    whole = names(page(any_session, project, want))

    pages, after = [], None
    while not pages or pages[-1].has_later:
        pages.append(page(any_session, project, want, limit=3, after_id=after))
        after = pages[-1].rows[-1].image.id
    back = page(any_session, project, want, limit=3, before_id=pages[2].rows[0].image.id)

    assert [name for each in pages for name in names(each)] == whole
    assert [each.has_earlier for each in pages] == [False, True, True]
    assert names(back) == names(pages[1])
    assert (back.has_earlier, back.has_later) == (True, True)


def test_the_first_page_from_behind_has_nothing_before_it(any_session, project):
    made = make_named(any_session, project, "a", "b", "c")

    first = page(any_session, project, limit=2, before_id=made[2].id)

    assert (names(first), first.has_earlier, first.has_later) == (["a", "b"], False, True)


def test_a_page_after_an_image_of_another_project_begins_at_the_start(any_session, project):
    make_named(any_session, project, "a")
    stranger = make_image(any_session, make_project(any_session))

    assert names(page(any_session, project, after_id=stranger.id)) == ["a"]


def test_archived_images_and_those_of_other_projects_are_not_listed(any_session, project):
    kept, gone = make_named(any_session, project, "kept", "gone")
    make_image(any_session, make_project(any_session))
    images.archive(any_session, gone.id, by=make_user(any_session).id, now=NOW)

    assert [row.image.id for row in page(any_session, project).rows] == [kept.id]


def test_a_page_may_begin_after_an_image_that_was_archived_meanwhile(any_session, project):
    made = make_named(any_session, project, "a", "b", "c")
    images.archive(any_session, made[1].id, by=make_user(any_session).id, now=NOW)

    assert names(page(any_session, project, wanted(sort="name"), after_id=made[1].id)) == ["c"]


def test_label_states(any_session, project):
    both, posed, _ = make_named(any_session, project, "both", "posed", "bare")
    label(any_session, both, "landmarks")
    label(any_session, both, "pose")
    label(any_session, posed, "pose")

    found = {
        state: names(page(any_session, project, wanted(state=state)))
        for state in ("labelled", "open", "labelled:landmarks", "open:landmarks", "labelled:pose", "open:yaw")
    }

    assert found == {
        "labelled": ["both", "posed"],
        "open": ["bare"],
        "labelled:landmarks": ["both"],
        "open:landmarks": ["posed", "bare"],
        "labelled:pose": ["both", "posed"],
        "open:yaw": ["both", "posed", "bare"],
    }
    assert [row.labelled for row in page(any_session, project).rows] == [("landmarks", "pose"), ("pose",), ()]


def test_predicted_means_by_the_current_network(any_session, project):
    old, new = make_named(any_session, project, "old", "new")
    for image in (old, new):
        network = make_network(any_session, project)
        predictions.promote(any_session, network.id, by=None, now=NOW)
        predictions.store_predictions(any_session, network, [row_for(image.id, 1.0)])

    predicted = page(any_session, project, wanted(state="predicted"))

    assert [(row.image.name, row.is_predicted) for row in predicted.rows] == [("new", True)]
    assert names(page(any_session, project, wanted(state="unpredicted"))) == ["old"]


def test_without_a_network_nothing_is_predicted(any_session, project):
    make_named(any_session, project, "a")

    assert names(page(any_session, project, wanted(state="predicted"))) == []
    assert names(page(any_session, project, wanted(state="unpredicted"))) == ["a"]


def test_images_with_a_note_and_those_that_are_flagged(any_session, project):
    flagged, noted, _ = made = make_named(any_session, project, "flagged", "noted", "bare")
    say(any_session, flagged, "two hands")
    say(any_session, flagged, is_flagged=True)
    say(any_session, noted, "blurred")
    say(any_session, make_image(any_session, make_project(any_session)), is_flagged=True)

    listed = page(any_session, project).rows

    assert names(page(any_session, project, wanted(notes="any"))) == ["flagged", "noted"]
    assert names(page(any_session, project, wanted(notes="flagged"))) == ["flagged"]
    assert [(row.note_count, row.is_flagged) for row in listed] == [(2, True), (1, False), (0, False)]
    assert [row.image.id for row in listed] == [image.id for image in made]


def test_a_flag_that_somebody_has_seen_to_is_a_note_like_others(any_session, project):
    [image] = make_named(any_session, project, "flagged")
    for _ in range(2):
        say(any_session, image, "look", is_flagged=True)
    first, second = any_session.scalars(select(Note.id))
    by = make_user(any_session).id

    notes.settle(any_session, image_id=image.id, note_id=first, by=by, now=NOW)
    after_one = names(page(any_session, project, wanted(notes="flagged")))
    for _ in range(2):
        notes.settle(any_session, image_id=image.id, note_id=second, by=by, now=NOW)

    assert after_one == ["flagged"]
    assert names(page(any_session, project, wanted(notes="flagged"))) == []
    assert names(page(any_session, project, wanted(notes="any"))) == ["flagged"]
    assert [(row.note_count, row.is_flagged) for row in page(any_session, project).rows] == [(2, False)]


def test_only_a_flag_of_this_image_can_be_seen_to(any_session, project):
    image, other = make_named(any_session, project, "a", "b")
    say(any_session, image, "no flag")
    say(any_session, other, is_flagged=True)
    by = make_user(any_session).id

    for note_id in [*any_session.scalars(select(Note.id)), uuid.uuid4()]:
        with pytest.raises(FlagNotFound):
            notes.settle(any_session, image_id=image.id, note_id=note_id, by=by, now=NOW)


def test_pages_of_noted_images_go_on_without_a_gap(any_session, project):
    made = make_named(any_session, project, "c", "x", "a", "b", "y")
    for image in (made[0], made[2], made[3]):
        say(any_session, image, "look")
    want = wanted(notes="any", sort="name")

    first = page(any_session, project, want, limit=2)
    second = page(any_session, project, want, limit=2, after_id=first.rows[-1].image.id)

    assert (names(first), names(second)) == (["a", "b"], ["c"])
    assert (first.has_later, second.has_later) == (True, False)


def test_noted_images_are_found_by_an_index_that_begins_with_the_notes(
    session, project_of_session, monkeypatch
):
    """100,000 images are not asked one after the other whether they have a note."""
    monkeypatch.setattr(search, "NEAR", 1)
    make_named(session, project_of_session, "bare", "bare, too")
    with sent(session) as statements:
        page(session, project_of_session, wanted(notes="flagged"))

    plans = [plan_of(session, *each) for each in statements if "FROM notes" in each[0]]
    assert any("ix_notes_project_id_is_flagged (project_id=? AND is_flagged=?)" in plan for plan in plans)
    assert not any("SCAN images" in plan for plan in plans), plans


def test_a_question_that_the_schema_gained_is_open_on_images_that_are_not_asked_yet(any_session, project):
    made = make_named(any_session, project, "a", "b")
    asks = Schema.model_validate({**FACE, "attributes": []})
    project.schema = asks.model_dump(mode="json")
    queue.open_asks(any_session, project=project, image_ids=[each.id for each in made])
    project.schema = FACE

    assert names(page(any_session, project, wanted(state="open:pose"))) == ["a", "b"]


def without_whole_scans(session: Session) -> None:
    """A table of two rows would be read whole."""
    if session.get_bind().dialect.name != "sqlite":
        session.execute(text("SET LOCAL enable_seqscan = off"))


def test_what_is_not_answered_is_found_by_an_index_of_its_own(any_session, project, monkeypatch):
    monkeypatch.setattr(search, "NEAR", 1)
    made = make_named(any_session, project, "a", "b")
    queue.open_asks(any_session, project=project, image_ids=[each.id for each in made])
    without_whole_scans(any_session)

    with sent(any_session) as statements:
        page(any_session, project, wanted(state="open:pose"))

    assert "ix_asks_unanswered" in "".join(plan_of(any_session, *each) for each in statements)


def test_parts_of_names_are_found_by_an_index_on_postgresql(postgres_database):
    with postgres_database.reading() as session:
        without_whole_scans(session)
        with sent(session) as statements:
            session.scalars(select(Image.id).where(Image.name.icontains("and_b", autoescape=True))).all()

        assert "ix_images_name_trigrams" in plan_of(session, *statements[0])


def test_sides_and_names(any_session, project):
    make_image(any_session, project, name="Mouse_1%.jpg", side=Side.VALIDATION)
    make_named(any_session, project, "mouse_2.jpg", "rat.jpg")

    assert names(page(any_session, project, wanted(side="validation"))) == ["Mouse_1%.jpg"]
    assert names(page(any_session, project, wanted(name=" mouse "))) == ["Mouse_1%.jpg", "mouse_2.jpg"]
    assert names(page(any_session, project, wanted(name="%"))) == ["Mouse_1%.jpg"]
    assert names(page(any_session, project, wanted(name="e_2", side="train"))) == ["mouse_2.jpg"]


@pytest.mark.parametrize(
    "given",
    [
        {"state": "mystery"},
        {"state": "open:nose"},
        {"state": "predicted:pose"},
        {"side": "left"},
        {"notes": "none"},
        {"sort": "size"},
        {"sort": "created_by.password_hash"},
        {"state": "open:users__password_hash"},
        {"side": "train' OR 1=1"},
    ],
)
def test_case_076_a_filter_or_order_that_is_not_offered_is_refused(given):
    with pytest.raises(FilterUnknown):
        wanted(**given)
