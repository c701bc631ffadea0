"""Projects to learn from, and a workplace without a process of its own."""

import threading
from collections.abc import Callable, Collection

import numpy as np
import pytest
from PIL import Image as Pixels
from PIL import ImageDraw

from app.annotations import service as annotations
from app.annotations.schemas import AttributeAnswer, LandmarksAnswer
from app.db import Database, utc_now
from app.images.tables import Image, Side
from app.queue import service as queue
from app.settings import Settings
from app.storage import Storage
from app.training import lifecycle
from app.training import service as training
from app.training.schemas import RunOptions
from app.training.tables import Run
from ml.config import FitConfig
from tests.factories import (
    attribute_body,
    encoded,
    landmarks_body,
    make_image,
    make_project,
    make_user,
    point,
)
from worker.lane import Lane, Workplace
from worker.loop import LONG, SHORT

CORNERS = {
    "landmarks": ["top_left", "bottom_right"],
    "edges": [["top_left", "bottom_right"]],
    "attributes": [
        {"name": "shape", "question": "Is it wide?", "kind": "classes", "classes": ["wide", "tall"]}
    ],
    "normaliser": {"kind": "box"},
}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A short run on one thread; runs begin only when a test asks for them."""
    return settings.model_copy(
        update={"training_steps": 6, "training_threads": 1, "auto_train": False, "job_lease_seconds": 3}
    )


@pytest.fixture
def place(database: Database, storage: Storage, settings: Settings) -> Workplace:
    """What a worker has, in this process."""
    return Workplace(
        name="test",
        database=database,
        storage=storage,
        settings=settings,
        clock=utc_now,
        is_stopping=threading.Event(),
    )


@pytest.fixture
def work(place: Workplace) -> Callable[[], int]:
    """Do all jobs that are due, and say how many there were."""

    def until_idle() -> int:
        lane = Lane(place, [*LONG, *SHORT])
        done = 0
        while lane.do_one():
            done += 1
        return done

    return until_idle


TINY = FitConfig(
    input_px=32,
    steps=12,
    batch_size=4,
    precision="float32",
    threads=1,
    warmup_steps=2,
    evaluate_every=4,
    save_every=4,
    reason="a test",
)


def request_run(database: Database, project_id: int, config: FitConfig = TINY) -> int:
    """Queue a run with settings of the test's own; returns its id."""
    with database.unit_of_work() as session:
        run = training.request_run(
            session, project_id=project_id, options=RunOptions(), reason="a test", by=None, now=utc_now()
        )
        lifecycle.record_config(session, run.id, config.to_json())
        return run.id


def find_run(database: Database, run_id: int) -> Run:
    """The run as it is now."""
    with database.reading() as session:
        return training.get_run(session, run_id)


def make_rectangles(
    database: Database,
    storage: Storage,
    *,
    train: int = 8,
    validation: int = 3,
    unlabelled: int = 4,
    kinds: Collection[str] = ("landmarks", "shape"),
) -> int:
    """A project of white rectangles on black, whose corners are the landmarks; returns its id."""
    random = np.random.default_rng(0)
    with database.unit_of_work() as session:
        user = make_user(session)
        project = make_project(session, schema=CORNERS, by=user)
        sides = [Side.TRAIN] * (train + unlabelled) + [Side.VALIDATION] * validation
        images = []
        for number, side in enumerate(sides):
            picture, corners = rectangle(random)
            content = encoded(picture, "PNG")
            image = make_image(
                session, project, storage=storage, side=side, content=content, width_px=96, height_px=72
            )
            images.append(image)
            if not train <= number < train + unlabelled:
                label(session, image, corners, kinds, by=user.id)
        queue.open_asks(session, project=project, image_ids=[image.id for image in images])
        return project.id


def rectangle(random: np.random.Generator) -> tuple[Pixels.Image, tuple[int, int, int, int]]:
    """A picture of 96 x 72 px and the corners x0, y0, x1, y1 of what is on it."""
    x0, y0 = int(random.integers(4, 40)), int(random.integers(4, 30))
    x1, y1 = x0 + int(random.integers(20, 50)), y0 + int(random.integers(15, 36))
    picture = Pixels.new("RGB", (96, 72))
    ImageDraw.Draw(picture).rectangle((x0, y0, x1 - 1, y1 - 1), fill="white")
    return picture, (x0, y0, x1, y1)


def label(
    session, image: Image, corners: tuple[int, int, int, int], kinds: Collection[str], *, by: int
) -> None:
    """Answer these kinds of question about an image."""
    x0, y0, x1, y1 = corners
    points = [point("top_left", x0, y0), point("bottom_right", x1, y1)]
    answers = {
        "landmarks": LandmarksAnswer.model_validate(landmarks_body(points)),
        "shape": AttributeAnswer.model_validate(attribute_body("wide" if x1 - x0 > y1 - y0 else "tall")),
    }
    for kind in kinds:
        annotations.submit(
            session, image_id=image.id, kind=kind, answer=answers[kind], by=by, is_late=False, now=utc_now()
        )
