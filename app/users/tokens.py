"""API tokens: for programs that act for a person, with less power than the person has."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from app import audit
from app.access import Permission
from app.db import changed_rows
from app.errors import NotFound
from app.users.secret import TOKEN_START, digest, new_secret
from app.users.tables import ApiToken, User

SEEN_EVERY = timedelta(hours=1)
SHOWN_CHARACTERS = 10


class TokenNotFound(NotFound):
    """No such token of this person."""

    message = "There is no token {number} of yours."


def make(
    session: Session,
    user_id: int,
    *,
    name: str,
    scopes: Collection[Permission],
    project_id: int | None,
    lasts: timedelta,
    now: datetime,
) -> tuple[ApiToken, str]:
    """A new token; its secret is returned and nowhere kept."""
    secret = new_secret(TOKEN_START)
    row = ApiToken(
        user_id=user_id,
        name=name,
        start=secret[:SHOWN_CHARACTERS],
        secret_sha256=digest(secret),
        scopes=sorted(scopes),
        project_id=project_id,
        created_at=now,
        expires_at=now + lasts,
    )
    session.add(row)
    session.flush()
    _record(session, row, "token.made", by=user_id, now=now, scopes=row.scopes)
    return row, secret


def find(session: Session, secret: str, *, now: datetime) -> tuple[ApiToken, User] | None:
    """The token of this secret and its person, unless it has ended."""
    row = session.execute(
        select(ApiToken, User)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.secret_sha256 == digest(secret), *_valid(now))
    ).first()
    return None if row is None else (row[0], row[1])


def list_of(session: Session, user_id: int) -> Sequence[ApiToken]:
    """A person's tokens, ended ones too, newest first."""
    return session.scalars(
        select(ApiToken).where(ApiToken.user_id == user_id).order_by(ApiToken.id.desc())
    ).all()


def list_valid(session: Session, *, now: datetime) -> Sequence[tuple[ApiToken, User]]:
    """Everybody's tokens that have not ended, by person."""
    living = select(ApiToken, User).join(User, User.id == ApiToken.user_id).where(*_valid(now))
    return [(token, user) for token, user in session.execute(living.order_by(User.name, ApiToken.id))]


def is_stale(row: ApiToken, *, now: datetime) -> bool:
    """Whether its time of last use should be written anew."""
    return row.seen_at is None or row.seen_at < now - SEEN_EVERY


def touch(session: Session, token_id: int, *, now: datetime) -> None:
    """It was used now."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(seen_at=now))


def revoke(session: Session, *, user_id: int, token_id: int, now: datetime) -> None:
    """End a token; ending an ended one changes nothing.

    Raises:
        TokenNotFound: it is none of this person's.

    """
    row = session.get(ApiToken, token_id)
    if row is None or row.user_id != user_id:
        raise TokenNotFound(number=token_id)
    ending = update(ApiToken).where(ApiToken.id == token_id, ApiToken.ended_at.is_(None)).values(ended_at=now)
    if changed_rows(session.execute(ending)):
        _record(session, row, "token.revoked", by=user_id, now=now)


def _valid(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return ApiToken.ended_at.is_(None), ApiToken.expires_at > now, User.disabled_at.is_(None)


def _record(
    session: Session, row: ApiToken, action: str, *, by: int, now: datetime, **detail: object
) -> None:
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=row.project_id,
        action=action,
        subject=f"token:{row.id}",
        **detail,
    )
