"""What an acknowledged label rests on: the settings of a database without which a power cut takes it back."""

from sqlalchemy import text

from app.db import Database
from app.errors import NotAllowed
from app.settings import Settings

DURABLE = ("fsync", "synchronous_commit", "full_page_writes")
SQLITE_FULL = 2  # of PRAGMA synchronous: the log is synced before a commit returns


class DurabilityUnsafe(NotAllowed):
    """A service that says "saved" would not know whether it is."""

    message = (
        "Acknowledged labels could be lost in a power cut: {settings}. Turn it on in the database, or say "
        "that you accept it: EQUIMARK_UNSAFE_DURABILITY=true"
    )


def unsafe_settings(database: Database) -> list[str]:
    """The settings that are off, as this process's connections have them, e.g. `fsync is off`."""
    with database.reading() as session:
        if database.is_sqlite:
            is_full = (session.scalar(text("PRAGMA synchronous")) or 0) >= SQLITE_FULL
            return [] if is_full else ["synchronous is less than FULL"]
        return [f"{name} is off" for name in DURABLE if session.scalar(text(f"SHOW {name}")) == "off"]


def check_durable(database: Database, settings: Settings) -> None:
    """Raise where labels could be lost, unless the operator has accepted that.

    Raises:
        DurabilityUnsafe.

    """
    if not settings.unsafe_durability and (unsafe := unsafe_settings(database)):
        raise DurabilityUnsafe(settings=", ".join(unsafe))
