"""The rows of a database as files of one instant, and back into an empty database.

SQLite copies its own file; PostgreSQL gives each table by COPY inside one REPEATABLE READ transaction, so
that no program of its version has to be installed. Nobody who saves waits meanwhile.
"""

import gzip
import shutil
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection

from app import migrate
from app.db import Base, Database
from app.errors import Conflict, Invalid

SQLITE_FILE = "database.sqlite3"
CHUNK_BYTES = 2**20
VERSION_TABLE = "alembic_version"


class NotEmpty(Conflict):
    """A restore would mix two installations."""

    message = "The database holds rows already ({table}); restore into an empty one."


class OtherDatabase(Invalid):
    """The files of one kind of database cannot be read by the other."""

    message = "This backup is of {kept}, and EQUIMARK_DATABASE_URL names {given}."


class SnapshotIncomplete(Invalid):
    """What was read is not what the backup says that it has."""

    message = "Table {table} of the backup has {found} rows and should have {expected}; nothing was restored."


@dataclass(frozen=True)
class Rows:
    """Of one table: how many, and of which columns, in the order of the file."""

    count: int
    columns: Sequence[str]


def dump(database: Database, folder: Path) -> dict[str, Rows]:
    """Write all rows into `folder`; returns what there is of each table, parents before children."""
    folder.mkdir(parents=True)
    return _dump_sqlite(database, folder) if database.is_sqlite else _dump_postgres(database, folder)


def load(database: Database, folder: Path, tables: Mapping[str, Rows], *, schema: str) -> None:
    """Bring rows of the version `schema` into an empty database, and that to this version's schema.

    All of it in one transaction: a restore that was cut off left the database empty.

    Raises:
        NotEmpty, SnapshotIncomplete.

    """
    check_empty(database)
    if database.is_sqlite:
        _load_sqlite(database, folder, tables)
    else:
        if inspect(database.engine).has_table(VERSION_TABLE):
            migrate.downgrade(database, "base")
        migrate.upgrade(database, schema)
        _load_postgres(database, folder, tables)
    migrate.upgrade(database)


def check_empty(database: Database) -> None:
    """Raise unless there are no tables, or tables without rows.

    Raises:
        NotEmpty.

    """
    with database.engine.connect().execution_options(is_reading=True) as connection:
        for table in inspect(connection).get_table_names():
            if table != VERSION_TABLE and _count(connection, table, most=1):
                raise NotEmpty(table=table)


def _dump_sqlite(database: Database, folder: Path) -> dict[str, Rows]:
    with (
        database.engine.connect() as connection,
        closing(sqlite3.connect(folder / SQLITE_FILE)) as target,
    ):
        _driver(connection).backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file that stands for itself
        counted = {
            table.name: target.execute(f'SELECT count(*) FROM "{table.name}"').fetchone()[0]  # noqa: S608
            for table in Base.metadata.sorted_tables
        }
    return {name: Rows(count, ()) for name, count in counted.items()}


def _load_sqlite(database: Database, folder: Path, tables: Mapping[str, Rows]) -> None:
    with closing(sqlite3.connect(folder / SQLITE_FILE)) as source:
        for name, rows in tables.items():
            found = source.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
            _check_count(name, found, rows.count)
        with database.engine.connect() as connection:
            source.backup(_driver(connection))
    database.engine.dispose()  # each new connection puts the file into WAL mode


def _dump_postgres(database: Database, folder: Path) -> dict[str, Rows]:
    written = {}
    with database.snapshot() as session:
        driver = _driver(session.connection())
        for table in Base.metadata.sorted_tables:
            columns = [column.name for column in table.columns]
            with gzip.open(_file_of(folder, table.name), "wb", compresslevel=1) as file:
                written[table.name] = Rows(_copy_out(driver, table.name, columns, file), columns)
    return written


def _copy_out(driver: Any, table: str, columns: Sequence[str], file: gzip.GzipFile) -> int:
    with driver.cursor() as cursor:
        with cursor.copy(f"COPY {_named(table, columns)} TO STDOUT") as copy:
            for chunk in copy:
                file.write(chunk)
        count: int = cursor.rowcount
    return count


def _load_postgres(database: Database, folder: Path, tables: Mapping[str, Rows]) -> None:
    with database.engine.begin() as connection:
        for name, rows in tables.items():
            with (
                gzip.open(_file_of(folder, name), "rb") as file,
                _driver(connection).cursor() as cursor,
                cursor.copy(f"COPY {_named(name, rows.columns)} FROM STDIN") as copy,
            ):
                shutil.copyfileobj(file, copy, CHUNK_BYTES)
            _check_count(name, _count(connection, name), rows.count)
            if "id" in rows.columns:
                _go_on_counting(connection, name)


def _go_on_counting(connection: Connection, table: str) -> None:
    """The next id is past the last one; COPY leaves the counter of a table where it was."""
    counter = connection.scalar(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": table})
    if counter is not None:
        highest = f'SELECT setval(:counter, coalesce(max(id), 1), max(id) IS NOT NULL) FROM "{table}"'  # noqa: S608
        connection.execute(text(highest), {"counter": counter})


def _check_count(table: str, found: int, expected: int) -> None:
    if found != expected:
        raise SnapshotIncomplete(table=table, found=found, expected=expected)


def _count(connection: Connection, table: str, *, most: int | None = None) -> int:
    rows = f'SELECT 1 FROM "{table}"' + (f" LIMIT {most}" if most else "")  # noqa: S608  # a name of our own
    return connection.scalar(text(f"SELECT count(*) FROM ({rows}) AS rows")) or 0  # noqa: S608


def _driver(connection: Connection) -> Any:
    """The driver's own connection."""
    return connection.connection.driver_connection


def _named(table: str, columns: Sequence[str]) -> str:
    return f'"{table}" ({", ".join(f"""{chr(34)}{each}{chr(34)}""" for each in columns)})'


def _file_of(folder: Path, table: str) -> Path:
    return folder / f"{table}.copy.gz"
