"""Nobody starts on a database that may lose what it acknowledges, unless the operator says so."""

import subprocess
import sys

import pytest
from sqlalchemy import event, text

from app.cli.serve import prepare_database
from app.db import Database, open_database
from app.durability import DurabilityUnsafe, check_durable
from app.settings import Settings
from tests.source import ROOT
from tests.worker.running import environment


@pytest.fixture
def careless(postgres_database: Database, settings: Settings) -> Settings:
    """Settings of a PostgreSQL database whose sessions do not wait for the disk."""
    name = postgres_database.engine.url.database
    with postgres_database.engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    url = postgres_database.engine.url.render_as_string(hide_password=False)
    return settings.model_copy(update={"database_url": url})


def test_case_016_a_database_as_it_is_shipped_is_taken(any_database: Database, settings: Settings):
    check_durable(any_database, settings)


@pytest.mark.postgres
def test_case_016_the_web_service_refuses_a_careless_database_unless_that_is_accepted(careless: Settings):
    with pytest.raises(DurabilityUnsafe, match="synchronous_commit is off"):
        prepare_database(careless, may_migrate=False)

    prepare_database(careless.model_copy(update={"unsafe_durability": True}), may_migrate=False)


@pytest.mark.postgres
@pytest.mark.parametrize("options", [[], ["--upkeep"], ["--queues", "light"]])
def test_case_016_no_process_that_does_jobs_starts_on_a_careless_database(
    careless: Settings, options: list[str]
):
    given = careless.model_copy(update={"broker_url": "redis://127.0.0.1:1/0"})

    done = subprocess.run(
        [sys.executable, "-m", "worker", *options],
        cwd=ROOT, env=environment(given), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip

    assert done.returncode == 1
    assert "synchronous_commit is off" in done.stderr
    assert "[durability_unsafe]" in done.stderr


def test_case_016_an_sqlite_connection_that_does_not_sync_is_refused(settings: Settings, sqlite_url: str):
    assert settings.sqlalchemy_url == sqlite_url
    database = open_database(settings)
    event.listen(database.engine, "connect", lambda driver, _: driver.execute("PRAGMA synchronous=OFF"))

    with pytest.raises(DurabilityUnsafe, match="synchronous is less than FULL"):
        check_durable(database, settings)
    database.close()
