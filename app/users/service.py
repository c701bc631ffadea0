"""Verbs about people."""

import unicodedata
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import audit
from app.db import changed_rows
from app.errors import Conflict, Invalid, NotFound
from app.users.tables import ApiToken, Identity, SignIn, User

LOCAL_OWNER = "owner"
NAME_LENGTH = 64


class UserNotFound(NotFound):
    """No such person."""

    message = "There is nobody called {name}."


class UserNameTaken(Conflict):
    """Names are what people sign in with."""

    message = "Somebody is called {name} already."


class UserNameInvalid(Invalid):
    """It could not be typed, or would look like another one."""

    message = "A name has 1 to {most} characters, without control characters."


class PasswordChangedMeanwhile(Conflict):
    """Two changes at once: the other one came first."""

    message = "The password was changed meanwhile. Sign in with the new one."


def ensure_local_owner(session: Session, *, now: datetime) -> User:
    """The one person of a local installation; made at the first start."""
    if owner := find_by_name(session, LOCAL_OWNER):
        return owner
    return add(session, name=LOCAL_OWNER, now=now)


def add(session: Session, *, name: str, now: datetime) -> User:
    """A new person, who cannot sign in."""
    user = User(name=name, created_at=now, password_hash=None, is_admin=False)
    session.add(user)
    session.flush()
    return user


def add_account(
    session: Session,
    *,
    name: str,
    password_hash: str | None,
    is_admin: bool = False,
    by: int | None,
    now: datetime,
) -> User:
    """A new person who signs in with a password, or without one by an identity provider.

    Raises:
        UserNameTaken: somebody has this name, or one that differs in capitals alone.

    """
    name = checked_name(name)
    if not is_free(session, name):
        raise UserNameTaken(name=name)
    user = User(name=name, created_at=now, password_hash=password_hash, is_admin=is_admin)
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise UserNameTaken(name=name) from error
    _record(session, user.id, "person.added", by=by or user.id, now=now, is_admin=is_admin)
    return user


def is_free(session: Session, name: str) -> bool:
    """Whether nobody has this name, or one that differs in capitals alone."""
    same = or_(User.name == name, func.lower(User.name) == name.lower())
    return session.scalar(select(User.id).where(same)) is None


def checked_name(name: str) -> str:
    """The name in one spelling.

    Raises:
        UserNameInvalid.

    """
    said = one_spelling(name)
    if not 1 <= len(said) <= NAME_LENGTH or any(unicodedata.category(each)[0] == "C" for each in said):
        raise UserNameInvalid(most=NAME_LENGTH)
    return said


def one_spelling(name: str) -> str:
    """The same characters however a keyboard composed them, without spaces around."""
    return unicodedata.normalize("NFKC", name).strip()


def set_password(
    session: Session,
    user_id: int,
    *,
    was: str | None,
    password_hash: str,
    keep: int | None = None,
    by: int | None,
    now: datetime,
) -> None:
    """Change the password from the hash that was checked, and end all sessions but `keep`.

    Raises:
        PasswordChangedMeanwhile.

    """
    unchanged = User.password_hash.is_not_distinct_from(was)
    changing = update(User).where(User.id == user_id, unchanged).values(password_hash=password_hash)
    if changed_rows(session.execute(changing)) != 1:
        raise PasswordChangedMeanwhile
    theirs = (SignIn.user_id == user_id, SignIn.ended_at.is_(None), SignIn.id != (keep or 0))
    session.execute(update(SignIn).where(*theirs).values(ended_at=now))
    _record(session, user_id, "password.changed", by=by, now=now)


def disable(session: Session, user: User, *, by: int | None, now: datetime) -> None:
    """Let a person in no more: sessions and tokens end. The labels and their author's name stay."""
    user.disabled_at = now
    for table in (SignIn, ApiToken):
        session.execute(
            update(table).where(table.user_id == user.id, table.ended_at.is_(None)).values(ended_at=now)
        )
    session.flush()
    _record(session, user.id, "person.disabled", by=by, now=now)


def enable(session: Session, user: User, *, by: int | None, now: datetime) -> None:
    """Let a person in again."""
    user.disabled_at = None
    session.flush()
    _record(session, user.id, "person.enabled", by=by, now=now)


def set_admin(session: Session, user: User, *, is_admin: bool, by: int | None, now: datetime) -> None:
    """Make a person an administrator of the installation, or no longer one."""
    user.is_admin = is_admin
    session.flush()
    _record(session, user.id, "person.admin_set", by=by, now=now, is_admin=is_admin)


def has_account(session: Session) -> bool:
    """Whether anybody can sign in."""
    known_elsewhere = select(Identity.id).where(Identity.user_id == User.id, Identity.subject.is_not(None))
    signs_in = or_(User.password_hash.is_not(None), known_elsewhere.exists())
    return session.scalar(select(User.id).where(signs_in).limit(1)) is not None


def emails_of(session: Session) -> dict[int, str]:
    """By person: the address with which an identity provider lets the person in."""
    return {row.user_id: row.email for row in session.scalars(select(Identity).order_by(Identity.id))}


def find_by_name(session: Session, name: str) -> User | None:
    """The person of this name."""
    return session.scalars(select(User).where(User.name == name)).first()


def get_by_name(session: Session, name: str) -> User:
    """The person of this name.

    Raises:
        UserNotFound: there is none.

    """
    if user := find_by_name(session, name):
        return user
    raise UserNotFound(name=name)


def get(session: Session, user_id: int) -> User:
    """The person of this number.

    Raises:
        UserNotFound: there is none.

    """
    if user := session.get(User, user_id):
        return user
    raise UserNotFound(name=f"number {user_id}")


def list_users(session: Session, *, after_id: int = 0, limit: int | None = None) -> Sequence[User]:
    """Everybody, in the order of their coming."""
    return session.scalars(select(User).where(User.id > after_id).order_by(User.id).limit(limit)).all()


def names_of(session: Session, user_ids: Collection[int | None]) -> dict[int, str]:
    """Names by number."""
    rows = session.execute(select(User.id, User.name).where(User.id.in_({each for each in user_ids if each})))
    return {row.id: row.name for row in rows}


def _record(
    session: Session, user_id: int, action: str, *, by: int | None, now: datetime, **detail: object
) -> None:
    audit.record(
        session, at=now, user_id=by, project_id=None, action=action, subject=f"user:{user_id}", **detail
    )
