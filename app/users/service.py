"""Verbs about people."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.users.tables import User

LOCAL_OWNER = "owner"


def ensure_local_owner(session: Session, *, now: datetime) -> User:
    """The one person of a local installation; made at the first start."""
    if owner := find_by_name(session, LOCAL_OWNER):
        return owner
    return add(session, name=LOCAL_OWNER, now=now)


def add(session: Session, *, name: str, now: datetime) -> User:
    """A new person."""
    user = User(name=name, created_at=now)
    session.add(user)
    session.flush()
    return user


def find_by_name(session: Session, name: str) -> User | None:
    """The person of this name."""
    return session.scalars(select(User).where(User.name == name)).first()


def list_users(session: Session) -> Sequence[User]:
    """Everybody, in the order of their coming."""
    return session.scalars(select(User).order_by(User.id)).all()
