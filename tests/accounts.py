"""People with accounts, and clients that are them."""

import threading
from datetime import datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.access import Permission, Role
from app.db import Database, utc_now
from app.errors import DomainError
from app.projects.tables import Project
from app.users import members, passwords, service, sessions, tokens
from app.users.tables import SignIn, User
from tests.factories import NOW

PASSWORD = "correct horse battery"
ORIGIN = "http://127.0.0.1"
LASTS = timedelta(days=30)
ALL = frozenset(Permission)


def make_account(session: Session, name: str, *, is_admin: bool = False, password: str = PASSWORD) -> User:
    """A person who can sign in."""
    hashed = passwords.hash_password(password, name=name)
    return service.add_account(session, name=name, password_hash=hashed, is_admin=is_admin, by=None, now=NOW)


def make_member(session: Session, project: Project, user: User, role: Role) -> User:
    """The person with this role in the project."""
    members.put(
        session, project_id=project.id, user_id=user.id, role=role, by=None, as_role=Role.OWNER, now=NOW
    )
    return user


def end_sessions(database: Database) -> None:
    """Every browser is signed out."""
    with database.unit_of_work() as session:
        session.execute(update(SignIn).values(ended_at=utc_now()))


def cookie_of(
    session: Session, user: User, *, lasts: timedelta = LASTS, now: datetime = NOW
) -> dict[str, str]:
    """Headers of a browser that is signed in: its cookie, and the origin that it sends with every write."""
    secret = sessions.begin(session, user, address="127.0.0.1", browser="Test", lasts=lasts, now=now)
    return {"Cookie": f"equimark={secret}", "Origin": ORIGIN}


def token_of(
    session: Session,
    user: User,
    *scopes: Permission,
    project: Project | None = None,
    lasts: timedelta = LASTS,
) -> dict[str, str]:
    """Headers of a program with a token."""
    _, secret = tokens.make(
        session,
        user.id,
        name="script",
        scopes=scopes or ALL,
        project_id=project.id if project else None,
        lasts=lasts,
        now=NOW,
    )
    return {"Authorization": f"Bearer {secret}"}


def at(client: TestClient, now: object) -> None:
    """Let the service of this client believe that it is `now`."""
    state = client.app.state.equimark  # type: ignore[attr-defined]
    state.clock, state.database_clock = lambda: now, lambda _: now


def at_once(*calls: object) -> list[DomainError]:
    """The refusals of calls that begin together, each in a thread."""
    refusals: list[DomainError] = []
    start = threading.Barrier(len(calls))

    def run(call: object) -> None:
        start.wait()
        try:
            call()  # type: ignore[operator]
        except DomainError as refusal:
            refusals.append(refusal)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refusals
