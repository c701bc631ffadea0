"""The real service in a thread with a project of generated images; the browser is tests/chromium.py."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Page

from app.access import Role
from app.db import Database, utc_now
from app.main import create_app
from app.queue import service as queue
from app.settings import Settings
from app.storage import Storage
from app.users import invitations
from tests.accounts import PASSWORD, make_account
from tests.factories import FACE, make_image, make_project

IMAGE_PX = (320, 240)
START_SECONDS = 20


class Served:
    """A running service with one project of faces."""

    def __init__(self, port: int, project_id: int, *, secret: str = "") -> None:
        self.project_id = project_id
        self.secret = secret  # of an open invitation
        self.url = f"http://127.0.0.1:{port}"
        self.label_url = f"{self.url}/projects/{project_id}/label"


@pytest.fixture
def image_count() -> int:
    return 8


@pytest.fixture
def schema() -> dict[str, Any]:
    return FACE


@pytest.fixture
def served(
    settings: Settings, database: Database, storage: Storage, schema: dict[str, Any], image_count: int
) -> Iterator[Served]:
    with database.unit_of_work() as session:
        project = make_project(session, schema=schema)
        images = [
            make_image(session, project, storage=storage, width_px=IMAGE_PX[0], height_px=IMAGE_PX[1])
            for _ in range(image_count)
        ]
        queue.open_asks(session, project=project, image_ids=[image.id for image in images])
        project_id = project.id
    with running(settings) as port:
        yield Served(port, project_id)


@pytest.fixture
def served_with_accounts(
    settings: Settings, database: Database, storage: Storage, image_count: int
) -> Iterator[Served]:
    """The same behind a sign-in: ann owns the project, and somebody has been invited."""
    with database.unit_of_work() as session:
        ann = make_account(session, "ann")
        project = make_project(session, by=ann)
        images = [
            make_image(session, project, storage=storage, width_px=IMAGE_PX[0], height_px=IMAGE_PX[1])
            for _ in range(image_count)
        ]
        queue.open_asks(session, project=project, image_ids=[image.id for image in images])
        _, secret = invitations.invite(
            session,
            project_id=project.id,
            role=Role.ANNOTATOR,
            note="Bob",
            by=ann.id,
            as_role=Role.OWNER,
            now=utc_now(),
        )
    with running(settings.model_copy(update={"accounts": "required"})) as port:
        yield Served(port, project.id, secret=secret)


def sign_in(page: Page, url: str, name: str = "ann") -> None:
    """As a person does it, on whatever page the form stands."""
    page.goto(f"{url}/sign-in")
    page.fill("#name", name)
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_selector("a.person")


@contextmanager
def running(settings: Settings) -> Iterator[int]:
    """The service on a free port until the block ends."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        ws="none",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + START_SECONDS
    while not server.started:
        assert thread.is_alive(), "the service did not start"
        assert time.monotonic() < deadline, "the service did not start in time"
        time.sleep(0.02)
    yield server.servers[0].sockets[0].getsockname()[1]
    app.state.equimark.is_stopping = True  # ends the event streams
    server.should_exit = True
    thread.join()
