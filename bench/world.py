"""What the load programs run against: a database filled in bulk, and a real server process."""

import json
import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app import migrate
from app.db import Database
from app.images.service import original_key
from app.images.tables import Image, Side
from app.predictions import service as predictions
from app.predictions.tables import Network
from app.projects import service as projects
from app.projects.schemas import Schema
from app.projects.tables import Project
from app.queue.tables import Ask, AskStatus
from app.storage import FolderStorage, Storage
from app.training.tables import Run, RunStatus
from app.users import service as users

ROOT = Path(__file__).resolve().parent.parent
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
LANDMARKS = [f"point_{number}" for number in range(21)]  # as many as a hand has
SCHEMA = {
    "landmarks": LANDMARKS,
    "attributes": [{"name": "side", "kind": "classes", "classes": ["palm", "back"]}],
}
WIDTH_PX, HEIGHT_PX = 640, 480
ROWS_AT_ONCE = 5_000
READY_SECONDS = 60.0


@dataclass(frozen=True)
class World:
    """A filled database, its blobs, and how to reach both."""

    database: Database
    storage: Storage
    home: Path
    project_id: int
    picture: bytes

    def place_blob(self, image_id: int) -> None:
        """Put the picture of an image where the server looks for it; all images show the same one."""
        path = self.storage.path_of(original_key(content_hash(image_id)))
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(self.picture)


def content_hash(number: int) -> str:
    """The made-up content hash of image `number`; ids count from 1 in the order of the rows."""
    return sha256(str(number).encode()).hexdigest()


@contextmanager
def opened_world(
    kind: str,
    *,
    image_count: int,
    picture: bytes,
    picture_wh: tuple[int, int] = (WIDTH_PX, HEIGHT_PX),
    schema: dict[str, Any] = SCHEMA,
) -> Iterator[World]:
    """A project of so many images with open asks, on `sqlite` or `postgres`; gone at the end."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="equimark-bench-")))
        url = f"sqlite:///{home / 'equimark.sqlite3'}" if kind == "sqlite" else _postgres(stack)
        database = Database(url)
        stack.callback(database.close)
        migrate.upgrade(database)
        project_id = fill(database, image_count, Schema.model_validate(schema), picture_wh)
        yield World(database, FolderStorage(home / "blobs"), home, project_id, picture)


def _postgres(stack: ExitStack) -> str:
    sys.path.append(str(ROOT))
    from tests.postgres_server import PostgresServer

    return stack.enter_context(PostgresServer()).create_database("bench")


def fill(database: Database, image_count: int, schema: Schema, picture_wh: tuple[int, int]) -> int:
    """Rows as an import and a ranking would leave them; returns the project's id."""
    with database.unit_of_work() as session:
        owner = users.ensure_local_owner(session, now=NOW)
        project_id = projects.create(session, name="bench", schema=schema, by=owner.id, now=NOW).id
        renamed = update(Project).where(Project.id == project_id)
        session.execute(renamed.values(image_count=image_count))
        for start in range(1, image_count + 1, ROWS_AT_ONCE):
            numbers = range(start, min(start + ROWS_AT_ONCE, image_count + 1))
            session.execute(insert(Image), [_image(project_id, number, picture_wh) for number in numbers])
            asks = [_ask(project_id, number, kind) for number in numbers for kind in schema.kinds]
            session.execute(insert(Ask), asks)
    if not database.is_sqlite:
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")  # autovacuum would within a minute
    return project_id


def predict_all(world: World, image_count: int) -> None:
    """A first network has seen every image: the landmarks in rows, the first class of each question."""
    with world.database.unit_of_work() as session:
        schema = projects.schema_of(projects.get_project(session, world.project_id))
        network = promoted_network(session, world.project_id, schema)
        says = said(schema)
        rows = [{"image_id": number, **says} for number in range(1, image_count + 1)]
        predictions.store_predictions(session, network, rows)


def promoted_network(session: Session, project_id: int, schema: Schema) -> Network:
    """The network of an ended run; its files are not there."""
    run = Run(
        project_id=project_id, number=1, status=RunStatus.SUCCEEDED, reason="a benchmark", requested_at=NOW
    )
    session.add(run)
    session.flush()
    digest = sha256(b"bench").hexdigest()
    made = predictions.NewNetwork(
        weights_sha256=digest,
        onnx_sha256=digest,
        schema_version=1,
        landmarks=list(schema.landmarks),
        config={},
        scores={},
    )
    network = predictions.add_network(session, project_id=project_id, run_id=run.id, made=made, now=NOW)
    predictions.promote(session, network.id, by=None, now=NOW)
    return network


def said(schema: Schema) -> dict[str, Any]:
    """The same about every image."""
    return {
        "points": [
            {
                "name": name,
                "x": 60.0 + 80 * (n % 7),
                "y": 80.0 + 120 * (n // 7),
                "doubt_px": 1.0,
                "confidence": 0.9,
            }
            for n, name in enumerate(schema.landmarks)
        ],
        "attributes": {
            each.name: {value: 0.9 if at == 0 else 0.1 for at, value in enumerate(each.classes)}
            for each in schema.attributes
        },
        "doubt": 0.01,
        "created_at": NOW,
    }


def _image(project_id: int, number: int, picture_wh: tuple[int, int]) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "sha256": content_hash(number),
        "name": f"image_{number:06}.jpg",
        "format": "JPEG",
        "byte_count": 1,
        "width_px": picture_wh[0],
        "height_px": picture_wh[1],
        "side": Side.TRAIN,
        "created_at": NOW,
    }


def _ask(project_id: int, number: int, kind: str) -> dict[str, Any]:
    return {
        "project_id": project_id,
        "image_id": number,
        "kind": kind,
        "status": AskStatus.OPEN,
        "rank_key": -((number * 7919) % 100_003) / 100_003,  # any order that is not the order of the ids
        "reason_code": "spread",
    }


def write_results(
    out: Path,
    rows: list[dict[str, Any]],
    *,
    began_under: tuple[float, float, float],
    settings: dict[str, Any],
) -> None:
    """The rows, with what they were measured on; `began_under` is the load average before."""
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before_and_after": [began_under, os.getloadavg()],
    }
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"machine": machine, **settings, "rows": rows}, indent=1) + "\n")


@dataclass(frozen=True)
class Server:
    """A running `equimark serve`."""

    port: int
    process_id: int


@contextmanager
def served(world: World, *, root: Path = ROOT, **settings: str) -> Iterator[Server]:
    """`equimark serve --no-worker` of a checkout on this world, with settings of its own; once it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    environment = environment_of(world) | {"EQUIMARK_PORT": str(port)} | settings
    command = [sys.executable, "-m", "app.cli", "serve", "--no-worker"]
    log = (world.home / "serve.log").open("wb")
    with log, subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=log) as server:
        try:
            _wait_until_ready(server, port, world.home / "serve.log")
            yield Server(port, server.pid)
        finally:
            server.terminate()


def environment_of(world: World) -> dict[str, str]:
    """The settings of this world, for a process of its own."""
    return os.environ | {
        "EQUIMARK_HOME_DIR": str(world.home),
        "EQUIMARK_DATABASE_URL": world.database.engine.url.render_as_string(hide_password=False),
        "EQUIMARK_AUTO_TRAIN": "false",
    }


def _wait_until_ready(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        connection = HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise RuntimeError(f"the server did not start: {log.read_text()[-2000:]}")
