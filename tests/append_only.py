"""The guard of answers and audit rows, lifted: for tests that need rows which no program can make."""

from sqlalchemy import text
from sqlalchemy.orm import Session


def lift_guard(session: Session) -> None:
    """Let this transaction change and remove answers and audit rows."""
    if session.get_bind().dialect.name == "sqlite":
        for name in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
    else:
        session.execute(text("SET LOCAL session_replication_role = replica"))
