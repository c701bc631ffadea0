"""A run whose images and networks lie in a bucket."""

import threading

from app.db import Database, utc_now
from app.predictions import repository as predictions
from app.settings import Settings
from app.storage import open_storage
from tests.worker.conftest import find_run, make_rectangles, request_run
from worker.lane import Lane, Workplace
from worker.loop import LONG, SHORT


def test_a_run_on_a_bucket_ends_with_predictions_and_holds_nothing_afterwards(
    database: Database, s3_settings: Settings
):
    storage = open_storage(s3_settings)
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id)
    place = Workplace(
        name="test",
        database=database,
        storage=storage,
        settings=s3_settings,
        clock=utc_now,
        is_stopping=threading.Event(),
    )

    lane = Lane(place, [*LONG, *SHORT])
    while lane.do_one():
        pass

    run = find_run(database, run_id)
    assert (run.status, run.error_detail) == ("succeeded", None)
    with database.reading() as session:
        network = predictions.find_current_network(session, project_id)
        assert network is not None
        assert len(predictions.predictions_of(session, network.id, after_image_id=0, limit=100)) == 15
    assert {path.stat().st_nlink for path in s3_settings.blob_cache_dir.rglob("*") if path.is_file()} == {1}
    assert not (s3_settings.work_dir / f"run-{run_id}").exists()
    assert not s3_settings.blobs_dir.exists()
