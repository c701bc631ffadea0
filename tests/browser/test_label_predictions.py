"""Predictions on the labelling page: shown, accepted, replaced while one works."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from app.db import Database
from app.predictions import service as predictions
from app.predictions.service import NewNetwork
from app.predictions.tables import Network
from app.projects import service as projects
from app.training.tables import Run, RunStatus
from tests.browser.conftest import Served
from tests.browser.labelling import (
    SEEN,
    click_image,
    image_id,
    kind,
    open_label_page,
    points_of,
    revisions,
    wait_for_next,
    wait_until_saved,
)
from tests.factories import NOW

pytestmark = pytest.mark.browser

SAID = {"eye_l": (100.25, 80.5), "eye_r": (200.125, 82.0), "mouth": (150.75, 180.0)}


@pytest.fixture
def predicted(served: Served, database: Database) -> Served:
    """The service with a first network that has seen all images."""
    predict(database, served.project_id, image_count=8, shift_px=0)
    return served


def test_accepting_all_stores_the_predicted_points_and_what_helped(
    page: Page, predicted: Served, database: Database
) -> None:
    open_label_page(page, predicted.label_url, mode="landmarks")
    first = image_id(page)
    expect(page.locator(".ghost[data-shown=true]")).to_have_count(3)
    expect(page.locator(".halo[data-shown=true] circle").first).to_have_attribute("r", "4.5")

    page.keyboard.press("Shift+A")
    wait_for_next(page, first)
    wait_until_saved(page)

    (stored,) = revisions(database, image_id=first)
    assert {name: (point["x"], point["y"]) for name, point in points_of(stored).items()} == SAID
    assert stored.assist == "prediction"
    assert stored.prediction_id is not None


def test_one_undo_brings_an_image_back_whose_points_were_all_accepted(
    page: Page, predicted: Served, database: Database
) -> None:
    open_label_page(page, predicted.label_url, mode="landmarks")
    first = image_id(page)
    page.keyboard.down("Shift")
    page.keyboard.down("A")
    for _ in range(5):  # held: the browser repeats the key
        page.keyboard.down("A")
    page.keyboard.up("A")
    page.keyboard.up("Shift")
    wait_for_next(page, first)
    wait_until_saved(page)
    assert len(revisions(database)) == 1
    expect(page.locator(".mark[data-state=visible]")).to_have_count(0)

    page.keyboard.press("Control+z")
    page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")
    expect(page.locator(".mark[data-state=visible]")).to_have_count(3)
    page.keyboard.press("1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    wait_until_saved(page)

    assert [each.number for each in revisions(database, image_id=first)] == [1, 2]


def test_in_the_control_arm_no_prediction_is_shown_whatever_one_does(
    page: Page, served: Served, database: Database
) -> None:
    with database.unit_of_work() as session:
        projects.set_control_share(session, served.project_id, share=1, by=1, now=NOW)
    predict(database, served.project_id, image_count=8, shift_px=0)
    open_label_page(page, served.label_url, mode="landmarks")
    first = image_id(page)

    page.keyboard.press("p")
    expect(page.locator("#notice")).to_contain_text("stays hidden")
    page.keyboard.press("Shift+A")
    expect(page.locator("#notice")).to_have_text("There is no prediction to accept here.")
    assert image_id(page) == first
    predict(database, served.project_id, image_count=8, shift_px=10)  # a newer one comes while one works
    page.wait_for_timeout(1500)
    expect(page.locator(".ghost[data-shown=true]")).to_have_count(0)
    click_image(page, 100, 80)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    wait_for_next(page, first)
    wait_until_saved(page)

    (stored,) = revisions(database, image_id=first)
    assert (stored.assist, stored.prediction_id) == ("none", None)


def test_accepting_one_goes_on_to_the_next(page: Page, predicted: Served) -> None:
    open_label_page(page, predicted.label_url, mode="landmarks")

    page.keyboard.press("a")

    expect(page.locator(".mark[data-state=visible]")).to_have_count(1)
    expect(page.locator("#landmark-now")).to_have_text("eye r")


def test_a_newer_prediction_moves_the_ghosts_and_no_placed_point(
    page: Page, predicted: Served, database: Database
) -> None:
    open_label_page(page, predicted.label_url, mode="landmarks")
    click_image(page, 60, 60)
    placed = page.locator(".mark").first.get_attribute("transform") or ""
    second = page.locator(".ghost").nth(1)
    expect(second).to_have_attribute("style", "transform: translate(200.125px, 82px);")

    predict(database, predicted.project_id, image_count=8, shift_px=10)

    expect(second).to_have_attribute("style", "transform: translate(210.125px, 82px);")
    expect(page.locator(".mark").first).to_have_attribute("transform", placed)
    page.keyboard.press("Control+z")
    expect(page.locator(".mark[data-state=visible]")).to_have_count(0)


def test_enter_accepts_the_predicted_answer_and_only_enter(
    page: Page, predicted: Served, database: Database
) -> None:
    open_label_page(page, predicted.label_url, mode="attributes")
    given: dict[str, Any] = {}
    for _ in range(6):
        shown, asked = image_id(page), kind(page)
        page.wait_for_timeout(300)
        assert image_id(page) == shown
        page.keyboard.press("Enter")
        given[asked] = {"pose": "side", "yaw": -12.4}[asked]
        page.wait_for_selector(f"{SEEN}:not([data-image-id='{shown}'])")
    wait_until_saved(page)

    stored = {each.kind: each.body["value"] for each in revisions(database)}
    assert stored == given
    assert {each.assist for each in revisions(database)} == {"prediction"}


def test_u_shows_doubt_as_heat_and_in_numbers(page: Page, predicted: Served) -> None:
    open_label_page(page, predicted.label_url, mode="landmarks")
    page.keyboard.press("a")
    first = page.locator(".landmark").first
    expect(first).to_contain_text("placed")
    expect(page.locator(".heat[data-shown=true]")).to_have_count(0)

    page.keyboard.press("u")

    discs = page.locator(".heat[data-shown=true]")
    expect(discs).to_have_count(3)
    expect(discs.first).to_have_attribute("r", "9")
    expect(discs.first).to_have_attribute("fill", "url(#heat-3)")
    expect(first).to_contain_text("placed ± 4.5 px")
    expect(page.locator("#button-heat")).to_have_attribute("aria-pressed", "true")


def test_the_prediction_is_put_away_and_brought_back(page: Page, predicted: Served) -> None:
    open_label_page(page, predicted.label_url, mode="landmarks")
    ghosts = page.locator(".ghost[data-shown=true]")
    expect(ghosts).to_have_count(3)

    page.keyboard.press("Shift+P")
    expect(ghosts).to_have_count(0)
    page.keyboard.press("p")

    expect(ghosts).to_have_count(3)


def test_p_asks_the_server_for_a_prediction_that_the_page_has_not(
    page: Page, served: Served, database: Database
) -> None:
    page.route("**/events", lambda route: route.abort())
    open_label_page(page, served.label_url, mode="landmarks")
    page.keyboard.press("p")
    expect(page.locator("#notice")).to_contain_text("no prediction")
    predict(database, served.project_id, image_count=8, shift_px=0)

    page.keyboard.press("p")

    expect(page.locator(".ghost[data-shown=true]")).to_have_count(3)


def test_worst_first_leads_to_the_greatest_doubt_and_is_remembered(
    page: Page, served: Served, database: Database
) -> None:
    predict(database, served.project_id, image_count=8, shift_px=0, doubt_px={"mouth": 30.0})
    open_label_page(page, served.label_url, mode="landmarks")
    expect(page.locator("#landmark-now")).to_have_text("eye l")

    page.get_by_role("button", name="Worst first").click()
    page.keyboard.press("a")
    expect(page.locator("#landmark-now")).to_have_text("mouth")
    page.reload()
    page.wait_for_selector(SEEN)

    expect(page.get_by_role("button", name="Worst first")).to_have_attribute("aria-pressed", "true")


def predict(
    database: Database,
    project_id: int,
    *,
    image_count: int,
    shift_px: float,
    doubt_px: Mapping[str, float] = MappingProxyType({}),
    places: Mapping[str, tuple[float, float]] = MappingProxyType(SAID),
) -> None:
    """A further network, promoted, with predictions of all images."""
    with database.unit_of_work() as session:
        network = make_network(session, project_id, tuple(places))
        predictions.promote(session, network.id, by=None, now=NOW)
        said = [
            {"name": name, "x": x + shift_px, "y": y, "doubt_px": doubt_px.get(name, 4.5), "confidence": 0.9}
            for name, (x, y) in places.items()
        ]
        rows = [
            {
                "image_id": image_number,
                "points": said,
                "attributes": {"pose": {"front": 0.2, "side": 0.8}, "yaw": -12.37},
                "doubt": 0.1,
                "created_at": NOW,
            }
            for image_number in range(1, image_count + 1)
        ]
        predictions.store_predictions(session, network, rows)


def make_network(session: Session, project_id: int, landmarks: tuple[str, ...]) -> Network:
    """The network of an ended run; its files are not there."""
    number = 1 + session.query(Run).count()
    run = Run(
        project_id=project_id, number=number, status=RunStatus.SUCCEEDED, reason="test", requested_at=NOW
    )
    session.add(run)
    session.flush()
    made = NewNetwork(
        weights_sha256="0" * 64,
        onnx_sha256="1" * 64,
        schema_version=1,
        landmarks=landmarks,
        config={},
        scores={},
    )
    return predictions.add_network(session, project_id=project_id, run_id=run.id, made=made, now=NOW)
