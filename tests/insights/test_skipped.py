"""Skipped images and their reasons, where people look for them."""

import uuid
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.orm import Session

from app import audit
from app.insights import search
from app.insights.browse import Listing
from app.insights.skipped import skipped_count, skips_of, unanswered_skips
from app.language import spoken_code
from app.projects.tables import Project
from app.queue import handing
from app.queue import service as queue
from app.queue.handing import Asker
from app.queue.skips import OFFERED, SKIPPED, WORDS, SkipReason, why_words
from tests.factories import NOW, make_project, make_user
from tests.insights.test_browse import label, make_named, names, page, wanted, without_whole_scans
from tests.statements import plan_of, sent


@pytest.fixture
def project(any_session: Session) -> Project:
    return make_project(any_session)


@pytest.fixture
def in_german() -> Iterator[None]:
    before = spoken_code.set("de")
    yield
    spoken_code.reset(before)


def skip(
    session: Session, project: Project, *, kind: str, why: str | None = None, code: SkipReason | None = None
) -> int:
    """Skip whatever is asked next; returns the image."""
    asker = Asker(make_user(session).id, (kind,), 600, NOW)
    handed = handing.next_ask(session, project_id=project.id, asker=asker)
    assert handed is not None
    nobody = Asker(asker.user_id, (), 600, NOW)
    queue.skip(session, lease_id=handed.lease.id, why=why, why_code=code, asker=nobody)
    return handed.image.id


def ask_all(session: Session, project: Project, *given: str) -> dict[int, str]:
    made = make_named(session, project, *given)
    queue.open_asks(session, project=project, image_ids=[image.id for image in made])
    return {image.id: image.name for image in made}


def marks(listing: Listing) -> dict[str, str | None]:
    return {row.image.name: row.skipped for row in listing.rows}


def test_skipped_images_are_found_with_their_newest_reason(any_session, project):
    named = ask_all(any_session, project, "a", "b", "c", "d")
    dark = named[skip(any_session, project, kind="pose", code=SkipReason.BLURRED)]
    said = named[skip(any_session, project, kind="pose", why="two hands")]
    bare = named[skip(any_session, project, kind="pose")]

    found = page(any_session, project, wanted(state="skipped"))

    assert marks(found) == {dark: "Too blurred or dark", said: "two hands", bare: ""}
    assert [value for value in marks(page(any_session, project)).values() if value is None] == [None]


def test_an_image_with_two_skipped_questions_counts_once(any_session, project):
    ask_all(any_session, project, "a")
    skipped = {skip(any_session, project, kind=kind) for kind in ("pose", "landmarks")}

    assert skipped_count(any_session, project.id, ["landmarks", "pose"]) == len(skipped) == 1
    assert skipped_count(any_session, make_project(any_session).id, ["landmarks", "pose"]) == 0


def test_an_image_that_is_answered_since_is_skipped_no_more_but_keeps_the_record(any_session, project):
    [image] = make_named(any_session, project, "a")
    queue.open_asks(any_session, project=project, image_ids=[image.id])
    skip(any_session, project, kind="pose", why="two hands")
    skip(any_session, project, kind="landmarks", code=SkipReason.CUT_OFF)

    label(any_session, image, "landmarks")
    queue.close_asks(any_session, image_id=image.id, kind="landmarks")
    one_left = marks(page(any_session, project, wanted(state="skipped")))
    label(any_session, image, "pose")
    queue.close_asks(any_session, image_id=image.id, kind="pose")

    assert one_left == {"a": "two hands"}
    assert names(page(any_session, project, wanted(state="skipped"))) == []
    assert marks(page(any_session, project)) == {"a": None}
    told = skips_of(any_session, project.id, image.id)
    assert [(each.kind, each.why, each.at) for each in told] == [
        ("landmarks", "Cut off or covered", NOW),
        ("pose", "two hands", NOW),
    ]


def test_an_image_that_is_set_aside_after_two_skips_is_still_found(any_session, project):
    [image_id] = ask_all(any_session, project, "a")
    for why in ("first", None):
        skip(any_session, project, kind="pose", why=why)

    assert marks(page(any_session, project, wanted(state="skipped"))) == {"a": "first"}
    assert unanswered_skips(any_session, project.id, [image_id]) == {image_id: "first"}


