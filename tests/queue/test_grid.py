"""Pages of the grid: alike by prediction, leased together, each image in one pair of hands."""

import threading
import uuid

import pytest
from sqlalchemy import func, select

from app.annotations.rules import AttributeNotFound
from app.annotations.schemas import AttributeAnswer
from app.predictions import service as predictions
from app.projects.service import ProjectNotFound
from app.queue import grid, handing
from app.queue import service as queue
from app.queue.grid import GridNeedsClasses
from app.queue.handing import Asker
from app.queue.tables import Hold, Lease, LeaseOutcome
from tests.factories import attribute_body, later, make_image, make_project, make_user
from tests.predictions.test_predictions_service import make_network, row_for

LEASE_SECONDS = 600
SIDES = {
    "a": ("side", 0.6),
    "b": ("front", 0.7),
    "c": ("side", 0.9),
    "d": None,
    "e": ("side", 0.8),
    "f": ("front", 0.99),
}


def predict(session, project, said):
    network = make_network(session, project)
    predictions.promote(session, network.id, by=None, now=later(0))
    for image, (value, share) in said:
        shares = {"front": 1 - share, "side": 1 - share} | {value: share}
        row = row_for(image.id, 1.0) | {"attributes": {"pose": shares, "yaw": 3.0}}
        predictions.store_predictions(session, network, [row])


def fill(session):
    """A project whose six images the network sees as in SIDES."""
    project = make_project(session)
    images = {name: make_image(session, project, name=name) for name in SIDES}
    queue.open_asks(session, project=project, image_ids=[each.id for each in images.values()])
    predict(session, project, [(images[name], said) for name, said in SIDES.items() if said])
    return project


@pytest.fixture
def project(any_session):
    return fill(any_session)


def asker(session, *, at: float = 0) -> Asker:
    return Asker(make_user(session).id, None, LEASE_SECONDS, later(at))


def page(session, project, who: Asker, *, count: int = 48, attribute: str = "pose"):
    return grid.next_page(session, project_id=project.id, attribute=attribute, count=count, asker=who)


def names(tiles):
    return "".join(tile.image.name for tile in tiles)


def answer(session, tile, who, value="front", **changes):
    body = attribute_body(value, lease_id=str(tile.lease.id), next_kinds=[]) | changes
    parsed = AttributeAnswer.model_validate(body)
    nobody_next = Asker(who.user_id, (), LEASE_SECONDS, who.now)
    return queue.answer(session, image_id=tile.image.id, kind="pose", answer=parsed, asker=nobody_next)


def test_the_largest_group_comes_first_the_surest_before_the_others_and_what_is_not_predicted_last(
    any_session, project
):
    tiles = page(any_session, project, asker(any_session))

    assert names(tiles) == "ceafbd"
    assert [tile.said and tile.said.value for tile in tiles] == ["side"] * 3 + ["front"] * 2 + [None]
    assert [tile.said.share for tile in tiles if tile.said] == [0.9, 0.8, 0.6, 0.99, 0.7]


def test_a_small_page_is_uniform(any_session, project):
    assert names(page(any_session, project, asker(any_session), count=2)) == "ce"


def test_pages_share_no_image_and_neither_does_the_queue(any_session, project):
    first = page(any_session, project, asker(any_session), count=3)
    second = page(any_session, project, asker(any_session), count=2)

    third = handing.next_ask(any_session, project_id=project.id, asker=asker(any_session))

    assert names(first) + names(second) == "ceafb"
    assert third.image.name == "d"
    assert handing.next_ask(any_session, project_id=project.id, asker=asker(any_session)) is None


def test_an_image_that_somebody_holds_for_another_kind_is_left_out(any_session, project):
    held = handing.next_ask(any_session, project_id=project.id, asker=asker(any_session))

    assert held.image.name not in names(page(any_session, project, asker(any_session)))


def test_each_tile_has_a_lease_and_a_hold_of_its_own_that_names_what_was_shown(any_session, project):
    who = asker(any_session)
    tiles = page(any_session, project, who)

    leases = any_session.scalars(select(Lease)).all()
    holds = dict(any_session.execute(select(Hold.lease_id, Hold.image_id)).all())
    assert {lease.id: lease.image_id for lease in leases} == holds
    assert len(holds) == 6
    assert {lease.prediction_id for lease in leases} == {
        tile.said.prediction_id if tile.said else None for tile in tiles
    }


def test_answered_images_do_not_come_again(any_session, project):
    who = asker(any_session)
    for tile in page(any_session, project, who, count=4):
        answer(any_session, tile, who, None if tile.image.name == "c" else "side")

    assert names(page(any_session, project, asker(any_session))) == "bd"


