"""Many new rows by one statement, which is the same for any number of them.

PostgreSQL gets the rows as one JSON document: a statement with a parameter a value is put together, parsed
and planned anew for each number of rows, and arrays, one a column, cost the driver more than all the rest.
SQLite runs one prepared statement a row, in this process.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Column, String, Table, Text, bindparam, cast, column, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from app.db import changed_rows

Rows = list[Mapping[str, Any]]
ROWS_AT_ONCE = 1000  # of a statement
COUNTED = {"preserve_rowcount": True}


def insert_new(
    session: Session, table: Any, rows: Sequence[Mapping[str, Any]], *, key: tuple[str, ...]
) -> int:
    """Insert the rows whose `key` is not there yet, in its order; returns how many.

    The order keeps two who insert the same rows from waiting for each other. All rows have the same columns.
    """
    table = getattr(table, "__table__", table)
    given = sorted(rows, key=itemgetter(*key))
    pieces = [given[start : start + ROWS_AT_ONCE] for start in range(0, len(given), ROWS_AT_ONCE)]
    insert = _by_rows if session.get_bind().dialect.name == "sqlite" else _as_document
    return sum(insert(session, table, piece, key) for piece in pieces)


def _by_rows(session: Session, table: Table, rows: Rows, key: tuple[str, ...]) -> int:
    fresh = sqlite.insert(table).on_conflict_do_nothing(index_elements=key)
    return changed_rows(session.execute(fresh, rows, execution_options=COUNTED))


def _as_document(session: Session, table: Table, rows: Rows, key: tuple[str, ...]) -> int:
    fresh = _from_document(table, tuple(rows[0]), key)
    given = {"document": orjson.dumps(rows).decode()}
    return changed_rows(session.execute(fresh, given, execution_options=COUNTED))


@cache
def _from_document(table: Table, names: tuple[str, ...], key: tuple[str, ...]) -> postgresql.Insert:
    document = cast(bindparam("document", type_=Text()), postgresql.JSON())
    columns = [column(name, _element_of(table.c[name])) for name in names]
    given = func.json_to_recordset(document).table_valued(*columns).render_derived("given", with_types=True)
    fresh = postgresql.insert(table).from_select(list(names), select(*given.c))
    return fresh.on_conflict_do_nothing(index_elements=key)


def _element_of(target: Column[Any]) -> TypeEngine[Any]:
    """What a value is read as; a text at any length, since a shorter one would be cut off."""
    return Text() if isinstance(target.type, String) else target.type
