"""Versions of a network, the pointer to the current one, and what they predict."""

import threading
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import jobs
from app.db import Database, utc_now
from app.events import ProjectEvent
from app.predictions import repository, service
from app.predictions.service import NetworkNotFound, NewNetwork, PromotionRaced
from app.predictions.serving import NetworkUnusable, as_row
from app.predictions.tables import Network, Promotion
from app.projects.tables import Project
from app.settings import Settings
from app.storage import Storage
from app.training.tables import Run, RunStatus
from ml.serve import Prediction as Said
from tests.factories import NOW, later, make_image, make_project
from tests.statements import sent
from worker.context import FenceLost, JobContext

LEASE = timedelta(seconds=30)


def make_network(session: Session, project: Project) -> Network:
    """The network of an ended run; its files are not there."""
    number = repository.newest_network_number(session, project.id) + 1
    run = Run(
        project_id=project.id, number=number, status=RunStatus.SUCCEEDED, reason="a test", requested_at=NOW
    )
    session.add(run)
    session.flush()
    made = NewNetwork(
        weights_sha256=f"{number:064x}",
        onnx_sha256=f"{number:064x}",
        schema_version=1,
        landmarks=["eye_l", "eye_r", "mouth"],
        config={},
        scores={"nme": 0.1},
    )
    return service.add_network(session, project_id=project.id, run_id=run.id, made=made, now=NOW)


def row_for(image_id: int, x: float) -> dict:
    points = [{"name": "mouth", "x": x, "y": 2.0, "doubt_px": 0.5, "confidence": 0.9}]
    return {"image_id": image_id, "points": points, "attributes": {}, "doubt": 0.01, "created_at": NOW}


def current_number(session: Session, project: Project) -> int | None:
    network = repository.find_current_network(session, project.id)
    return network.number if network else None


def test_a_new_network_predicts_only_when_it_is_promoted(any_session: Session):
    project = make_project(any_session)
    network = make_network(any_session, project)

    before = current_number(any_session, project)
    service.promote(any_session, network.id, by=None, now=NOW)

    assert (before, current_number(any_session, project)) == (None, 1)


def test_promoting_the_current_network_again_changes_nothing(any_session: Session):
    project = make_project(any_session)
    network = make_network(any_session, project)

    for _ in range(3):
        service.promote(any_session, network.id, by=None, now=NOW)

    last = repository.find_last_promotion(any_session, project.id)
    assert last is not None
    assert last.number == 1


def test_a_network_that_is_not_there_cannot_be_promoted(any_session: Session):
    with pytest.raises(NetworkNotFound):
        service.promote(any_session, 999, by=None, now=NOW)


def test_case_046_of_two_who_promote_from_the_same_view_the_second_is_told(any_session: Session):
    project = make_project(any_session)
    first, second = make_network(any_session, project), make_network(any_session, project)
    service.promote(any_session, first.id, by=None, now=NOW, base=0)

    with pytest.raises(PromotionRaced) as raced:
        service.promote(any_session, second.id, by=None, now=NOW, base=0)

    assert raced.value.context == {"actual": 1, "seen": 0}
    assert current_number(any_session, project) == 1


