"""Invitations: links that work once, for a while. In the browser there is no other way to an account."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app import audit
from app.access import Role
from app.db import changed_rows
from app.errors import Conflict, Gone, NotFound
from app.users import members, service
from app.users.members import RoleAboveOwn
from app.users.secret import digest, new_secret
from app.users.tables import Invitation, User

LASTS = timedelta(days=7)
SET_UP_LASTS = timedelta(days=1)
SET_UP_LOCK = (
    7_261_003  # any number, the same in every process: PostgreSQL's advisory lock of the first account
)


class InvitationNotFound(NotFound):
    """Nobody gave out this link."""

    message = "This invitation does not exist. Links break when they are cut off: copy it whole."


class InvitationEnded(Gone):
    """Used, taken back or too old."""

    message = "This invitation has been used, was taken back, or is too old. Ask for a new one."


class AlreadySetUp(Conflict):
    """The first account exists."""

    message = "The first account was made already. Sign in, or ask an administrator for an invitation."


@dataclass(frozen=True)
class Offer:
    """What an invitation offers. Without a project it makes the first administrator."""

    project_id: int | None
    role: Role | None


def invite(
    session: Session, *, project_id: int, role: Role, note: str, by: int, as_role: Role, now: datetime
) -> tuple[Invitation, str]:
    """A link that gives one person this role; its secret is returned and nowhere kept.

    Raises:
        RoleAboveOwn: the one who invites is less.

    """
    if role.rank > as_role.rank:
        raise RoleAboveOwn(own=as_role, role=role)
    row, secret = _make(session, project_id=project_id, role=role, note=note, by=by, lasts=LASTS, now=now)
    _record(session, row, "invitation.made", by=by, now=now, role=role)
    return row, secret


def invite_first(session: Session, *, now: datetime) -> str:
    """The one-time secret with which the first administrator is made.

    Raises:
        AlreadySetUp: somebody can sign in already.

    """
    if service.has_account(session):
        raise AlreadySetUp
    _, secret = _make(
        session, project_id=None, role=None, note="first account", by=None, lasts=SET_UP_LASTS, now=now
    )
    return secret


def look_at(session: Session, secret: str, *, now: datetime) -> Offer:
    """What the link offers.

    Raises:
        InvitationNotFound, InvitationEnded, AlreadySetUp.

    """
    row = _get(session, secret)
    if row.project_id is None and service.has_account(session):
        raise AlreadySetUp
    if row.used_at is not None or row.revoked_at is not None or row.expires_at <= now:
        raise InvitationEnded
    return Offer(row.project_id, Role(row.role) if row.role else None)


def accept_new(session: Session, secret: str, *, name: str, password_hash: str | None, now: datetime) -> User:
    """Use the link to make an account.

    Raises:
        InvitationNotFound, InvitationEnded, AlreadySetUp, UserNameTaken, UserNameInvalid.

    """
    _wait_for_others(session)
    offer = look_at(session, secret, now=now)
    user = service.add_account(
        session,
        name=name,
        password_hash=password_hash,
        is_admin=offer.project_id is None,
        by=None,
        now=now,
    )
    _use(session, secret, user, now=now)
    return user


def accept_as(session: Session, secret: str, user: User, *, now: datetime) -> None:
    """Use the link with an account that exists. A role that is higher already stays.

    Raises:
        InvitationNotFound, InvitationEnded, AlreadySetUp.

    """
    look_at(session, secret, now=now)
    _use(session, secret, user, now=now)


def list_open(session: Session, project_id: int, *, now: datetime) -> Sequence[Invitation]:
    """Links of a project that somebody could still use."""
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.project_id == project_id,
            Invitation.used_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .order_by(Invitation.id)
    ).all()


def revoke(
    session: Session, *, project_id: int, invitation_id: int, by: int, as_role: Role, now: datetime
) -> None:
    """Take a link back; one that has ended stays as it is.

    Raises:
        InvitationNotFound: the project has none of this number.
        RoleAboveOwn.

    """
    row = session.get(Invitation, invitation_id)
    if row is None or row.project_id != project_id:
        raise InvitationNotFound
    if row.role and Role(row.role).rank > as_role.rank:
        raise RoleAboveOwn(own=as_role, role=row.role)
    still_open = (Invitation.used_at.is_(None), Invitation.revoked_at.is_(None))
    ending = update(Invitation).where(Invitation.id == row.id, *still_open).values(revoked_at=now)
    if changed_rows(session.execute(ending)):
        _record(session, row, "invitation.revoked", by=by, now=now)


def _use(session: Session, secret: str, user: User, *, now: datetime) -> None:
    """By compare-and-set, so that of two who come at once one is too late."""
    row = _get(session, secret)
    unused = (Invitation.used_at.is_(None), Invitation.revoked_at.is_(None), Invitation.expires_at > now)
    using = update(Invitation).where(Invitation.id == row.id, *unused).values(used_at=now, used_by=user.id)
    if changed_rows(session.execute(using)) != 1:
        raise InvitationEnded
    _record(session, row, "invitation.used", by=user.id, now=now)
    if row.project_id is None or row.role is None:
        return
    role, own = Role(row.role), members.find_role(session, project_id=row.project_id, user_id=user.id)
    if own is None or own.rank < role.rank:
        members.put(
            session,
            project_id=row.project_id,
            user_id=user.id,
            role=role,
            by=user.id,
            as_role=role,
            now=now,
        )


def _make(
    session: Session,
    *,
    project_id: int | None,
    role: Role | None,
    note: str,
    by: int | None,
    lasts: timedelta,
    now: datetime,
) -> tuple[Invitation, str]:
    secret = new_secret()
    row = Invitation(
        secret_sha256=digest(secret),
        project_id=project_id,
        role=role,
        note=note,
        created_by=by,
        created_at=now,
        expires_at=now + lasts,
    )
    session.add(row)
    session.flush()
    return row, secret


def _get(session: Session, secret: str) -> Invitation:
    if row := session.scalars(select(Invitation).where(Invitation.secret_sha256 == digest(secret))).first():
        return row
    raise InvitationNotFound


def _wait_for_others(session: Session) -> None:
    """Two set-up links used at once would make two first administrators. SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(SET_UP_LOCK)))


def _record(
    session: Session, row: Invitation, action: str, *, by: int | None, now: datetime, **detail: str
) -> None:
    audit.record(
        session,
        at=now,
        user_id=by,
        project_id=row.project_id,
        action=action,
        subject=f"invitation:{row.id}",
        **detail,
    )
