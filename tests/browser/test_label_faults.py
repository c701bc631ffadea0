"""Work goes on while the server is killed, the network is cut, the session ends and the tab is closed.

Nothing may be lost and nothing doubled. A dozen faults by default; EQUIMARK_FAULTS=200 for as many as the
project promises. The seed is fixed, so that a failure can be repeated; EQUIMARK_FAULT_SEED is another one.
"""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import func, select

from app.annotations.tables import Revision
from app.audit import AuditEntry
from app.db import Database
from app.queue import service as queue
from app.queue.skips import SKIPPED
from app.settings import Settings
from app.storage import Storage
from tests.accounts import end_sessions, make_account
from tests.browser.conftest import sign_in
from tests.browser.labelling import (
    SEEN,
    SPOTS,
    answer,
    choose,
    click_image,
    image_id,
    kind,
    marks,
    open_label_page,
    wait_for_next,
    wait_until_saved,
)
from tests.factories import FACE, make_image, make_project
from tests.source import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]

FAULTS = int(os.environ.get("EQUIMARK_FAULTS", "12"))
SEED = int(os.environ.get("EQUIMARK_FAULT_SEED", "0"))
START_SECONDS = 60
# three images are there without the server; one more where an answer was changed meanwhile
AHEAD = "#label:is([data-ahead='3'], [data-ahead='4'])"
DRAFT_MS = 400  # until what is placed has become a draft
SLOW_MS = 60_000  # after a fault the page waits longer and longer before it tries again


