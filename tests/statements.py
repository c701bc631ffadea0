"""Which statements a piece of code sends, and how PostgreSQL would carry one out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session


@contextmanager
def sent(session: Session) -> Iterator[list[tuple[str, Any]]]:
    """Text and parameters of every statement from here to the end of the block."""
    statements: list[tuple[str, Any]] = []

    def note(_connection, _cursor, statement, parameters, _context, _is_many):
        statements.append((statement, parameters))

    session.flush()
    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(connection, "before_cursor_execute", note)


def plan_of(session: Session, statement: str, parameters: Any) -> str:
    """What PostgreSQL or SQLite says it would do."""
    word = "EXPLAIN QUERY PLAN" if session.get_bind().dialect.name == "sqlite" else "EXPLAIN"
    rows = session.connection().exec_driver_sql(f"{word} {statement}", parameters)
    return "\n".join(" ".join(map(str, row)) for row in rows)
