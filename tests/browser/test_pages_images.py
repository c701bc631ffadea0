"""The data page in a browser: files dropped or chosen, filters, and life without JavaScript."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import Served
from tests.browser.labelling import SEEN, image_id, open_label_page, wait_until_saved
from tests.factories import jpeg_bytes

pytestmark = pytest.mark.browser

DROP = """(files) => {
  const transfer = new DataTransfer();
  for (const { name, bytes } of files) transfer.items.add(new File([new Uint8Array(bytes)], name));
  for (const kind of ["dragover", "drop"]) {
    const options = { dataTransfer: transfer, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent(kind, options));
  }
}"""


@pytest.fixture
def url(served: Served) -> str:
    return f"{served.url}/projects/{served.project_id}/images"


def drop(page: Page, **files: bytes) -> None:
    page.evaluate(DROP, [{"name": name, "bytes": list(content)} for name, content in files.items()])


def outcome(page: Page, name: str) -> str:
    row = page.locator("#upload-outcomes li", has_text=name)
    return row.get_attribute("data-outcome") or ""


def wait_until_done(page: Page) -> None:
    expect(page.locator("#upload-summary")).not_to_contain_text("to go")


def test_each_dropped_file_says_what_became_of_it(page: Page, url: str, image_count: int) -> None:
    page.goto(url)

    drop(
        page, **{"new.jpg": jpeg_bytes(seed=901), "bad.jpg": b"no picture", "twin.jpg": jpeg_bytes(seed=901)}
    )
    wait_until_done(page)

    assert (outcome(page, "bad.jpg")) == "refused"
    assert {outcome(page, "new.jpg"), outcome(page, "twin.jpg")} == {"added", "known"}
    expect(page.locator("#upload-outcomes")).to_contain_text("bad.jpg is not an image.")
    expect(page.locator("#upload-summary")).to_have_text("1 of 3 stored, 1 known already, 1 refused.")
    expect(page.locator("#image-count")).to_have_text(f"{image_count + 1} images")
    page.click("#upload-show")
    expect(page.locator(".tile-name").first).to_have_text(
        re.compile("new.jpg|twin.jpg")
    )  # whichever was first


def test_a_file_that_got_no_answer_is_sent_again_on_demand_and_none_is_lost(page: Page, url: str) -> None:
    page.goto(url)
    fails = True

    def fail_one(route: Route) -> None:
        if fails and "broken.jpg" in (route.request.post_data_buffer or b"").decode("latin-1"):
            route.abort()
        else:
            route.continue_()

    page.route("**/api/v1/projects/*/images", fail_one)
    files = {f"{n}.jpg": jpeg_bytes(seed=910 + n) for n in range(4)}
    drop(page, **files, **{"broken.jpg": jpeg_bytes(seed=920)})
    wait_until_done(page)

    assert outcome(page, "broken.jpg") == "lost"
    assert [outcome(page, name) for name in files] == ["added"] * 4

    fails = False
    page.click("#upload-again")
    wait_until_done(page)
    assert outcome(page, "broken.jpg") == "added"
    expect(page.locator("#upload-again")).to_be_hidden()


def test_chosen_files_go_at_once(page: Page, url: str, tmp_path: Path) -> None:
    (tmp_path / "chosen.jpg").write_bytes(jpeg_bytes(seed=930))
    page.goto(url)

    page.set_input_files("#upload-files", tmp_path / "chosen.jpg")
    wait_until_done(page)

    assert outcome(page, "chosen.jpg") == "added"


def test_a_filter_applies_as_soon_as_it_is_chosen(page: Page, served: Served, url: str) -> None:
    page.goto(url)
    expect(page.locator(".tile")).to_have_count(8)

    with page.expect_navigation():
        page.select_option("#field-state", "labelled:pose")

    expect(page.locator(".empty-title")).to_have_text("No image fits")
    page.click("text=Show all")
    expect(page.locator(".tile")).to_have_count(8)


def test_a_long_name_does_not_outgrow_its_tile(page: Page, url: str) -> None:
    page.goto(url)
    drop(page, **{f"{'left_cage_' * 12}.jpg": jpeg_bytes(seed=905)})
    wait_until_done(page)
    page.goto(url)

    boxes = [tile.bounding_box() for tile in page.locator(".tile .thumb").all()]

    assert len({(box["width"], box["height"]) for box in boxes if box}) == 1


def test_a_note_of_an_annotator_is_found_and_read_by_the_manager(
    page: Page, served: Served, url: str
) -> None:
    open_label_page(page, served.label_url)
    noted = image_id(page)
    page.keyboard.press("m")
    page.fill("#note-text", "Which of both hands?")
    page.check("#note-flag")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("is flagged for review")
    wait_until_saved(page)

    page.goto(url)
    with page.expect_navigation():
        page.select_option("#field-notes", "flagged")

    expect(page.locator(".tile")).to_have_count(1)
    expect(page.locator(".tile-state")).to_contain_text("flagged")
    page.click(".tile")
    assert page.url.partition("?")[0].endswith(f"/{noted}")
    expect(page.locator(".rows li")).to_contain_text("Which of both hands?")


def test_a_question_about_an_image_is_asked_at_once(page: Page, url: str) -> None:
    page.goto(url)
    page.locator(".tile").nth(5).click()
    expect(page.locator(".picture-frame img")).to_be_visible()
    shown = page.url.rsplit("/", 1)[1]

    page.click("button[value=yaw]")

    page.wait_for_selector(f"{SEEN}[data-image-id='{shown}'][data-kind=yaw]")


def test_without_javascript_files_are_taken_and_images_found(
    open_context: Callable[..., BrowserContext], url: str, tmp_path: Path
) -> None:
    for name, content in (("plain.jpg", jpeg_bytes(seed=940)), ("bad.jpg", b"x")):
        (tmp_path / name).write_bytes(content)
    page = open_context(java_script_enabled=False).new_page()
    page.goto(url)

    page.set_input_files("#upload-files", [tmp_path / "plain.jpg", tmp_path / "bad.jpg"])
    page.click("#upload-send")
    expect(page.locator(".outcomes li")).to_have_count(2)

    assert [row.get_attribute("data-outcome") for row in page.locator(".outcomes li").all()] == [
        "added",
        "refused",
    ]
    page.goto(url)
    page.fill("#field-name", "plain")
    page.click("#filters button")
    expect(page.locator(".tile-name")).to_have_text(["plain.jpg"])
    page.click(".tile")
    expect(page.locator("h1")).to_have_text("plain.jpg")
