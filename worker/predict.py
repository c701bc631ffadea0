"""Predictions of a network for the images of its project, the next ones to be labelled first."""

import os
import time
from collections.abc import Sequence
from typing import Any

import structlog

from app import jobs
from app.images import service as images
from app.jobs import Job, JobKind
from app.predictions import repository as predictions
from app.predictions import service as networks
from app.predictions import unpredicted
from app.predictions.serving import VIEWS, as_row, predictor_of
from app.predictions.tables import Network
from app.storage import Storage
from app.training.targets import SEEN, Target, newest_image_id, targets_of
from ml.serve import PictureRejected, Prediction, Predictor
from worker.context import JobContext

IMAGES_AT_ONCE = 16
WRITE_EVERY_SECONDS = 1.0  # browsers get the first ones after one round, then once a second
SLICE_SECONDS = 45.0  # then other jobs have their turn, such as ranking by what was predicted so far
log = structlog.get_logger()


def predict(context: JobContext) -> None:
    """Predict what the network has not predicted yet; ends early when another network was promoted.

    An image whose file is missing or does not decode is left out; it is tried again when new images come.
    """
    with context.database.reading() as session:
        network = networks.get_network(session, context.claim.subject_id)
        seen = newest_image_id(session, network.project_id)
        targets = targets_of(session, network)
    _bring_up_to_date(context, network)
    threads = context.settings.training_threads or os.cpu_count() or 1
    predictor = predictor_of(context.storage, network.onnx_sha256, threads)
    ends_at = time.monotonic() + SLICE_SECONDS
    writes_at = 0.0
    rows: list[dict[str, Any]] = []
    done = 0
    while done < len(targets) and time.monotonic() < ends_at:
        context.check_wanted()
        some = targets[done : done + IMAGES_AT_ONCE]
        rows += _rows(context, predictor, some)
        done += len(some)
        if time.monotonic() >= writes_at or len(rows) > networks.ROWS_AT_ONCE - IMAGES_AT_ONCE:
            if not _write(context, network, rows):
                return
            rows, writes_at = [], time.monotonic() + WRITE_EVERY_SECONDS
    _finish(context, network, rows, seen=seen, is_whole=done >= len(targets))


def _bring_up_to_date(context: JobContext, network: Network) -> None:
    """The list of what is not predicted, up to the newest image; a million take some seconds."""
    has_more = True
    while has_more:
        context.check_wanted()
        with context.recording() as session:
            has_more = unpredicted.extend(session, network)


def _rows(context: JobContext, predictor: Predictor, targets: Sequence[Target]) -> list[dict[str, Any]]:
    now = context.clock()
    return [
        {
            "image_id": target.image_id,
            "created_at": now,
            **as_row(predictor.landmarks, said, width_px=target.width_px, height_px=target.height_px),
        }
        for target, said in _predicted(predictor, targets, context.storage)
    ]


def _predicted(
    predictor: Predictor, targets: Sequence[Target], storage: Storage
) -> list[tuple[Target, Prediction]]:
    paths = [images.seen_path(storage, target.sha256) for target in targets]
    try:
        return list(zip(targets, predictor.predict(paths, views=VIEWS), strict=True))
    except PictureRejected as error:
        if len(targets) == 1:
            log.warning("image_not_predicted", image=targets[0].image_id, error=str(error))
            return []
        return [pair for target in targets for pair in _predicted(predictor, [target], storage)]


def _write(context: JobContext, network: Network, rows: list[dict[str, Any]]) -> bool:
    """Store some rows; False when another network is the current one by now."""
    with context.recording() as session:
        networks.store_predictions(session, network, rows)
        current = predictions.find_current_network(session, network.project_id)
        return current is not None and current.id == network.id


def _finish(
    context: JobContext, network: Network, rows: list[dict[str, Any]], *, seen: int, is_whole: bool
) -> None:
    """Store the rest and end the job; rank by the new doubt, and go on where something is left."""
    with context.recording() as session:
        now = context.clock()
        networks.store_predictions(session, network, rows)
        session.get_one(Job, context.claim.job_id).payload = {SEEN: seen}
        project_id = network.project_id
        jobs.enqueue_once(session, JobKind.RANK, project_id=project_id, subject_id=project_id, now=now)
        if not is_whole:
            jobs.enqueue_once(session, JobKind.PREDICT, project_id=project_id, subject_id=network.id, now=now)
        jobs.finish(session, context.claim, now=now)