def test_another_project_does_not_lend_its_skips(any_session, project):
    other = make_project(any_session)
    ask_all(any_session, other, "x")
    skip(any_session, other, kind="pose", why="theirs")
    ask_all(any_session, project, "a")

    assert names(page(any_session, project, wanted(state="skipped"))) == []


@pytest.mark.parametrize("few", [0, 5000])
@pytest.mark.parametrize("sort", ["oldest", "newest", "name", "name_back"])
def test_pages_of_skipped_images_go_on_without_a_gap(any_session, project, monkeypatch, few, sort):
    monkeypatch.setattr("app.insights.candidates.FEW", few)
    named = ask_all(any_session, project, *"fbdace")
    skipped = {named[skip(any_session, project, kind="pose")] for _ in range(4)}
    want = wanted(state="skipped", sort=sort)
    whole = [name for name in names(page(any_session, project, wanted(sort=sort))) if name in skipped]

    first = page(any_session, project, want, limit=3)
    second = page(any_session, project, want, limit=3, after_id=first.rows[-1].image.id)

    assert names(first) + names(second) == whole
    assert (first.has_later, second.has_later) == (True, False)


def test_neither_images_nor_the_audit_are_read_whole(any_session, project, monkeypatch):
    """100,000 images are not asked one after the other, nor are a million changes."""
    ask_all(any_session, project, "a", "b")
    skip(any_session, project, kind="pose", code=SkipReason.UNCLEAR)
    without_whole_scans(any_session)
    monkeypatch.setattr(search, "NEAR", 1)

    with sent(any_session) as statements:
        page(any_session, project, wanted(state="skipped"))

    plans = [plan_of(any_session, *each) for each in statements]
    assert any("ix_asks_next" in plan for plan in plans), plans
    assert any("ix_audit_entries_skips" in plan for plan in plans), plans
    assert not any("SCAN" in step for plan in plans for step in plan.splitlines() if "audit" in step), plans


def test_offered_reasons_are_told_in_the_readers_language_and_own_words_as_written(in_german):
    assert why_words({"why_code": "blurred"}) == "Zu unscharf oder zu dunkel"
    assert why_words({"why": "two hands"}) == "two hands"
    assert why_words({"why": None}) == ""
    assert {reason for reason in OFFERED if why_words({"why_code": reason}) == WORDS[reason]} == set()


def test_skips_from_before_the_codes_are_read_as_the_same_reasons(in_german):
    assert why_words({"why": "cut off or covered"}) == why_words({"why_code": "cut_off"})
    assert why_words({"why": "image does not open: 1.png"}) == why_words(
        {"why_code": "broken", "why": "1.png"}
    )


def test_a_code_of_a_later_version_is_shown_as_it_is():
    assert why_words({"why_code": "upside_down"}) == "upside_down"


def test_a_skip_by_rest_is_seen_on_the_pages_in_german(client: TestClient, database):
    with database.unit_of_work() as session:
        project = make_project(session)
        [image_id] = ask_all(session, project, "a.png")
        project_id = project.id
    lease = client.post(f"/api/v1/projects/{project_id}/asks/next", json={"kinds": ["pose"]}).json()[
        "lease_id"
    ]

    told = client.post(
        f"/api/v1/asks/{lease}/skip", json={"reason_code": "cut_off", "reason": "left", "next_kinds": []}
    )

    german = {"Accept-Language": "de"}
    listed = client.get(f"/projects/{project_id}/images?state=skipped", headers=german).text
    image = client.get(f"/projects/{project_id}/images/{image_id}", headers=german).text
    entries = client.get(f"/projects/{project_id}/audit", headers=german).text
    assert told.status_code == 200
    for text in (listed, image, entries):
        assert "Abgeschnitten oder verdeckt: left" in text
    with database.reading() as session:
        entry = next(
            e for e in audit.entries_of(session, project_id, before_id=None, limit=9) if e.action == SKIPPED
        )
    assert (entry.detail["why_code"], entry.detail["why"]) == ("cut_off", "left")


def test_a_reason_that_is_not_offered_is_refused(client: TestClient):
    answer = client.post(f"/api/v1/asks/{uuid.uuid4()}/skip", json={"reason_code": "tired"})

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
