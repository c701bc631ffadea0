"""What an annotator does on the labelling page, for the tests."""

from typing import Any

from playwright.sync_api import Page
from sqlalchemy import func, select

from app.annotations.tables import Revision
from app.db import Database
from app.queue.tables import Hold
from tests.browser.conftest import Served

SPOTS = {"eye_l": (100, 80), "eye_r": (200, 82), "mouth": (150, 180)}
NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SEEN = "#label[data-phase=showing][data-seen]"


def open_label_page(page: Page, url: str, *, mode: str = "auto") -> None:
    """Go to the page, choose what is asked and wait until the first image may be answered."""
    page.goto(url)
    page.wait_for_selector(SEEN)
    choose(page, mode)


def choose(page: Page, mode: str) -> None:
    """Landmarks, attributes or auto."""
    if mode == "auto":
        return
    page.click(f"[data-mode={mode}]")
    wanted = "[data-kind=landmarks]" if mode == "landmarks" else ":not([data-kind=landmarks])"
    page.wait_for_selector(f"{SEEN}{wanted}")


def image_id(page: Page) -> int:
    """The shown image."""
    return int(page.get_attribute("#label", "data-image-id") or 0)


def kind(page: Page) -> str:
    """What is asked."""
    return page.get_attribute("#label", "data-kind") or ""


def wait_for_next(page: Page, before: int) -> None:
    """Another image than `before` is shown and may be answered."""
    page.wait_for_selector(f"{SEEN}:not([data-image-id='{before}'])")


def wait_until_saved(page: Page) -> None:
    """Every answer is acknowledged."""
    page.wait_for_selector("#saving[data-waiting='0'][data-attention='0']")


def click_image(page: Page, x: float, y: float, **options: Any) -> tuple[float, float]:
    """Click at an image point; returns the image point of the CSS pixel that was hit."""
    left, top, scale = camera(page)
    at = (round(left + x * scale), round(top + y * scale))
    page.mouse.click(*at, **options)
    page.evaluate(NEXT_FRAME)
    return (at[0] - left) / scale, (at[1] - top) / scale


def camera(page: Page) -> tuple[float, float, float]:
    """Left and top of the image (CSS px) and CSS px for each image px."""
    left, top, scale = page.evaluate(
        """() => {
          const box = document.querySelector("#picture img").getBoundingClientRect();
          return [box.left, box.top, box.width / document.querySelector("#picture img").offsetWidth];
        }"""
    )
    return left, top, scale


def revisions(database: Database, **where: Any) -> list[Revision]:
    """Stored answers, oldest first."""
    with database.reading() as session:
        wanted = select(Revision).filter_by(**where).order_by(Revision.created_at, Revision.number)
        return list(session.scalars(wanted))


def held_count(database: Database) -> int:
    """Images in somebody's hands."""
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Hold)) or 0


def points_of(revision: Revision) -> dict[str, dict[str, Any]]:
    """Points of an answer by name."""
    return {point["name"]: point for point in revision.body["points"]}


def answer(page: Page, asked: str) -> str | float:
    """Answer an attribute of FACE by keys."""
    if asked == "pose":
        page.keyboard.press("2")
        return "side"
    page.keyboard.type("-12.5")
    page.keyboard.press("Enter")
    return -12.5


def answer_elsewhere(page: Page, served: Served, image: int, asked: str) -> None:
    """Somebody else is faster."""
    body = {
        "id": "7b1c7f5e-2f0e-4b3e-9d55-0f6f4f0f8a11", "base_revision": 0, "lease_id": None, "value": None,
        "active_seconds": 1.0, "assist": {"kind": "none", "prediction_id": None}, "next_kinds": [],
    }  # fmt: skip
    response = page.request.put(f"{served.url}/api/v1/images/{image}/attributes/{asked}", data=body)
    assert response.ok, response.text()


def marks(page: Page) -> dict[str, tuple[float, float]]:
    """Where the placed landmarks are drawn, image px, by the name that is shown."""
    drawn = page.evaluate(
        """() => [...document.querySelectorAll(".mark:not([data-state=unset]):not([data-state=absent])")].map(
          (mark) => {
            const [x, y] = mark.getAttribute("transform").slice("translate(".length, -1).split(" ");
            return [mark.textContent, Number(x), Number(y)];
          })"""
    )
    return {name: (x, y) for name, x, y in drawn}


def two_fingers(page: Page, *ways: tuple[tuple[float, float], tuple[float, float]]) -> None:
    """Each finger goes from its first to its second place (CSS px), both at once, and they lift together."""
    client = page.context.new_cdp_session(page)

    def touch(kind: str, share: float | None) -> None:
        points = [
            {
                "x": start[0] + (end[0] - start[0]) * share,
                "y": start[1] + (end[1] - start[1]) * share,
                "id": n,
            }
            for n, (start, end) in enumerate(ways)
            if share is not None
        ]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", 0)
    for step in range(1, 6):
        touch("touchMove", step / 5)
    touch("touchEnd", None)
