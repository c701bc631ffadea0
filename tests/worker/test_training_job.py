"""A run in this process, from its pool to its network."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from app import jobs
from app.annotations import service as annotations
from app.annotations.schemas import LandmarksAnswer
from app.db import Database, utc_now
from app.images.tables import Image
from app.jobs import JobKind
from app.predictions import repository as predictions
from app.storage import Storage
from app.training import pool
from app.training import repository as runs
from app.training import service as training
from tests.factories import landmarks_body, point
from tests.worker.conftest import TINY, find_run, make_rectangles, request_run
from worker.lane import Lane, Workplace
from worker.loop import LONG, SHORT

Work = Callable[[], int]


def test_a_run_ends_with_a_promoted_network_and_predictions(database: Database, storage: Storage, work: Work):
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id)

    work()

    run = find_run(database, run_id)
    assert (run.status, run.error_detail) == ("succeeded", None)
    assert run.outcome is not None
    assert run.outcome.startswith("promoted: nothing to compare with, ")
    assert run.pool_counts is not None
    assert (run.pool_counts["images"], run.pool_counts["landmarks"], run.pool_counts["validation"]) == (
        15,
        11,
        3,
    )
    with database.reading() as session:
        network = predictions.find_current_network(session, project_id)
        assert network is not None
        assert network.run_id == run_id
        assert len(predictions.predictions_of(session, network.id, after_image_id=0, limit=100)) == 15
        points = runs.points_of(session, run_id)
    assert [each.step for each in points if each.nme is not None] == [4, 8, 12]


@pytest.mark.parametrize(
    "written", [{"no_such_setting": 1}, {"batch_size": 0}], ids=["unknown", "out of range"]
)
def test_a_run_that_an_older_version_began_with_other_settings_begins_again_with_todays(
    database: Database, storage: Storage, work: Work, written: dict[str, int]
):
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id)
    with database.unit_of_work() as session:
        training.get_run(session, run_id).config = written

    work()

    run = find_run(database, run_id)
    assert run.status == "succeeded"
    assert run.config is not None
    assert run.config["batch_size"] > 0


def test_labels_that_come_after_the_pool_was_frozen_are_not_in_it(
    database: Database, storage: Storage, place: Workplace
):
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id)
    Lane(place, LONG).do_one()
    frozen = find_run(database, run_id).pool_sha256
    assert frozen is not None

    with database.unit_of_work() as session:
        image = session.get_one(Image, pool.load(storage, frozen)["images"][0]["id"])
        body = landmarks_body([point("top_left", 1, 1), point("bottom_right", 9, 9)], base_revision=1)
        answer = LandmarksAnswer.model_validate(body)
        annotations.submit(
            session, image_id=image.id, kind="landmarks", answer=answer, by=1, is_late=False, now=utc_now()
        )
    with database.snapshot() as session:
        newer = pool.freeze(session, project_id)

    assert newer.sha256 != frozen
    assert pool.load(storage, frozen)["images"][0]["revisions"]["landmarks"] != str(answer.id)


def test_case_038_a_pool_with_one_label_still_gives_a_network(
    database: Database, storage: Storage, work: Work
):
    project_id = make_rectangles(database, storage, train=1, validation=0, unlabelled=2)
    run_id = request_run(database, project_id)

    work()

    run = find_run(database, run_id)
    assert (run.status, run.error_detail) == ("succeeded", None)
    assert run.outcome is not None
    assert "no validation image" in run.outcome


def test_case_038_a_pool_whose_files_are_gone_fails_with_a_code(
    database: Database, storage: Storage, work: Work
):
    project_id = make_rectangles(database, storage, train=2, validation=0, unlabelled=0)
    run_id = request_run(database, project_id)
    for key in list(storage.keys("images")):
        storage.path_of(key).unlink()

    work()

    run = find_run(database, run_id)
    assert (run.status, run.error_code) == ("failed", "not_enough_labels")


def test_a_worse_network_is_kept_aside(database: Database, storage: Storage, work: Work):
    project_id = make_rectangles(database, storage, train=12, validation=6)
    request_run(database, project_id, replace(TINY, steps=60))
    work()
    worse = request_run(database, project_id, replace(TINY, steps=1, learning_rate=1e-9, evaluate_every=1))

    work()

    run = find_run(database, worse)
    assert run.status == "succeeded"
    assert run.outcome is not None
    assert run.outcome.startswith("kept aside: ")
    with database.reading() as session:
        current = predictions.find_current_network(session, project_id)
        assert current is not None
        assert current.number == 1
        assert len(predictions.networks_of(session, project_id)) == 2


def test_case_039_a_waiting_run_is_cancelled_at_once(database: Database, storage: Storage, work: Work):
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id)

    with database.unit_of_work() as session:
        training.cancel(session, run_id, by=1, now=utc_now())

    assert find_run(database, run_id).status == "cancelled"
    assert work() == 0


def test_case_039_a_running_run_stops_when_it_is_cancelled(
    database: Database, storage: Storage, place: Workplace
):
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id, replace(TINY, steps=100_000))
    thread = threading.Thread(target=Lane(place, LONG).do_one)
    thread.start()
    while find_run(database, run_id).step == 0:
        time.sleep(0.02)  # not spinning: the training needs both cores

    with database.unit_of_work() as session:
        training.cancel(session, run_id, by=1, now=utc_now())
    thread.join()

    run = find_run(database, run_id)
    assert run.status == "cancelled"
    assert run.finished_at is not None
    with database.reading() as session:
        job = jobs.find_job(session, JobKind.TRAIN, run_id)
        assert job is not None
        assert job.status == "cancelled"
        assert predictions.networks_of(session, project_id) == []


def test_a_worker_that_stops_gives_its_run_back_and_the_next_one_resumes(
    database: Database, storage: Storage, place: Workplace, work: Work
):
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id, replace(TINY, steps=60))
    thread = threading.Thread(target=Lane(place, LONG).do_one)
    thread.start()
    while find_run(database, run_id).step < 8:
        time.sleep(0.02)  # as above
    place.is_stopping.set()
    thread.join()
    stopped_at, status = find_run(database, run_id).step, find_run(database, run_id).status
    stopped = utc_now()
    place.is_stopping.clear()

    work()

    with database.reading() as session:
        later = [each.step for each in runs.points_of(session, run_id) if each.at > stopped]
    assert status == "queued"
    assert find_run(database, run_id).status == "succeeded"
    assert min(later) > stopped_at - TINY.save_every


@pytest.mark.parametrize("kinds", [LONG, SHORT], ids=["long", "short"])
def test_a_job_whose_subject_breaks_it_does_not_end_the_lane(
    database: Database, place: Workplace, storage, kinds
):
    project_id = make_rectangles(database, storage, train=1, validation=0, unlabelled=0)
    with database.unit_of_work() as session:
        job = jobs.enqueue(session, kinds[0], project_id=project_id, subject_id=999, now=utc_now())

    Lane(place, kinds).do_one()

    with database.reading() as session:
        done = session.get_one(jobs.Job, job.id)
        assert done.status == "failed"
        assert done.error_code in {"run_not_found", "network_not_found"}
