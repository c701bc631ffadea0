"""Signing in, in three steps: count the attempt, look at the password with no transaction open, record."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app import audit
from app.errors import NotSignedIn
from app.users import limits, passwords, service, sessions
from app.users.tables import User


class SignInFailed(NotSignedIn):
    """Which of the two was wrong is not said: that would tell who has an account."""

    message = "The name or the password is wrong."


@dataclass(frozen=True)
class Attempt:
    """A counted attempt."""

    id: int
    user_id: int | None
    password_hash: str | None


def begin(session: Session, *, name: str, address: str, now: datetime) -> Attempt:
    """Count it; of somebody who does not exist or is disabled there is no hash.

    Raises:
        TooManySignIns.

    """
    name = service.one_spelling(name)
    attempt_id = limits.begin(session, account=name, address=address, now=now)
    user = service.find_by_name(session, name)
    if user is None or user.disabled_at is not None:
        return Attempt(attempt_id, None, None)
    return Attempt(attempt_id, user.id, user.password_hash)


def is_right(attempt: Attempt, password: str) -> bool:
    """Slow; call it while no transaction is open."""
    return passwords.is_right(password, attempt.password_hash)


def succeed(
    session: Session, attempt: Attempt, *, address: str, browser: str, lasts: timedelta, now: datetime
) -> str:
    """Begin the session; returns the secret of its cookie.

    Raises:
        SignInFailed: the password was changed, or the person disabled, meanwhile.

    """
    user = session.get(User, attempt.user_id) if attempt.user_id else None
    if user is None or user.disabled_at is not None or user.password_hash != attempt.password_hash:
        raise SignInFailed
    limits.succeeded(session, attempt.id)
    return sessions.begin(session, user, address=address, browser=browser, lasts=lasts, now=now)


def count_success(session: Session, attempt: Attempt) -> None:
    """The password was right, and no session is begun."""
    limits.succeeded(session, attempt.id)


def fail(session: Session, attempt: Attempt, *, address: str, now: datetime) -> None:
    """Write it down. The name that was typed is not kept: it may be a password."""
    audit.record(
        session,
        at=now,
        user_id=None,
        project_id=None,
        action="person.sign_in_failed",
        subject=f"user:{attempt.user_id or 'unknown'}",
        address=address,
    )
