"""Bring a database to the schema of this version, and refuse to run on any other."""

import time
from collections.abc import Callable
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from app.db import Database
from app.errors import Conflict

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
# a server that has crashed reads its log again before it answers; beyond this, a person has to look
PATIENCE_SECONDS = 60.0
AGAIN_SECONDS = 1.0

log = structlog.get_logger()


class SchemaMismatch(Conflict):
    """The database was written by an older version."""

    message = "The database is at schema {found}, this version needs {needed}. Run: equimark db upgrade"


class SchemaTooNew(SchemaMismatch):
    """The database was written by a newer version."""

    message = (
        "The database is at schema {found}, which this version does not know: it was written by a newer one."
    )


def upgrade(database: Database, revision: str = "head") -> None:
    """Migrate up; nothing happens where nothing is due.

    Raises:
        SchemaTooNew: there is no way from the database's schema to this version's.

    """
    _check_known(database)
    _run(database, lambda config: command.upgrade(config, revision))


def downgrade(database: Database, revision: str) -> None:
    """Migrate down to `revision`."""
    _run(database, lambda config: command.downgrade(config, revision))


def check_schema(database: Database) -> None:
    """Raise unless the database is at this version's schema.

    Raises:
        SchemaMismatch: older or empty.
        SchemaTooNew: newer.

    """
    _check_known(database)
    found, needed = find_schema(database), ScriptDirectory.from_config(_config()).get_current_head()
    if found != needed:
        raise SchemaMismatch(found=found or "none", needed=needed)


def await_schema(database: Database, *, patience_seconds: float = PATIENCE_SECONDS) -> None:
    """`check_schema` as soon as the database answers: after a power cut all processes start at once.

    Raises:
        SchemaMismatch, SchemaTooNew: as `check_schema`.
        OperationalError: it has not answered for so long. A file (SQLite) is not waited for.

    """
    end = time.monotonic() + (0 if database.is_sqlite else patience_seconds)
    while True:
        try:
            check_schema(database)
        except OperationalError as error:
            if time.monotonic() >= end:
                raise
            log.warning("database_away", error=str(error.orig).strip())
            time.sleep(AGAIN_SECONDS)
        else:
            return


def _check_known(database: Database) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}
    found = find_schema(database)
    if found is not None and found not in known:
        raise SchemaTooNew(found=found)


def find_schema(database: Database) -> str | None:
    """The revision that the database is at; None where it has no tables."""
    with database.engine.connect().execution_options(is_reading=True) as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(rev)s_%%(slug)s")
    return config


def _run(database: Database, migrate: Callable[[Config], None]) -> None:
    config = _config()
    with database.engine.connect() as connection:
        if database.is_sqlite:
            _switch_foreign_keys(connection, on=False)
        try:
            with connection.begin():
                config.attributes["connection"] = connection
                migrate(config)
                if database.is_sqlite:
                    _check_foreign_keys(connection)
        finally:
            if database.is_sqlite:
                _switch_foreign_keys(connection, on=True)


def _switch_foreign_keys(connection: Connection, *, on: bool) -> None:
    """SQLite's batch changes drop and rename tables: with foreign keys on, the drop would delete child rows.

    The pragma does nothing inside a transaction, so it goes to the driver's connection directly.
    """
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(f"PRAGMA foreign_keys={'ON' if on else 'OFF'}")


def _check_foreign_keys(connection: Connection) -> None:
    """In the migration's own transaction, which this takes back."""
    if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall():
        raise RuntimeError(f"the migration left {len(broken)} rows without their parent: {broken[:5]}")
