"""Bad luck: a project that changes while one labels, an image that goes, a full store, a wrong clock."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect
from sqlalchemy import select, update

from app.db import Database
from app.queue import service as queue
from app.queue.ranking import open_missing_asks
from app.queue.reasons import Reason
from app.queue.tables import Ask, AskStatus
from app.storage import Storage
from tests.browser.conftest import Served
from tests.browser.labelling import (
    SEEN,
    SPOTS,
    answer,
    camera,
    choose,
    click_image,
    image_id,
    kind,
    marks,
    open_label_page,
    points_of,
    revisions,
    wait_for_next,
    wait_until_saved,
)
from tests.browser.test_label_predictions import predict
from tests.factories import FACE, make_image, make_project

pytestmark = pytest.mark.browser

YEAR_MS = 365 * 24 * 3600 * 1000


def change_schema(page: Page, served: Served, **parts: Any) -> None:
    """As a manager does it meanwhile."""
    project = f"{served.url}/api/v1/projects/{served.project_id}"
    version = page.request.get(project).json()["schema_version"]
    changed = page.request.patch(project, data={"schema": FACE | parts, "base_schema_version": version})
    assert changed.ok, changed.text()


def place_face(page: Page) -> None:
    for spot in SPOTS.values():
        click_image(page, *spot)


class TestTheProjectChanges:
    def test_a_landmark_that_is_new_is_asked_by_an_open_page_and_of_what_was_answered_without_it(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)
        place_face(page)
        change_schema(page, served, landmarks=[*FACE["landmarks"], "nose"])

        page.keyboard.press("Enter")
        wait_for_next(page, first)

        expect(page.locator("#landmark-list .name")).to_have_text(["eye l", "eye r", "mouth", "nose"])
        expect(page.locator("#notice")).to_contain_text("nose")
        assert len(points_of(*revisions(database, image_id=first))) == 3
        with database.reading() as session:
            ask = session.scalars(select(Ask).filter_by(image_id=first, kind="landmarks")).one()
        assert (ask.status, ask.reason_code) == (AskStatus.OPEN, Reason.GROWN)
        for _ in range(6):  # what is held already comes before it
            shown = image_id(page)
            if shown == first:
                break
            place_face(page)
            click_image(page, 150, 120)
            page.keyboard.press("Enter")
            wait_for_next(page, shown)
        assert (image_id(page), len(marks(page))) == (first, 3)
        click_image(page, 150, 120)
        page.keyboard.press("Enter")
        wait_for_next(page, first)
        wait_until_saved(page)
        _, second = revisions(database, image_id=first)
        assert set(points_of(second)) == {"eye_l", "eye_r", "mouth", "nose"}

    def test_a_landmark_that_is_gone_is_said_and_the_answer_is_kept(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)
        place_face(page)
        change_schema(page, served, landmarks=["eye_l", "eye_r"], edges=[], normaliser=FACE["normaliser"])

        page.keyboard.press("Enter")
        page.wait_for_selector("#saving[data-attention='1']")
        page.click("#saving")

        expect(page.locator("#attention-list .words")).to_contain_text("mouth")
        assert revisions(database) == []
        page.reload()
        page.wait_for_selector("#saving[data-attention='1']")
        page.click("#saving")
        page.click("text=Open again")
        page.wait_for_selector(f"{SEEN}[data-image-id='{first}']")
        page.keyboard.press("Enter")
        wait_until_saved(page)

        (stored,) = revisions(database, image_id=first)
        assert set(points_of(stored)) == {"eye_l", "eye_r"}

    def test_a_question_that_is_gone_does_not_stop_the_queue(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="attributes")
        shown = image_id(page)
        page.wait_for_selector("#label[data-ahead='3']")
        change_schema(page, served, attributes=FACE["attributes"][:1])

        for _ in range(6):
            shown, asked = image_id(page), kind(page)
            answer(page, asked)
            wait_for_next(page, shown)
            if kind(page) == "landmarks":
                break
        page.wait_for_selector("#saving[data-waiting='0']")

        assert {each.kind for each in revisions(database)} == {"pose"}

    def test_a_question_that_is_new_is_asked_once_the_page_is_loaded_anew(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url)
        page.wait_for_selector("#label[data-ahead='3']")
        mood = {"name": "mood", "question": "Which mood?", "kind": "classes", "classes": ["glad", "sad"]}
        change_schema(page, served, attributes=[*FACE["attributes"], mood])
        with database.unit_of_work() as session:
            session.execute(update(Ask).values(status=AskStatus.ANSWERED))
            open_missing_asks(session, served.project_id, ["mood"])

        for _ in range(3):
            before = image_id(page)
            page.keyboard.press("Control+Space")
            wait_for_next(page, before)
        page.keyboard.press("Control+Space")

        page.wait_for_selector("#label[data-phase=empty]")
        page.reload()
        page.wait_for_selector(f"{SEEN}[data-kind=mood]")

    def test_a_prediction_of_another_schema_shows_what_still_has_a_name(
        self, page: Page, served: Served, database: Database
    ) -> None:
        predict(database, served.project_id, image_count=8, shift_px=0)
        change_schema(
            page, served, landmarks=["eye_l", "eye_r", "nose"], edges=[], normaliser=FACE["normaliser"]
        )

        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)
        page.keyboard.press("Shift+A")
        expect(page.locator("#notice")).to_have_text("Not submitted. There is no prediction of: nose.")
        click_image(page, 150, 120)
        page.keyboard.press("Enter")
        wait_for_next(page, first)
        wait_until_saved(page)

        (stored,) = revisions(database, image_id=first)
        assert set(points_of(stored)) == {"eye_l", "eye_r", "nose"}

    def test_an_image_that_is_removed_meanwhile_is_said_and_the_next_one_shows(
        self, page: Page, served: Served, database: Database
    ) -> None:
        open_label_page(page, served.label_url, mode="landmarks")
        first = image_id(page)
        place_face(page)
        assert page.request.delete(f"{served.url}/api/v1/images/{first}").ok

        page.keyboard.press("Enter")
        wait_for_next(page, first)
        page.wait_for_selector("#saving[data-attention='1']")
        page.click("#saving")

        assert page.locator("#attention-list [data-code=image_archived]").count() == 1
        assert revisions(database) == []


class TestTheBrowser:
    def test_a_full_store_loses_nothing_and_says_keep_this_tab_open(
        self, page: Page, served: Served, database: Database
    ) -> None:
        page.add_init_script(
            """for (const name of ["add", "put"]) {
              const write = IDBObjectStore.prototype[name];
              IDBObjectStore.prototype[name] = function (...given) {
                if (window.isFull) throw new DOMException("no room", "QuotaExceededError");
                return write.apply(this, given);
              };
            }"""
        )
        open_label_page(page, served.label_url, mode="attributes")
        page.evaluate("window.isFull = true")
        page.context.set_offline(offline=True)
        first = image_id(page)
        page.keyboard.press("u")
        page.wait_for_selector("#saving[data-waiting='1']")
        expect(page.locator("#saving-text")).to_contain_text("eep this tab open")

        page.context.set_offline(offline=False)
        wait_until_saved(page)

        assert [each.image_id for each in revisions(database)] == [first]

    @pytest.mark.parametrize("years", [-1, 1])
    def test_a_clock_that_is_wrong_by_a_year_changes_nothing(
        self, page: Page, served: Served, database: Database, years: int
    ) -> None:
        page.add_init_script(
            f"""const RealDate = Date;
            globalThis.Date = class extends RealDate {{
              constructor(...given) {{
                super(...(given.length ? given : [RealDate.now() + {years * YEAR_MS}]));
              }}
              static now() {{ return RealDate.now() + {years * YEAR_MS}; }}
            }};"""
        )
        open_label_page(page, served.label_url, mode="attributes")
        page.wait_for_selector("#label[data-ahead='3']")

        for _ in range(3):
            shown = image_id(page)
            page.keyboard.press("u")
            wait_for_next(page, shown)
        wait_until_saved(page)

        stored = revisions(database)
        assert len(stored) == 3
        assert all(not each.is_late and 0 < (each.active_seconds or 0) < 60 for each in stored)


def test_case_108_a_page_from_before_an_upgrade_says_so_and_its_answers_are_taken(
    page: Page, served: Served, database: Database
) -> None:
    def answer_as_newer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, headers={**response.headers, "equimark-version": "9.9.9-new"})

    open_label_page(page, served.label_url, mode="landmarks")
    first = image_id(page)
    page.route("**/api/v1/images/*/landmarks", answer_as_newer)
    place_face(page)
    page.keyboard.press("Enter")

    expect(page.locator("#notice")).to_contain_text("Equimark was updated. Reload this page")
    wait_for_next(page, first)
    wait_until_saved(page)
    assert len(revisions(database, image_id=first)) == 1


@pytest.mark.parametrize(
    ("width_px", "height_px"), [(1, 1), (12, 4000), (4000, 12)], ids=["one pixel", "tall", "wide"]
)
def test_an_odd_image_is_labelled_to_the_pixel(
    page: Page, served: Served, database: Database, storage: Storage, width_px: int, height_px: int
) -> None:
    with database.unit_of_work() as session:
        project = make_project(session, name="odd")
        image = make_image(session, project, storage=storage, width_px=width_px, height_px=height_px)

        queue.open_asks(session, project=project, image_ids=[image.id])
        project_id = project.id
    open_label_page(page, f"{served.url}/projects/{project_id}/label", mode="landmarks")
    scale = camera(page)[2]  # CSS px for an image px

    hit = [click_image(page, width_px * share, height_px * share) for share in (0.2, 0.5, 0.8)]
    page.keyboard.press("Enter")
    page.wait_for_selector("#label[data-phase=empty]")
    wait_until_saved(page)

    (stored,) = revisions(database, kind="landmarks")
    for place, point in zip(hit, points_of(stored).values(), strict=True):
        assert (point["x"], point["y"]) == pytest.approx(place, abs=0.05 / scale)


class TestNames:
    LONG = "the_outermost_corner_of_the_left_eye_as_seen_by_the_animal_itsel"
    HEBREW = "עין שמאל"

    @pytest.fixture
    def schema(self) -> dict[str, Any]:
        return FACE | {
            "landmarks": [self.LONG, self.HEBREW, "mouth"],
            "edges": [],
            "mirror_pairs": [],
            "normaliser": {"kind": "box"},
        }

    @pytest.mark.parametrize("width", [390, 1366])
    def test_long_and_right_to_left_names_stay_inside_the_page(
        self, open_context: Callable[..., BrowserContext], served: Served, width: int
    ) -> None:
        page = open_context(viewport={"width": width, "height": 844}).new_page()
        open_label_page(page, served.label_url)
        choose(page, "landmarks")

        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        expect(page.locator("#landmark-list")).to_contain_text(self.HEBREW)
        for button in page.locator("#landmark-list button").all():
            button.scroll_into_view_if_needed()
            box = button.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width + 1  # of a rounded border
