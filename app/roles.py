"""What workers may do in the database, by a PostgreSQL role of their own.

They learn from labels and never change one: a worker that is broken, or taken over by what it decodes, can
add predictions, networks and imported labels, and can neither alter nor remove an answer, an audit row or a
network, nor read what lets people in. A table that is not named here is closed to them.
"""

from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.engine import Connection, make_url

from app import migrate
from app.db import Database
from app.errors import Invalid
from app.settings import Settings

READ, ADD, CHANGE, REMOVE = "SELECT", "INSERT", "UPDATE", "DELETE"
WORKER_MAY: Mapping[str, tuple[str, ...]] = {
    "alembic_version": (READ,),
    "api_tokens": (),
    "arm_sums": (),
    "asks": (READ, ADD, CHANGE),
    "audit_entries": (ADD, "SELECT (id)"),  # an INSERT reads its own number back
    "exports": (READ, CHANGE),
    "holds": (READ,),
    "identities": (),
    "images": (READ, ADD, "UPDATE (descriptor, is_waiting, problem)"),  # which is enough to lock a row
    "imported_files": (READ, ADD),
    "imports": (READ, CHANGE),
    "invitations": (),
    "jobs": (READ, ADD, CHANGE),
    "kept_answers": (),
    "label_heads": (READ, ADD, CHANGE),  # an imported label may follow an imported one
    "leases": (READ,),
    "memberships": (),
    "networks": (READ, ADD),
    "notes": (),
    "predictions": (READ, ADD, CHANGE, REMOVE),
    "project_events": (READ, ADD),
    "projects": (READ, "UPDATE (image_count)"),
    "promotions": (READ, ADD),
    "revisions": (READ, ADD),
    "run_points": (READ, ADD, CHANGE, REMOVE),
    "runs": (READ, CHANGE),
    "settled_flags": (),
    "sign_in_attempts": (),
    "sign_ins": (),
    "tallies": (READ, ADD, CHANGE),
    "unmerged_answers": (),
    "unpredicted": (READ, ADD, REMOVE),
    "unpredicted_lists": (READ, ADD, CHANGE),
    "users": (),
}


class WorkerRoleImpossible(Invalid):
    """A role for workers is set, and cannot be what it is meant to be."""

    message = "EQUIMARK_WORKER_DATABASE_URL cannot be used: {reason}"


def upgrade(database: Database, settings: Settings) -> None:
    """Migrate to this version's schema, and let the workers' role, where one is set, do what it may there.

    Raises:
        SchemaTooNew, WorkerRoleImpossible.

    """
    migrate.upgrade(database)
    if url := settings.worker_database_url.get_secret_value():
        grant_worker(database, url)


def grant_worker(database: Database, worker_url: str) -> None:
    """Make the role of this URL, or change it to this password and to exactly these rights.

    Raises:
        WorkerRoleImpossible.

    """
    url = make_url(worker_url)
    if database.is_sqlite or url.get_backend_name() != "postgresql":
        raise WorkerRoleImpossible(reason="only PostgreSQL has roles")
    if not url.username or url.username == database.engine.url.username:
        raise WorkerRoleImpossible(reason="it must name another user than EQUIMARK_DATABASE_URL")
    with database.engine.begin() as connection:
        has_role = connection.scalar(
            text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": url.username}
        )
        if not has_role:
            _run(connection, "CREATE ROLE %I", url.username)
        # none of the rights that a role may have had under this name before
        _run(
            connection, "ALTER ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION", url.username
        )
        if url.password:
            _run(connection, "ALTER ROLE %I PASSWORD %L", url.username, str(url.password))
        for kind in ("TABLES", "SEQUENCES"):
            _run(connection, f"REVOKE ALL ON ALL {kind} IN SCHEMA public FROM %I", url.username)
        _run(connection, "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO %I", url.username)
        for table, rights in WORKER_MAY.items():
            if rights:
                _run(connection, f"GRANT {', '.join(rights)} ON %I TO %I", table, url.username)


def _run(connection: Connection, command: str, *names: str) -> None:
    """A statement that takes no parameters; the server itself quotes the names in it."""
    given = {f"name_{number}": name for number, name in enumerate(names)}
    places = "".join(f", CAST(:{name} AS text)" for name in given)
    quoted = connection.scalar(
        text(f"SELECT format(CAST(:command AS text){places})"), {"command": command, **given}
    )
    connection.exec_driver_sql(str(quoted).replace("%", "%%"))
