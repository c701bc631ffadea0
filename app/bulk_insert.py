"""Many new rows by one statement, which is the same for any number of them.

PostgreSQL gets an array a column: a statement with a parameter a value is put together, parsed and planned
anew for each number of rows. SQLite runs one prepared statement a row, in this process.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import JSON, Column, String, Table, Text, bindparam, cast, column, func, select
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
    insert = _by_rows if session.get_bind().dialect.name == "sqlite" else _by_columns
    return sum(insert(session, table, piece, key) for piece in pieces)


def _by_rows(session: Session, table: Table, rows: Rows, key: tuple[str, ...]) -> int:
    fresh = sqlite.insert(table).on_conflict_do_nothing(index_elements=key)
    return changed_rows(session.execute(fresh, rows, execution_options=COUNTED))


def _by_columns(session: Session, table: Table, rows: Rows, key: tuple[str, ...]) -> int:
    names = tuple(rows[0])
    arrays: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in names}
    for name in names:
        if _is_json(table.c[name]):
            arrays[name] = [each if each is None else orjson.dumps(each).decode() for each in arrays[name]]
    return changed_rows(session.execute(_from_arrays(table, names, key), arrays, execution_options=COUNTED))


@cache
def _from_arrays(table: Table, names: tuple[str, ...], key: tuple[str, ...]) -> postgresql.Insert:
    columns = [table.c[name] for name in names]
    arrays = [bindparam(each.name, type_=postgresql.ARRAY(_element_of(each))) for each in columns]
    given = func.unnest(*arrays).table_valued(*(column(each.name, _element_of(each)) for each in columns))
    given = given.render_derived(name="given")
    values = [
        cast(given.c[each.name], postgresql.JSONB) if _is_json(each) else given.c[each.name]
        for each in columns
    ]
    fresh = postgresql.insert(table).from_select(list(names), select(*values))
    return fresh.on_conflict_do_nothing(index_elements=key)


def _element_of(target: Column[Any]) -> TypeEngine[Any]:
    """What a value travels as; a text at any length, since a cast to a shorter one would cut it off."""
    return Text() if _is_json(target) or isinstance(target.type, String) else target.type


def _is_json(target: Column[Any]) -> bool:
    return isinstance(target.type, JSON)
