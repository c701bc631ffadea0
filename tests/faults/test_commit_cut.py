"""The connection to PostgreSQL breaks after COMMIT was sent: nobody says more than that it is not known."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url
from starlette.testclient import TestClient

from app.annotations.tables import Revision
from app.audit import AuditEntry
from app.db import Database
from app.main import create_app
from app.queue import service as queue
from app.settings import Settings
from tests.factories import landmarks_body, make_image, make_project

SOCKET = ".s.PGSQL.5432"
PIECE_BYTES = 1 << 16


class CuttingProxy:
    """Between the service and PostgreSQL, on a Unix socket; loses the answer to the next COMMIT."""

    def __init__(self, server: Path, folder: Path) -> None:
        self.is_cutting = False
        self.cuts = 0
        self._server, self._folder = server, folder
        self._listens = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._listens.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._is_over.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._is_over = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_unix_server(self._serve, self._folder / SOCKET):
            self._listens.set()
            await self._is_over.wait()

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        server, to_server = await asyncio.open_unix_connection(self._server / SOCKET)
        commits = asyncio.Event()
        ways = [
            asyncio.create_task(self._ask(client, to_server, commits)),
            asyncio.create_task(self._answer(server, to_client, commits)),
            asyncio.create_task(self._is_over.wait()),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        to_client.transport.abort()
        to_server.transport.abort()

    async def _ask(
        self, client: asyncio.StreamReader, to_server: asyncio.StreamWriter, commits: asyncio.Event
    ) -> None:
        while piece := await client.read(PIECE_BYTES):
            if self.is_cutting and b"COMMIT" in piece:
                self.is_cutting = False
                commits.set()
            to_server.write(piece)

    async def _answer(
        self, server: asyncio.StreamReader, to_client: asyncio.StreamWriter, commits: asyncio.Event
    ) -> None:
        while piece := await server.read(PIECE_BYTES):
            if commits.is_set():
                self.cuts += 1
                return
            to_client.write(piece)


@pytest.fixture
def proxied(postgres_url: str, tmp_path: Path) -> Iterator[tuple[CuttingProxy, str]]:
    """A proxy to the test's database, and the URL of the database behind it."""
    folder = tmp_path / "socket"
    folder.mkdir()
    url = make_url(postgres_url)
    with CuttingProxy(Path(str(url.query["host"])), folder) as proxy:
        yield proxy, str(url.update_query_dict({"host": str(folder)}))


@pytest.mark.postgres
def test_case_019_a_commit_whose_answer_is_lost_is_asked_for_again(
    proxied: tuple[CuttingProxy, str], postgres_database: Database, settings: Settings
) -> None:
    proxy, url = proxied
    with postgres_database.unit_of_work() as session:
        project = make_project(session)
        image = make_image(session, project)
        queue.open_asks(session, project=project, image_ids=[image.id])
    path, answer = f"/api/v1/images/{image.id}/landmarks", landmarks_body()

    with TestClient(
        create_app(settings.model_copy(update={"database_url": url})), base_url="http://127.0.0.1"
    ) as client:
        proxy.is_cutting = True
        lost = client.put(path, json=answer)
        again = client.put(path, json=answer)

    assert proxy.cuts == 1
    assert (lost.status_code, lost.json()["code"], lost.json()["retryable"]) == (503, "outcome_unknown", True)
    assert (again.status_code, again.headers["Idempotent-Replay"]) == (200, "true")
    with postgres_database.reading() as session:
        told = select(func.count()).where(AuditEntry.action == "revision.added")
        assert (session.scalar(select(func.count()).select_from(Revision)), session.scalar(told)) == (1, 1)
