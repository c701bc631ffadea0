"""The set-up page in a browser: drawing by pointer, by keyboard alone, and what the server refuses."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Served
from tests.browser.labelling import NEXT_FRAME
from tests.factories import landmarks_body

pytestmark = pytest.mark.browser


def settle(page: Page) -> None:
    page.evaluate(NEXT_FRAME)


def open_new(page: Page, served: Served) -> None:
    page.goto(f"{served.url}/projects/new")
    page.wait_for_selector("#canvas .points", state="attached")


def canvas_point(page: Page, x: float, y: float) -> tuple[float, float]:
    """A place on the canvas, as a part of its width and height, in px of the window."""
    page.locator("#canvas").scroll_into_view_if_needed()
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    side = min(box["width"], box["height"])  # the empty frame is a square in the middle
    left = box["x"] + (box["width"] - side) / 2
    top = box["y"] + (box["height"] - side) / 2
    return left + x * side, top + y * side


def click_canvas(page: Page, x: float, y: float) -> None:
    page.mouse.click(*canvas_point(page, x, y))
    settle(page)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*canvas_point(page, *start))
    page.mouse.down()
    page.mouse.move(*canvas_point(page, *end), steps=4)
    page.mouse.up()
    settle(page)


def add_landmarks(page: Page, count: int) -> None:
    """By the button, which then selects the new name."""
    for _ in range(count):
        page.click("#add-landmark")
        settle(page)


def name_landmarks(page: Page, *names: str) -> None:
    for index, name in enumerate(names):
        page.locator("#landmarks input").nth(index).fill(name)


def project_of(page: Page, served: Served) -> dict[str, Any]:
    """The project that the page went to."""
    page.wait_for_url("**/projects/*/images")
    number = page.url.split("/projects/")[1].split("/")[0]
    answer: dict[str, Any] = page.request.get(f"{served.url}/api/v1/projects/{number}").json()
    return answer


def test_a_schema_is_drawn_by_pointer(page: Page, served: Served) -> None:
    open_new(page, served)
    left, right, tail = (0.25, 0.25), (0.75, 0.25), (0.5, 0.75)
    for spot in (left, right, tail):
        click_canvas(page, *spot)
    name_landmarks(page, "ear_l", "ear_r", "tail")
    page.fill("#project-name", "drawn mice")

    page.click("[data-tool=edge]")
    drag(page, left, tail)
    drag(page, right, tail)
    page.click("[data-tool=mirror]")
    drag(page, left, right)
    page.click("[data-tool=place]")
    drag(page, tail, (0.6, 0.9))
    page.click("#save")

    project = project_of(page, served)
    assert project["name"] == "drawn mice"
    assert project["schema"]["landmarks"] == ["ear_l", "ear_r", "tail"]
    assert project["schema"]["edges"] == [["ear_l", "tail"], ["ear_r", "tail"]]
    assert project["schema"]["mirror_pairs"] == [["ear_l", "ear_r"]]


def press_on(page: Page, selector: str, key: str = "Enter") -> None:
    page.locator(selector).focus()
    page.keyboard.press(key)
    settle(page)


def save(page: Page) -> None:
    """By keyboard. The page goes on to the project, so that there is nothing to wait for on it."""
    page.locator("#save").focus()
    page.keyboard.press("Enter")


def type_into(page: Page, selector: str, text: str) -> None:
    """Into a field, or among the choices of a list."""
    page.locator(selector).focus()
    page.keyboard.type(text)


def test_the_same_is_made_by_keyboard_alone(page: Page, served: Served) -> None:
    open_new(page, served)

    type_into(page, "#project-name", "typed mice")
    for name in ("nose", "ear_l", "ear_r"):
        press_on(page, "#add-landmark")
        page.keyboard.type(name)  # the new name is selected, so typing replaces it
    press_on(page, "[aria-label='Earlier: ear_r']")
    type_into(page, "[aria-label='Edge, first landmark']", "nose")
    type_into(page, "[aria-label='Edge, second landmark']", "ear_l")
    press_on(page, "[aria-label='Join']")
    type_into(page, "[aria-label='Mirror pair, first landmark']", "ear_l")
    type_into(page, "[aria-label='Mirror pair, second landmark']", "ear_r")
    press_on(page, "[aria-label='Pair']")
    save(page)

    schema = project_of(page, served)["schema"]
    assert schema["landmarks"] == ["nose", "ear_r", "ear_l"]
    assert (schema["edges"], schema["mirror_pairs"]) == ([["nose", "ear_l"]], [["ear_l", "ear_r"]])


def test_a_question_is_made_by_keyboard_alone(page: Page, served: Served) -> None:
    open_new(page, served)

    type_into(page, "#project-name", "asked mice")
    press_on(page, "#add-classes")
    page.keyboard.type("pose")
    page.keyboard.press("Tab")
    page.keyboard.type("Where does it look?")
    page.keyboard.press("Tab")
    page.keyboard.type("front")
    page.keyboard.press("Enter")
    page.keyboard.type("side")
    save(page)

    [question] = project_of(page, served)["schema"]["attributes"]
    assert (question["name"], question["question"]) == ("pose", "Where does it look?")
    assert question["classes"] == ["front", "side"]


def test_arrow_keys_move_the_chosen_landmark_and_delete_removes_it(page: Page, served: Served) -> None:
    open_new(page, served)
    add_landmarks(page, 2)
    point = page.locator("#canvas .points g").last
    before = point.get_attribute("transform")

    press_on(page, "#canvas", "ArrowRight")
    assert point.get_attribute("transform") != before
    press_on(page, "#canvas", "Delete")

    expect(page.locator("#landmarks li")).to_have_count(1)


def test_a_template_is_taken_and_can_be_undone(page: Page, served: Served) -> None:
    open_new(page, served)

    page.select_option("#template", "face-68")
    page.click("#take-template")
    expect(page.locator("#landmarks li")).to_have_count(68)
    expect(page.locator("#normaliser select").first).to_have_value("landmarks")
    page.keyboard.press("Control+z")
    expect(page.locator("#landmarks li")).to_have_count(0)
    page.keyboard.press("Control+Shift+z")
    page.fill("#project-name", "faces 68")
    page.click("#save")

    assert len(project_of(page, served)["schema"]["mirror_pairs"]) == 29


def test_what_the_server_refuses_stands_beside_its_field(page: Page, served: Served) -> None:
    open_new(page, served)
    add_landmarks(page, 2)
    name_landmarks(page, "nose/tip", "ear")
    page.click("#add-classes")
    page.locator("#attributes textarea").fill("one\none")

    page.click("#save")

    expect(page.locator("#refusal")).to_contain_text("some fields need a look")
    expect(page.locator("#about-project-name")).to_have_text("It needs a name.")
    expect(page.locator("#landmarks li").first.locator(".error")).to_have_text("No slash and no line break.")
    assert page.locator("#landmarks li").nth(1).locator(".error").is_hidden()
    expect(page.locator("#attributes [data-field=name] .error")).to_have_text("It needs a name.")
    expect(page.locator("#project-name")).to_be_focused()
    page.fill("#project-name", "a")
    expect(page.locator("#refusal")).to_be_hidden()


def test_a_name_that_stands_twice_or_is_taken_is_said(page: Page, served: Served) -> None:
    taken = page.request.get(f"{served.url}/api/v1/projects/{served.project_id}").json()["name"]
    open_new(page, served)
    add_landmarks(page, 2)
    name_landmarks(page, "ear", "ear")
    page.fill("#project-name", taken)

    page.click("#save")
    expect(page.locator("#about-landmarks")).to_contain_text("must be distinct")
    expect(page.locator("#landmarks .error:visible")).to_have_count(2)
    name_landmarks(page, "left", "right")
    page.click("#save")
    expect(page.locator("#about-project-name")).to_contain_text("already a project called")


class TestWithLabels:
    @pytest.fixture(autouse=True)
    def labelled(self, page: Page, served: Served) -> None:
        answer = page.request.put(f"{served.url}/api/v1/images/1/landmarks", data=landmarks_body())
        assert answer.ok
        page.goto(f"{served.url}/projects/{served.project_id}/setup")
        expect(page.locator("#landmarks li")).to_have_count(3)

    def test_what_labels_refer_to_cannot_be_changed_but_added_to(self, page: Page, served: Served) -> None:
        assert page.locator("#landmarks input").first.get_attribute("readonly") is not None
        assert page.locator("[aria-label='Remove: eye_l']").is_disabled()

        add_landmarks(page, 1)
        page.locator("#landmarks input").last.fill("chin")
        page.locator("#attributes textarea").first.fill("front\nside\nback")
        page.click("[aria-label='Remove: eye_l – mouth']")
        page.click("#save")
        page.wait_for_url(f"**/projects/{served.project_id}")

        project = page.request.get(f"{served.url}/api/v1/projects/{served.project_id}").json()
        assert project["schema"]["landmarks"] == ["eye_l", "eye_r", "mouth", "chin"]
        assert project["schema"]["attributes"][0]["classes"] == ["front", "side", "back"]
        assert project["schema"]["edges"] == [["eye_r", "mouth"]]

    def test_a_class_that_labels_use_is_missed_at_once_and_refused(self, page: Page) -> None:
        page.locator("#attributes textarea").first.fill("front\nback")

        words = page.locator("#attributes [data-field=classes] .error").first
        expect(words).to_have_text("Labels use side: it has to stay.")
        page.click("#save")

        expect(page.locator("#refusal")).to_contain_text("cannot be removed or reordered: pose: side")

    def test_a_schema_that_changed_meanwhile_is_not_overwritten(self, page: Page, served: Served) -> None:
        url = f"{served.url}/api/v1/projects/{served.project_id}"
        schema = page.request.get(url).json()["schema"]
        page.request.patch(url, data={"schema": {**schema, "edges": []}})

        add_landmarks(page, 1)
        page.click("#save")

        expect(page.locator("#refusal")).to_contain_text("Reload this page")
