from collections.abc import Callable

from app.db import Database, utc_now
from app.predictions import repository as predictions
from app.storage import Storage
from app.training import repository as runs
from app.training import service as training
from app.training.schemas import RunOptions
from tests.worker.conftest import make_rectangles


def request(database: Database, project_id: int, **options) -> int:
    with database.unit_of_work() as session:
        run = training.request_run(
            session, project_id=project_id, options=RunOptions(**options), reason="a test", by=None, now=utc_now()
        )
        return run.id


def test_a_run_ends_with_a_promoted_network_and_predictions(
    database: Database, storage: Storage, work: Callable[[], int]
):
    project_id = make_rectangles(database, storage)
    run_id = request(database, project_id)

    work()

    with database.reading() as session:
        run = training.get_run(session, run_id)
        network = predictions.find_current_network(session, project_id)
        assert (run.status, run.error_detail) == ("succeeded", None)
        assert network is not None
        assert network.run_id == run_id
        assert len(predictions.predictions_of(session, network.id, after_image_id=0, limit=100)) == 15
        assert [point.step for point in runs.points_of(session, run_id)] == [1, 2, 3, 4, 5, 6]
