"""A grid of predicted images and what there is to be seen of it: for tests of the grid."""

from playwright.sync_api import Page

from app.db import Database
from app.images.tables import Image
from app.predictions import service as predictions
from app.projects import service as projects
from tests.browser.conftest import Served
from tests.browser.labelling import NEXT_FRAME
from tests.factories import NOW
from tests.predictions.test_predictions_service import make_network, row_for

SEEN = "#grid[data-phase=showing][data-seen]"
SURE = 0.9
IMAGE_COUNT = 20


def predicted_grid(served: Served, database: Database) -> str:
    """Address of twelve tiles; the network says "side" of fourteen images and "front" of the others."""
    with database.unit_of_work() as session:
        project = projects.get_project(session, served.project_id)
        network = make_network(session, project)
        predictions.promote(session, network.id, by=None, now=NOW)
        for image in session.query(Image).order_by(Image.id):
            value = "side" if image.id <= 14 else "front"
            shares = {"front": 1 - SURE, "side": 1 - SURE} | {value: SURE}
            row = row_for(image.id, 1.0) | {"attributes": {"pose": shares}}
            predictions.store_predictions(session, network, [row])
    return f"{served.url}/projects/{served.project_id}/grid?attribute=pose&tiles=12"


def open_grid(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector(SEEN)


def wait_for_page(page: Page, number: int) -> None:
    page.wait_for_selector(f"{SEEN}[data-page='{number}']")


def wait_until_saved(page: Page) -> None:
    page.wait_for_selector("#saving[data-waiting='0'][data-attention='0']")


def answers(page: Page) -> list[str]:
    page.evaluate(NEXT_FRAME)
    return page.locator(".tile-answer").all_inner_texts()


def image_ids(page: Page) -> list[int]:
    return [int(tile.get_attribute("data-image-id") or 0) for tile in page.locator(".grid-tile").all()]


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)
