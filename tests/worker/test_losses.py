"""Losses that a run was asked for, and those that it takes by itself."""

from collections.abc import Callable

from app.db import Database, utc_now
from app.storage import Storage
from app.training import service as training
from app.training.schemas import RunOptions
from app.training.words import stored_words
from tests.worker.conftest import find_run, make_rectangles

Work = Callable[[], int]


def request(database: Database, project_id: int, **options: str) -> int:
    with database.unit_of_work() as session:
        return training.request_run(
            session,
            project_id=project_id,
            options=RunOptions.model_validate(options),
            reason="a test",
            by=None,
            now=utc_now(),
        ).id


def test_a_run_of_a_pool_without_answers_goes_on_without_loss_a_and_says_so(
    database: Database, storage: Storage, work: Work
):
    project_id = make_rectangles(database, storage, kinds=["landmarks"])
    run_id = request(database, project_id)

    work()

    run = find_run(database, run_id)
    assert (run.status, run.error_detail) == ("succeeded", None)
    assert run.config is not None
    assert run.config["attribute_weight"] == 0
    assert run.config_reason is not None
    assert "without loss A, since no image has an answer" in stored_words(run.config_reason).split("; ")


def test_a_run_that_was_asked_for_loss_a_is_refused_without_answers(
    database: Database, storage: Storage, work: Work
):
    project_id = make_rectangles(database, storage, kinds=["landmarks"])
    run_id = request(database, project_id, losses="L+A")

    work()

    run = find_run(database, run_id)
    assert (run.status, run.error_code) == ("failed", "losses_not_offered")
    assert run.error_detail == "no image has an answer for A to learn from"