def test_the_answer_of_a_tile_is_stored_with_its_lease_and_prediction_and_counts_once(any_session, project):
    who = asker(any_session)
    tile = page(any_session, project, who, count=1)[0]
    answer_id = str(uuid.uuid4())
    shown = {"kind": "prediction", "prediction_id": tile.said.prediction_id}

    stored = [answer(any_session, tile, who, "side", id=answer_id, assist=shown) for _ in range(2)]

    assert [taken.submitted.is_replay for taken in stored] == [False, True]
    revision = stored[0].submitted.revision
    assert (revision.body, revision.assist, revision.prediction_id, revision.lease_id) == (
        {"value": "side"}, "prediction", tile.said.prediction_id, tile.lease.id,
    )  # fmt: skip
    assert tile.lease.outcome == LeaseOutcome.ANSWERED


def test_a_page_that_is_given_back_is_free_at_once(any_session, project):
    who = asker(any_session)
    tiles = page(any_session, project, who)
    answer(any_session, tiles[0], who)

    ids = [tile.lease.id for tile in tiles]
    queue.release_all(
        any_session, lease_ids=[*ids, uuid.uuid4()], by=asker(any_session).user_id, now=later(1)
    )
    assert [tile.lease.outcome for tile in tiles] == [LeaseOutcome.ANSWERED] + [None] * 5
    queue.release_all(any_session, lease_ids=[*ids, uuid.uuid4()], by=who.user_id, now=later(1))

    outcomes = [tile.lease.outcome for tile in tiles]
    assert outcomes == [LeaseOutcome.ANSWERED] + [LeaseOutcome.RELEASED] * 5
    assert len(page(any_session, project, asker(any_session))) == 5


def test_leases_are_prolonged_together_but_not_those_that_went_to_somebody_else(any_session, project):
    who = asker(any_session)
    tiles = page(any_session, project, who, count=2)
    ids = [tile.lease.id for tile in tiles]
    late = LEASE_SECONDS + 1
    taken_over = page(any_session, project, asker(any_session, at=late), count=1)
    assert taken_over[0].image.id == tiles[0].image.id

    ends, kept = queue.renew_all(
        any_session,
        lease_ids=[*ids, uuid.uuid4()],
        lease_seconds=LEASE_SECONDS,
        by=who.user_id,
        now=later(late),
    )

    assert kept == {ids[1]}
    assert tiles[1].lease.expires_at == ends == later(late + LEASE_SECONDS)


def test_a_class_that_the_schema_lost_is_no_answer(any_session):
    project = make_project(any_session)
    image = make_image(any_session, project)
    queue.open_asks(any_session, project=project, image_ids=[image.id])
    predict(any_session, project, [(image, ("sideways", 0.9))])

    [tile] = page(any_session, project, asker(any_session))

    assert tile.said.value in {"front", "side"}


def test_only_questions_with_classes_have_a_grid(any_session, project):
    who = asker(any_session)

    with pytest.raises(GridNeedsClasses):
        page(any_session, project, who, attribute="yaw")
    with pytest.raises(AttributeNotFound):
        page(any_session, project, who, attribute="landmarks")
    with pytest.raises(ProjectNotFound):
        grid.next_page(any_session, project_id=99, attribute="pose", count=1, asker=who)


def test_pages_that_are_asked_for_at_once_share_no_image(any_client, any_database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        images = [make_image(session, project) for _ in range(40)]
        queue.open_asks(session, project=project, image_ids=[each.id for each in images])
    pages, barrier = [], threading.Barrier(8)

    def ask():
        barrier.wait()
        body = {"attribute": "pose", "count": 8}
        pages.append(any_client.post(f"/api/v1/projects/{project.id}/grid", json=body))

    people = [threading.Thread(target=ask) for _ in range(8)]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert [answer.status_code for answer in pages] == [200] * 8
    given = [tile["image"]["id"] for answer in pages for tile in answer.json()["tiles"]]
    assert len(given) == len(set(given))
    with any_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Hold)) == len(given)


def test_over_rest_a_page_can_be_renewed_and_given_back(client, database):
    with database.unit_of_work() as session:
        project = fill(session)
    page = client.post(f"/api/v1/projects/{project.id}/grid", json={"attribute": "pose"}).json()
    ids = [tile["lease_id"] for tile in page["tiles"]]
    stranger = str(uuid.uuid4())

    renewed = client.post("/api/v1/asks/renew", json={"lease_ids": [*ids, stranger]}).json()
    given_back = client.post("/api/v1/asks/release", json={"lease_ids": ids})

    assert [tile["said"] and tile["said"]["value"] for tile in page["tiles"]][-2:] == ["front", None]
    assert renewed["lost"] == [stranger]
    assert given_back.status_code == 204
    assert client.post("/api/v1/asks/renew", json={"lease_ids": ids}).json()["lost"] == ids
