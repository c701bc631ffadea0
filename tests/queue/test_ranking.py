"""Places in the queue: spread, then doubt, with images kept for measuring."""

import numpy as np
import pytest
from sqlalchemy import select

from app.annotations import service as annotations
from app.annotations.tables import LANDMARKS
from app.images.tables import Image, Side
from app.predictions.tables import Network, Prediction, Promotion
from app.projects import service as projects
from app.queue import service as queue
from app.queue.ranking import MEASURE_EVERY, Candidates, entropy, places_of, rank_project
from app.queue.reasons import Reason
from app.queue.tables import Ask
from app.training.tables import Run
from tests.factories import NOW, make_image, make_project, make_user, point

NOBODY = np.zeros((0, 4), np.float32)


def candidates(count: int, *, first_id: int = 1, doubt: float | None = None) -> Candidates:
    rng = np.random.default_rng(first_id)
    spread = np.full(count, np.nan) if doubt is None else rng.uniform(0.5, 1.5, count) * doubt
    return Candidates(
        np.arange(first_id, first_id + count), rng.normal(size=(count, 4)).astype(np.float32), spread
    )


def order_of(places: dict) -> list:
    return [places[each] for each in sorted(places, key=lambda each: -places[each].score)]


def test_before_a_network_images_come_by_spread():
    places = places_of(candidates(20), candidates(0), known=NOBODY, labelled_count=0, validation_labelled=0)

    assert {place.code for place in places.values()} == {Reason.SPREAD}
    assert len({place.score for place in places.values()}) == 20


def test_with_many_labels_doubt_decides_and_the_reason_says_how_much():
    places = places_of(
        candidates(40, doubt=0.1), candidates(0), known=NOBODY, labelled_count=80, validation_labelled=0
    )

    first = order_of(places)[0]
    assert first.code is Reason.DOUBT
    assert first.amount > 1
    assert {place.code for place in order_of(places)[:20]} == {Reason.DOUBT}


def test_with_few_labels_spread_and_doubt_take_turns():
    places = places_of(
        candidates(40, doubt=0.1), candidates(0), known=NOBODY, labelled_count=25, validation_labelled=0
    )

    codes = [place.code for place in order_of(places)[:20]]
    assert 8 <= codes.count(Reason.DOUBT) <= 12


def test_one_ask_in_a_few_is_kept_for_measuring_but_not_the_first_ones():
    places = places_of(
        candidates(40), candidates(10, first_id=100), known=NOBODY, labelled_count=0, validation_labelled=0
    )

    codes = [place.code for place in order_of(places)]
    assert Reason.MEASURE not in codes[:4]
    assert codes[4 : 4 + 3 * MEASURE_EVERY].count(Reason.MEASURE) == pytest.approx(3, abs=1)


def test_entropy_is_one_for_a_toss_up_and_nothing_for_a_number():
    assert entropy({"a": 0.5, "b": 0.5}) == pytest.approx(1)
    assert entropy({"a": 1.0, "b": 0.0}) == pytest.approx(0, abs=1e-6)
    assert entropy(3.5) is None


def test_ranking_a_project_orders_its_asks_and_leaves_the_test_side_for_last(any_database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        images = [make_image(session, project) for _ in range(12)]
        held_out = make_image(session, project, side=Side.TEST)
        for number, image in enumerate(images):
            image.descriptor = np.eye(192, dtype=np.float16)[number].tobytes()
        queue.open_asks(session, project=project, image_ids=[each.id for each in [*images, held_out]])

    changed = rank_project(database=any_database, project_id=project.id, now=NOW)
    again = rank_project(database=any_database, project_id=project.id, now=NOW)

    assert changed == 3 * 13
    assert again == 0
    with any_database.reading() as session:
        asks = session.scalars(select(Ask).where(Ask.kind == LANDMARKS).order_by(Ask.rank_key)).all()
        assert asks[-1].image_id == held_out.id
        assert [ask.reason_code for ask in asks[:12]] == [Reason.SPREAD] * 12


def test_among_equal_images_the_order_does_not_depend_on_their_old_places(any_database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        images = [make_image(session, project) for _ in range(8)]
        for image in images:
            image.descriptor = np.ones(192, np.float16).tobytes()
        queue.open_asks(session, project=project, image_ids=[each.id for each in images])
    with any_database.unit_of_work() as session:
        for ask in session.scalars(select(Ask)):
            ask.rank_key = -ask.id / 100  # the newest first

    rank_project(database=any_database, project_id=project.id, now=NOW)

    with any_database.reading() as session:
        order = select(Ask.image_id).where(Ask.kind == LANDMARKS).order_by(Ask.rank_key)
        assert session.scalars(order).all() == sorted(image.id for image in images)


def test_doubt_of_the_current_network_reaches_the_queue(any_database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        schema, user = projects.schema_of(project), make_user(session)
        images = [make_image(session, project) for _ in range(60)]
        queue.open_asks(session, project=project, image_ids=[each.id for each in images])
        for number, image in enumerate(images):
            image.descriptor = np.random.default_rng(number).normal(size=192).astype(np.float16).tobytes()
        for image in images[:50]:
            _label(session, image, schema, user.id)
        _predict(session, project.id, images[50:])

    rank_project(database=any_database, project_id=project.id, now=NOW)

    with any_database.reading() as session:
        best = session.scalars(
            select(Ask).where(Ask.kind == LANDMARKS, Ask.status == "open").order_by(Ask.rank_key)
        ).first()
        assert best.reason_code == Reason.DOUBT
        assert best.image_id == images[59].id


def test_a_new_attribute_gets_its_asks(any_database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        make_image(session, project)

    rank_project(database=any_database, project_id=project.id, now=NOW)

    with any_database.reading() as session:
        assert set(session.scalars(select(Ask.kind))) == {"landmarks", "pose", "yaw"}


def _label(session, image: Image, schema, user_id: int) -> None:
    body = {"points": [point("mouth", 1.0, 1.0)]}
    annotations.import_label(
        session, image=image, kind=LANDMARKS, body=body, by=user_id, now=NOW, schema=schema, schema_version=1
    )
    queue.close_asks(session, image_id=image.id, kind=LANDMARKS)


def _predict(session, project_id: int, images: list[Image]) -> None:
    """A promoted network whose doubt grows tenfold on the last image."""
    run = Run(project_id=project_id, number=1, status="succeeded", reason="test", requested_at=NOW)
    session.add(run)
    session.flush()
    network = Network(
        project_id=project_id, run_id=run.id, number=1, weights_sha256="0" * 64, onnx_sha256="0" * 64,
        schema_version=1, landmarks=["mouth"], config={}, scores={}, created_at=NOW,
    )  # fmt: skip
    session.add(network)
    session.flush()
    session.add(Promotion(project_id=project_id, number=1, network_id=network.id, at=NOW))
    for number, image in enumerate(images):
        doubt = 0.5 if number == len(images) - 1 else 0.05
        session.add(
            Prediction(project_id=project_id, image_id=image.id, network_id=network.id, points=[],
                       attributes={}, doubt=doubt, created_at=NOW)
        )  # fmt: skip
