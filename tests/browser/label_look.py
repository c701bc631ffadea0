"""What is to be seen of the labelling page, part by part, and what is stored: for tests of all its keys."""

from typing import Any

from playwright.sync_api import Page
from sqlalchemy import func, select

from app.annotations.tables import Revision
from app.db import Database
from app.queue.tables import Lease, LeaseOutcome
from tests.browser.labelling import NEXT_FRAME, SEEN

LOOK = r"""() => {
  const find = (selector) => document.querySelector(selector);
  const all = (selector, of) => [...document.querySelectorAll(selector)].map(of);
  const { dataset } = find("#label");
  const picture = find("#picture");
  const overlay = find("#overlay").dataset;
  const [scale, , , , x, y] = (picture.style.transform.match(/-?[\d.]+(e-?\d+)?/g) ?? []).map(Number);
  const isPlaced = ({ dataset: { state } }) => state === "visible" || state === "hidden";
  const place = (mark) => mark.getAttribute("transform").match(/-?[\d.]+(e-?\d+)?/g).map(Number);
  const at = (mark) => (isPlaced(mark) ? place(mark) : [null, null]);
  const mark = (node) => [node.textContent, [node.dataset.state, ...at(node)]];
  const focused = document.activeElement.closest("#scale-number, #stage, .panel, dialog, .top");
  return {
    image: [Number(dataset.imageId), dataset.kind], kind: dataset.kind, lease: dataset.leaseId ?? null,
    camera: [scale, x, y], stage: [find("#stage").clientWidth, find("#stage").clientHeight],
    light: picture.style.filter, local: find("#picture canvas")?.checkVisibility() ?? false,
    notice: find("#notice").textContent, dialog: find("dialog[open]")?.id ?? null,
    focus: focused?.id || focused?.className, pan: find("#stage").dataset.pan ?? null,
    mode: all("[data-mode][aria-pressed=true]", (node) => node.dataset.mode),
    overlay: overlay.hidden === "true" && dataset.kind === "landmarks" ? "hidden" : "shown",
    names: overlay.names === "true", marks: all(".mark", mark),
    ghosts: all(".ghost[data-shown=true]", (node) => node.textContent),
    active: find("#landmark-now").textContent, edges: all("line.edge[data-shown=true]", String).length,
    reference: !find("#reference").hidden, heat: find("#button-heat").ariaPressed === "true",
    heats: all(".heat[data-shown=true]", String).length,
    pressed: all(".choice[aria-pressed=true]", (node) => node.dataset.value),
    number: find("#scale-number").value, slider: find("#scale-slider").valueAsNumber,
  };
}"""


def settled(page: Page, database: Database) -> dict[str, Any]:
    """What is there once the shown image may be answered and nothing waits to be saved."""
    page.evaluate(NEXT_FRAME)  # what was pressed before is drawn
    page.wait_for_selector(SEEN)
    page.wait_for_selector("#saving[data-waiting='0'][data-attention='0']")
    return look(page, database)


def look(page: Page, database: Database) -> dict[str, Any]:
    """Parts by name."""
    found: dict[str, Any] = page.evaluate(LOOK)
    parts = {part: tuple(value) if isinstance(value, list) else value for part, value in found.items()}
    parts["marks"] = {name: tuple(mark) for name, mark in found["marks"]}
    return parts | _stored(database)


def _stored(database: Database) -> dict[str, Any]:
    with database.reading() as session:
        newest = session.scalars(
            select(Revision).order_by(Revision.created_at.desc(), Revision.number.desc()).limit(1)
        ).first()
        return {
            "newest": newest and (newest.image_id, newest.kind, _said(newest)),
            "answers": session.scalar(select(func.count()).select_from(Revision)),
            "skips": session.scalar(
                select(func.count()).select_from(Lease).where(Lease.outcome == LeaseOutcome.SKIPPED)
            ),
        }


def _said(revision: Revision) -> Any:
    """The answer, points in the form of marks."""
    if revision.kind != "landmarks":
        return revision.body["value"]
    return {
        point["name"].replace("_", " "): (point["state"], point.get("x"), point.get("y"))
        for point in revision.body["points"]
    }
