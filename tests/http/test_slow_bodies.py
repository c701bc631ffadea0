"""Requests whose bytes come slowly, or never: they hold up nobody, and end."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Self

import httpx2
import pytest
import uvicorn

from app.db import Database
from app.http import bodies
from app.http.admission import LIMITS, SLOW_BODIES, Overloaded, Work
from app.main import create_app
from app.settings import Settings
from tests.factories import landmarks_body, make_image, make_project
from tests.worker.running import until


class Service:
    """The service behind a socket."""

    def __init__(self, settings: Settings) -> None:
        self.app = create_app(settings)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        self.host = f"127.0.0.1:{self.address[1]}"
        self._server = uvicorn.Server(uvicorn.Config(self.app, log_config=None, timeout_graceful_shutdown=1))
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],))

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()

    def begin(self, path: str, *, sent: bytes, length: int) -> socket.socket:
        """A request for a label whose body stops after `sent`."""
        connection = socket.create_connection(self.address, timeout=30)
        head = f"PUT {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {length}\r\n\r\n".encode() + sent)
        return connection


@pytest.fixture
def service(settings: Settings, sqlite_url: str) -> Iterator[Service]:
    with Service(settings) as service:
        yield service


@pytest.fixture
def path(service: Service, database: Database) -> str:
    """Where a label of an image is put."""
    with database.unit_of_work() as session:
        return f"/api/v1/images/{make_image(session, make_project(session)).id}/landmarks"


def answer_of(connection: socket.socket) -> bytes:
    """All that comes until the service closes the connection."""
    with connection:
        return b"".join(iter(lambda: connection.recv(65536), b""))


def test_case_062_bodies_that_stop_half_way_keep_nobody_from_labelling(
    service: Service, path: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bodies, "WHOLE_SECONDS", 60.0)  # more than a busy machine needs for all of this
    admission = service.app.state.equimark.admission
    with ExitStack() as stalled:
        for _ in range(2 * LIMITS[Work.LABELS].at_once):
            stalled.enter_context(service.begin(path, sent=b'{"id', length=1000))
        began = time.monotonic()
        saved = httpx2.put(f"http://{service.host}{path}", json=landmarks_body(), timeout=30)
        took = time.monotonic() - began
        until(lambda: admission.slow_bodies == 2 * LIMITS[Work.LABELS].at_once)

    assert saved.status_code == 200
    assert took < bodies.WHOLE_SECONDS


def test_case_062_a_body_that_never_ends_is_answered_and_its_connection_closed(
    service: Service, path: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bodies, "WHOLE_SECONDS", 0.2)

    head, _, body = answer_of(service.begin(path, sent=b'{"id', length=1000)).partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 408 ")
    assert (json.loads(body)["code"], json.loads(body)["retryable"]) == ("body_too_slow", True)
    assert service.app.state.equimark.admission.slow_bodies == 0


def test_case_062_a_body_that_comes_in_pieces_is_read_whole(service: Service, path: str):
    body = json.dumps(landmarks_body()).encode()

    connection = service.begin(path, sent=body[:7], length=len(body))
    for piece in (body[7:40], body[40:]):
        time.sleep(3 * bodies.AT_ONCE_SECONDS)
        connection.sendall(piece)

    with connection:
        assert connection.recv(12) == b"HTTP/1.1 200"


def test_case_062_only_so_many_may_be_on_their_way(service: Service):
    admission = service.app.state.equimark.admission

    with ExitStack() as others:
        for _ in range(SLOW_BODIES):
            others.enter_context(admission.awaiting_body())
        with pytest.raises(Overloaded):
            others.enter_context(admission.awaiting_body())

    assert admission.slow_bodies == 0