class Server:
    """`equimark serve` as a process that can be killed and started again on the same port."""

    def __init__(self, settings: Settings, log: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        self.environment = os.environ | {
            "EQUIMARK_HOME_DIR": str(settings.home_dir),
            "EQUIMARK_PORT": str(self.port),
            "EQUIMARK_AUTO_TRAIN": "false",
            "EQUIMARK_ACCOUNTS": "required",
            # a page that was closed without a word must not keep its images for ten minutes
            "EQUIMARK_LEASE_SECONDS": "60",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "app.cli", "serve", "--no-worker"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < deadline, "the server did not answer in time"
            try:
                if httpx2.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture
def server(settings: Settings, database: Database, storage: Storage, tmp_path: Path) -> Iterator[Server]:
    with database.unit_of_work() as session:
        project = make_project(session, schema=FACE)
        images = [
            make_image(session, project, storage=storage, width_px=320, height_px=240)
            for _ in range(4 * FAULTS + 20)
        ]
        queue.open_asks(session, project=project, image_ids=[image.id for image in images])
        make_account(session, "ann", is_admin=True)
    server = Server(settings, tmp_path / "serve.log")
    server.start()
    yield server
    server.kill()


class Annotator:
    """Works by keyboard and pointer, and remembers what the page took."""

    def __init__(
        self, context: BrowserContext, server: Server, database: Database, dice: random.Random
    ) -> None:
        self.context, self.server, self.database, self.dice = context, server, database, dice
        self.given: Counter[tuple[int, str]] = Counter()
        self.skipped: Counter[tuple[int, str]] = Counter()
        self.sign_in()
        self.page = self.opened()

    def sign_in(self) -> None:
        """In a tab of its own."""
        page = self.context.new_page()
        sign_in(page, self.server.url)
        page.close()

    def opened(self) -> Page:
        page = self.context.new_page()
        open_label_page(page, f"{self.server.url}/projects/1/label")
        return page

    def work(self) -> None:
        """One answer of either kind; now and then another image is skipped before, or it is changed again."""
        choose(self.page, self.dice.choice(["landmarks", "attributes"]))
        if self.dice.random() < 0.2:
            self.skip()
        shown, asked = image_id(self.page), kind(self.page)
        self.answer()
        if self.dice.random() < 0.3:
            self.answer_again(shown, asked)

    def answer(self) -> None:
        """Answer what is shown; the page has taken it once it shows the next image."""
        shown, asked = image_id(self.page), kind(self.page)
        if asked == "landmarks":
            for spot in SPOTS.values():
                click_image(self.page, *spot)
            self.page.keyboard.press("Enter")
        else:
            self.page.keyboard.press("u")
        self.taken(shown, asked)

    def answer_again(self, shown: int, asked: str) -> None:
        """Go back to the last answer and change it: a second revision."""
        self.page.keyboard.press("Control+ArrowLeft")
        self.page.wait_for_selector(f"{SEEN}[data-image-id='{shown}'][data-kind='{asked}']")
        if asked == "landmarks":
            self.page.keyboard.press("1")
            self.page.keyboard.press("ArrowRight")
            self.page.keyboard.press("Enter")
        else:
            answer(self.page, asked)
        self.taken(shown, asked)

    def taken(self, shown: int, asked: str) -> None:
        wait_for_next(self.page, shown)
        self.given[shown, asked] += 1

    def skip(self) -> None:
        shown, asked = image_id(self.page), kind(self.page)
        self.page.keyboard.press("Control+Space")
        wait_for_next(self.page, shown)
        self.skipped[shown, asked] += 1

    def leaving_half_done(self, leave: Callable[[], None]) -> None:
        """Leave; by chance with two of three landmarks placed, which are there again and become an answer."""
        if self.dice.random() < 0.4:
            leave()
            return
        choose(self.page, "landmarks")
        shown, (*placed, last) = image_id(self.page), SPOTS.values()
        for spot in placed:
            click_image(self.page, *spot)
        before = marks(self.page)
        self.page.wait_for_timeout(DRAFT_MS)
        leave()
        assert (image_id(self.page), marks(self.page)) == (shown, before)
        assert len(before) == len(placed)
        click_image(self.page, *last)
        self.page.keyboard.press("Enter")
        self.taken(shown, "landmarks")


def kill_the_server(annotator: Annotator) -> None:
    annotator.server.kill()
    annotator.server.start()


def work_while_the_server_is_dead(annotator: Annotator) -> None:
    annotator.page.wait_for_selector(AHEAD)
    annotator.server.kill()
    annotator.answer()
    annotator.server.start()


def work_without_a_network(annotator: Annotator) -> None:
    annotator.page.wait_for_selector(AHEAD)
    annotator.context.set_offline(offline=True)
    annotator.answer()
    annotator.context.set_offline(offline=False)


def work_and_close_the_tab_offline(annotator: Annotator) -> None:
    annotator.page.wait_for_selector(AHEAD)
    annotator.context.set_offline(offline=True)
    annotator.answer()
    annotator.page.close(run_before_unload=False)
    annotator.context.set_offline(offline=False)
    annotator.page = annotator.opened()


def work_after_the_session_has_ended(annotator: Annotator) -> None:
    annotator.page.wait_for_selector(AHEAD)
    end_sessions(annotator.database)
    annotator.answer()
    annotator.page.wait_for_selector("#sign-in-again:visible")
    annotator.sign_in()
    annotator.page.bring_to_front()
    annotator.page.evaluate("window.dispatchEvent(new Event('focus'))")


def close_the_tab(annotator: Annotator) -> None:
    """Without the events of leaving, as a crash would."""

    def leave() -> None:
        annotator.page.close(run_before_unload=False)
        annotator.page = annotator.opened()

    annotator.leaving_half_done(leave)


def reload_the_page(annotator: Annotator) -> None:
    def leave() -> None:
        annotator.page.reload()
        annotator.page.wait_for_selector(SEEN)

    annotator.leaving_half_done(leave)


KINDS: tuple[Callable[[Annotator], None], ...] = (
    kill_the_server,
    work_while_the_server_is_dead,
    work_without_a_network,
    work_and_close_the_tab_offline,
    work_after_the_session_has_ended,
    close_the_tab,
    reload_the_page,
)


def test_nothing_is_lost_and_nothing_doubled_whatever_breaks(
    server: Server, database: Database, open_context: Callable[..., BrowserContext]
) -> None:
    dice = random.Random(SEED)
    context = open_context()
    context.set_default_timeout(SLOW_MS)
    annotator = Annotator(context, server, database, dice)
    before: Callable[..., object] = Annotator.opened

    for number in range(FAULTS):
        fault = dice.choice(KINDS)
        try:
            annotator.work()
            if dice.random() < 0.5:
                annotator.work()
            fault(annotator)
        except PlaywrightError as error:
            page = context.pages[-1]  # the newest tab, also where it has not come to show an image
            shown = page.eval_on_selector("#label", "label => ({...label.dataset, text: label.innerText})")
            mode = page.get_attribute("[data-mode][aria-pressed=true]", "data-mode")
            pytest.fail(
                f"at fault {number}, {fault.__name__} after {before.__name__}: {error}; mode {mode}, {shown}"
            )
        before = fault
    annotator.page.bring_to_front()
    wait_until_saved(annotator.page)

    with database.reading() as session:
        rows = session.execute(
            select(Revision.image_id, Revision.kind, func.count(), func.max(Revision.number)).group_by(
                Revision.image_id, Revision.kind
            )
        ).all()
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == SKIPPED))
        skipped = Counter((int(each.subject.removeprefix("image:")), each.detail["kind"]) for each in told)
    assert {(image, asked): count for image, asked, count, _ in rows} == dict(annotator.given)
    assert [row for row in rows if row[2] != row[3]] == []  # numbered without a gap
    assert skipped == annotator.skipped
