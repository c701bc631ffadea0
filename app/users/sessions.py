"""Sessions of browsers: begun by a password, ended by sign-out, disuse, age, or from another browser."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app import audit
from app.db import changed_rows
from app.errors import NotFound
from app.users.secret import digest, new_secret
from app.users.tables import SignIn, User

SEEN_EVERY = timedelta(minutes=5)  # a write a request would make every reader a writer


class SignInNotFound(NotFound):
    """No such session of this person."""

    message = "There is no session {number} of yours."


def begin(
    session: Session, user: User, *, address: str, browser: str, lasts: timedelta, now: datetime
) -> str:
    """A new session; the secret for its cookie is returned and nowhere kept."""
    secret = new_secret()
    row = SignIn(
        user_id=user.id,
        secret_sha256=digest(secret),
        created_at=now,
        seen_at=now,
        expires_at=now + lasts,
        address=address,
        browser=browser[:200],
    )
    session.add(row)
    session.flush()
    _record(session, row, "person.signed_in", by=user.id, now=now, address=address)
    return secret


def find(session: Session, secret: str, *, idle: timedelta, now: datetime) -> tuple[SignIn, User] | None:
    """The session of this cookie and its person, unless it has ended."""
    row = session.execute(
        select(SignIn, User)
        .join(User, User.id == SignIn.user_id)
        .where(SignIn.secret_sha256 == digest(secret), *_valid(idle=idle, now=now))
    ).first()
    return None if row is None else (row[0], row[1])


def list_valid(session: Session, user_id: int, *, idle: timedelta, now: datetime) -> Sequence[SignIn]:
    """A person's sessions that have not ended, the last used one first."""
    mine = select(SignIn).join(User, User.id == SignIn.user_id).where(SignIn.user_id == user_id)
    return session.scalars(mine.where(*_valid(idle=idle, now=now)).order_by(SignIn.seen_at.desc())).all()


def is_stale(row: SignIn, *, now: datetime) -> bool:
    """Whether its time of last use should be written anew."""
    return row.seen_at < now - SEEN_EVERY


def touch(session: Session, sign_in_id: int, *, now: datetime) -> None:
    """It was used now."""
    session.execute(update(SignIn).where(SignIn.id == sign_in_id, SignIn.seen_at < now).values(seen_at=now))


def end(session: Session, *, user_id: int, sign_in_id: int, now: datetime) -> None:
    """Sign out, here or in another browser. Ending an ended one changes nothing.

    Raises:
        SignInNotFound: it is none of this person's.

    """
    row = session.get(SignIn, sign_in_id)
    if row is None or row.user_id != user_id:
        raise SignInNotFound(number=sign_in_id)
    ending = update(SignIn).where(SignIn.id == sign_in_id, SignIn.ended_at.is_(None)).values(ended_at=now)
    if changed_rows(session.execute(ending)):
        _record(session, row, "person.signed_out", by=user_id, now=now)


def end_all(session: Session, *, by: int | None, now: datetime) -> int:
    """Sign everybody out, e.g. after a restore; returns how many sessions that ended."""
    ending = update(SignIn).where(SignIn.ended_at.is_(None)).values(ended_at=now)
    count = changed_rows(session.execute(ending, execution_options={"synchronize_session": False}))
    if count:
        audit.record(
            session,
            at=now,
            user_id=by,
            project_id=None,
            action="people.signed_out",
            subject="sessions",
            count=count,
        )
    return count


def _valid(*, idle: timedelta, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        SignIn.ended_at.is_(None),
        SignIn.expires_at > now,
        SignIn.seen_at > now - idle,
        User.disabled_at.is_(None),
    )


def _record(session: Session, row: SignIn, action: str, *, by: int, now: datetime, **detail: object) -> None:
    subject = f"session:{row.id}"
    audit.record(session, at=now, user_id=by, project_id=None, action=action, subject=subject, **detail)