def test_case_046_the_chain_of_promotions_is_linear_whoever_races(any_database: Database):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        ids = [make_network(session, project).id for _ in range(4)]
    barrier, outcomes = threading.Barrier(4), []

    def promote(network_id: int) -> None:
        barrier.wait()
        try:
            with any_database.unit_of_work() as session:
                service.promote(session, network_id, by=None, now=NOW, base=0)
            outcomes.append("promoted")
        except PromotionRaced:
            outcomes.append("raced")

    threads = [threading.Thread(target=promote, args=(each,)) for each in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with any_database.reading() as session:
        numbers = session.scalars(select(Promotion.number)).all()
    assert sorted(outcomes) == ["promoted", "raced", "raced", "raced"]
    assert numbers == [1]


def test_case_047_a_rollback_is_one_step_and_keeps_what_each_version_said(any_session: Session):
    project = make_project(any_session)
    image = make_image(any_session, project)
    old, new = make_network(any_session, project), make_network(any_session, project)
    for network, x in ((old, 10.0), (new, 20.0)):
        service.promote(any_session, network.id, by=None, now=NOW)
        service.store_predictions(any_session, network, [row_for(image.id, x)])

    service.promote(any_session, old.id, by=None, now=later(1))

    prediction, network = service.get_current_prediction(any_session, image.id)
    assert (network.number, prediction.points[0]["x"]) == (1, 10.0)
    kept = repository.find_prediction(any_session, image_id=image.id, network_id=new.id)
    assert kept is not None
    assert kept.points[0]["x"] == 20.0


def test_what_a_network_said_of_an_image_is_never_replaced(any_session: Session):
    project = make_project(any_session)
    image, other = make_image(any_session, project), make_image(any_session, project)
    network = make_network(any_session, project)
    service.store_predictions(any_session, network, [row_for(image.id, 1.0)])

    added = service.store_predictions(any_session, network, [row_for(image.id, 9.0), row_for(other.id, 2.0)])

    assert added == 1
    said = repository.predictions_of(any_session, network.id, after_image_id=0, limit=10)
    assert [row.points[0]["x"] for row in said] == [1.0, 2.0]


def test_a_batch_is_stored_by_one_statement_that_is_the_same_for_every_batch(any_session: Session):
    project = make_project(any_session)
    images = [make_image(any_session, project) for _ in range(40)]
    network = make_network(any_session, project)

    texts = []
    for some in (images[:20], images[20:]):
        with sent(any_session) as statements:
            service.store_predictions(any_session, network, [row_for(image.id, 1.0) for image in some])
        texts += [text for text, _ in statements if "INTO predictions" in text]

    assert len(texts) == 2
    assert texts[0] == texts[1]


def test_what_an_older_network_says_late_leaves_the_newer_ones_words_alone(any_session: Session):
    project = make_project(any_session)
    image = make_image(any_session, project)
    old, new = make_network(any_session, project), make_network(any_session, project)
    service.promote(any_session, new.id, by=None, now=NOW)
    service.store_predictions(any_session, new, [row_for(image.id, 20.0)])

    service.store_predictions(any_session, old, [row_for(image.id, 10.0)])

    prediction, network = service.get_current_prediction(any_session, image.id)
    assert (network.number, prediction.points[0]["x"]) == (2, 20.0)


@pytest.mark.parametrize("wrong", ["xy", "confidence", "doubt_px"])
@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_case_072_a_network_that_says_no_numbers_is_unusable(wrong: str, number: float):
    says = {"xy": np.ones((1, 2)), "confidence": np.ones(1), "doubt_px": np.ones(1)}
    says[wrong].flat[0] = number

    with pytest.raises(NetworkUnusable):
        as_row(["mouth"], Said(**says, attributes={}), width_px=4, height_px=3)


@pytest.mark.parametrize("answer", [float("nan"), {"front": float("nan")}])
def test_case_072_an_answer_that_is_no_number_is_unusable_too(answer):
    said = Said(np.ones((1, 2)), np.ones(1), None, {"pose": answer})

    with pytest.raises(NetworkUnusable):
        as_row(["mouth"], said, width_px=4, height_px=3)


@pytest.mark.parametrize("rows", [1, 3])
def test_case_027_an_overtaken_attempt_stores_no_prediction(
    any_database: Database, settings: Settings, storage: Storage, rows: int
):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        images = [make_image(session, project) for _ in range(rows)]
        network = make_network(session, project)
        service.promote(session, network.id, by=None, now=NOW)
        overtaken = jobs.claim_next(session, worker="one", now=NOW, lease=LEASE, kinds=["predict"])
        jobs.claim_next(session, worker="two", now=later(31), lease=LEASE, kinds=["predict"])
    assert overtaken is not None
    context = JobContext(
        claim=overtaken, database=any_database, storage=storage, settings=settings, clock=utc_now,
        is_stopping=threading.Event(),
    )  # fmt: skip

    with pytest.raises(FenceLost), context.recording() as session:
        service.store_predictions(session, network, [row_for(image.id, 1.0) for image in images])

    with any_database.reading() as session:
        assert repository.predictions_of(session, network.id, after_image_id=0, limit=9) == []
        assert session.scalars(select(ProjectEvent).where(ProjectEvent.name == "predictions")).all() == []
