"""Runs migrations on the connection that app/migrate.py hands over; SQLite and PostgreSQL."""

from typing import Any

from alembic import context
from sqlalchemy import text

from app.db import UtcDateTime
from app.tables import Base

LOCK = 7_261_001  # any number, the same in every process: PostgreSQL's advisory lock of our migrations


def render_item(kind: str, item: Any, _autogen: Any) -> str | bool:
    """Migrations must not import the application: its types change, they may not."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
is_sqlite = connection.dialect.name == "sqlite"
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=is_sqlite,
    render_item=render_item,
    transactional_ddl=True,
    compare_type=True,
)
with context.begin_transaction():
    if not is_sqlite:
        connection.execute(text("SET LOCAL lock_timeout = '10s'"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    context.run_migrations()
