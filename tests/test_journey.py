"""The main job, once, for real: browser, database, pool, network, prediction, browser."""

import csv
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from app.db import Database
from app.predictions.tables import Prediction
from app.settings import Settings
from app.storage import Storage, open_storage
from app.training import pool
from app.training.tables import Run
from ml.data.blocks import write_blocks
from tests.browser.labelling import (
    click_image,
    image_id,
    open_label_page,
    revisions,
    wait_for_next,
    wait_until_saved,
)
from tests.worker.running import Running, serving, until

pytestmark = pytest.mark.browser

SQUARES = [f"square_{number}" for number in range(1, 6)]
SCHEMA = {
    "landmarks": SQUARES,
    "edges": [list(pair) for pair in pairwise(SQUARES)],
    "attributes": [
        {"name": "wide", "question": "Is it wider than tall?", "kind": "classes", "classes": ["yes", "no"]}
    ],
    "normaliser": {"kind": "box"},
}
GHOSTS = ".ghost[data-shown=true]"


def test_labels_made_in_the_browser_come_back_as_predictions(page: Page, settings: Settings, tmp_path: Path):
    settings = settings.model_copy(update={"training_steps": 60, "training_threads": 1})
    settings.home_dir.mkdir()
    write_blocks(tmp_path / "blocks", train=24, validation=0, test=0, seed=3)
    truth = true_points(tmp_path / "blocks" / "landmarks.csv")

    with serving(settings) as service:
        project_id = project_with_images(service, tmp_path / "blocks" / "images")
        open_label_page(page, f"{service.address}/projects/{project_id}/label", mode="landmarks")
        assert page.locator(GHOSTS).count() == 0
        labelled = [label_shown_image(page, service, truth) for _ in range(9)]
        first_run = until(lambda: finished_run(service, project_id))
        page.wait_for_selector(GHOSTS)
        shown = image_id(page)
        ghosts = until(lambda: service.get(f"/api/v1/images/{shown}/prediction"))
        page.keyboard.press("Shift+A")
        wait_for_next(page, shown)
        wait_until_saved(page)

    database, storage = Database(settings.sqlalchemy_url), open_storage(settings)
    check_stored_labels(database, labelled)
    check_pool(database, storage, first_run["id"], labelled)
    check_accepted(database, shown, ghosts)
    database.close()


def true_points(table: Path) -> dict[str, dict[str, tuple[float, float]]]:
    """By image name; the common layout has pixel centres at integers, we have corners there."""
    with table.open(newline="") as file:
        return {
            row["image"]: {
                name: (float(row[f"{name}_x"]) + 0.5, float(row[f"{name}_y"]) + 0.5) for name in SQUARES
            }
            for row in csv.DictReader(file)
        }


def project_with_images(service: Running, folder: Path) -> int:
    project = (
        service.post("/api/v1/projects", json={"name": "blocks", "schema": SCHEMA, "control_share": 0})
        .raise_for_status()
        .json()
    )
    files = [("files", (path.name, path.read_bytes(), "image/png")) for path in sorted(folder.iterdir())]
    uploaded = service.post(f"/api/v1/projects/{project['id']}/images", files=files).raise_for_status().json()
    assert {each["outcome"] for each in uploaded["items"]} == {"added"}
    return int(project["id"])


def label_shown_image(
    page: Page, service: Running, truth: dict[str, Any]
) -> tuple[int, dict[str, tuple[float, float]]]:
    """Click every landmark where it is; returns the image and the image points that were hit."""
    shown = image_id(page)
    wanted = truth[service.get(f"/api/v1/images/{shown}")["name"]]
    hit = {name: click_image(page, *wanted[name]) for name in SQUARES}
    page.keyboard.press("Enter")
    wait_for_next(page, shown)
    wait_until_saved(page)
    return shown, hit


def finished_run(service: Running, project_id: int) -> dict[str, Any] | None:
    """The run that started by itself, once it is over."""
    runs = service.get(f"/api/v1/projects/{project_id}/runs")["items"]
    done = [run for run in runs if run["number"] == 1 and run["finished_at"]]
    assert all(run["status"] == "succeeded" for run in done), done
    return done[0] if done else None


def check_stored_labels(
    database: Database, labelled: list[tuple[int, dict[str, tuple[float, float]]]]
) -> None:
    for shown, hit in labelled:
        (revision,) = revisions(database, image_id=shown)
        assert [point["name"] for point in revision.body["points"]] == SQUARES
        for point in revision.body["points"]:
            assert (point["x"], point["y"]) == pytest.approx(hit[point["name"]], abs=1e-3)


def check_pool(database: Database, storage: Storage, run_id: int, labelled: list[Any]) -> None:
    """The run states exactly which revisions it learnt from."""
    with database.reading() as session:
        run = session.get_one(Run, run_id)
    frozen = pool.load(storage, run.pool_sha256 or "")
    used = {
        image["id"]: image["revisions"]["landmarks"]
        for image in frozen["images"]
        if "landmarks" in image["revisions"]
    }
    assert 5 <= len(used) <= len(labelled)
    for shown, revision_id in used.items():
        (revision,) = revisions(database, image_id=shown)
        assert str(revision.id) == revision_id


def check_accepted(database: Database, shown: int, ghosts: dict[str, Any]) -> None:
    """Accepting the ghosts stores the prediction, and the label remembers what it was corrected from."""
    (accepted,) = revisions(database, image_id=shown)
    assert accepted.assist == "prediction"
    with database.reading() as session:
        prediction = session.get_one(Prediction, accepted.prediction_id)
    assert prediction.image_id == shown
    said = {point["name"]: (point["x"], point["y"]) for point in prediction.points}
    for point in accepted.body["points"]:
        assert (point["x"], point["y"]) == pytest.approx(said[point["name"]], abs=1e-6)
    assert {point["name"] for point in ghosts["points"]} == set(SQUARES)
