"""Who somebody is whom an identity provider vouches for. Invitations decide who may come in, as ever."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app import audit
from app.db import changed_rows
from app.errors import Conflict, DomainError, NotAllowed
from app.sign_on import Claims
from app.users import invitations, service
from app.users.service import UserNameInvalid, UserNameTaken
from app.users.tables import Identity, User


class EmailNotVerified(NotAllowed):
    """Anybody can write down any address."""

    message = "The sign-in service does not say that your e-mail address is your own. Verify it there first."


class NotInvited(NotAllowed):
    """The provider knows this person, and nobody here has let the person in."""

    message = "{email} has no account here. Open the link of an invitation first, and sign in from there."


class PersonDisabled(NotAllowed):
    """The account was closed."""

    message = "This account is closed. Ask an administrator."


class EmailAllowedTwice(Conflict):
    """Two accounts cannot wait for the same person."""

    message = "{email} is waited for by another account."


@dataclass(frozen=True)
class Entered:
    """Somebody who may be signed in, and what the invitation gave."""

    user: User
    project_id: int | None = None


def enter(session: Session, claims: Claims, *, invitation: str, now: datetime) -> Entered:
    """Who this is; an account that merely has the same name or address is never taken.

    A known identity; else the account that an administrator has opened to this address; else a new account,
    by an invitation.

    Raises:
        EmailNotVerified, NotInvited, PersonDisabled, UserNameTaken, and those of the invitation.

    """
    user = _find(session, claims) or _find_allowed(session, claims, now=now)
    if user is None:
        return _new(session, claims, invitation=invitation, now=now)
    if user.disabled_at is not None:
        raise PersonDisabled
    if not invitation:
        return Entered(user)
    offer = invitations.look_at(session, invitation, now=now)
    invitations.accept_as(session, invitation, user, now=now)
    return Entered(user, offer.project_id)


def allow(session: Session, user: User, *, issuer: str, email: str, by: int | None, now: datetime) -> None:
    """Open an account that exists to whoever the issuer says has this address, once.

    Raises:
        EmailAllowedTwice.

    """
    email = email.strip().lower()
    waiting = (Identity.issuer == issuer, Identity.email == email, Identity.subject.is_(None))
    if session.scalar(select(Identity.id).where(*waiting)):
        raise EmailAllowedTwice(email=email)
    session.add(Identity(user_id=user.id, issuer=issuer, subject=None, email=email, created_at=now))
    session.flush()
    _record(session, user, "identity.allowed", by=by, now=now, issuer=issuer, email=email)


def record_refusal(session: Session, error: DomainError, *, address: str, now: datetime) -> None:
    """Somebody came with the provider's word and was not let in."""
    audit.record(
        session,
        at=now,
        user_id=None,
        project_id=None,
        action="person.sign_in_failed",
        subject="user:unknown",
        address=address,
        code=error.code(),
    )


def _find(session: Session, claims: Claims) -> User | None:
    known = (Identity.issuer == claims.issuer, Identity.subject == claims.subject)
    return session.scalars(select(User).join(Identity, Identity.user_id == User.id).where(*known)).first()


def _find_allowed(session: Session, claims: Claims, *, now: datetime) -> User | None:
    """By compare-and-set, so that of two who come at once with one address, one is too late."""
    if claims.email is None:
        return None
    waiting = (
        Identity.issuer == claims.issuer,
        Identity.email == claims.email,
        Identity.subject.is_(None),
    )
    row = session.scalars(select(Identity).where(*waiting)).first()
    if row is None:
        return None
    taking = update(Identity).where(Identity.id == row.id, *waiting).values(subject=claims.subject)
    if changed_rows(session.execute(taking)) != 1:
        return None
    user = session.get_one(User, row.user_id)
    _record(session, user, "identity.linked", by=user.id, now=now, issuer=claims.issuer, email=claims.email)
    return user


def _new(session: Session, claims: Claims, *, invitation: str, now: datetime) -> Entered:
    if claims.email is None:
        raise EmailNotVerified
    if not invitation:
        raise NotInvited(email=claims.email)
    offer = invitations.look_at(session, invitation, now=now)
    name = _free_name(session, claims.name, claims.email)
    user = invitations.accept_new(session, invitation, name=name, password_hash=None, now=now)
    row = Identity(
        user_id=user.id, issuer=claims.issuer, subject=claims.subject, email=claims.email, created_at=now
    )
    session.add(row)
    session.flush()
    _record(session, user, "identity.linked", by=user.id, now=now, issuer=claims.issuer, email=claims.email)
    return Entered(user, offer.project_id)


def _free_name(session: Session, *wishes: str) -> str:
    """The first that nobody has.

    Raises:
        UserNameTaken: somebody has each; whoever it is, a person with an account joins with that account.

    """
    for wish in wishes:
        try:
            name = service.checked_name(wish)
        except UserNameInvalid:
            continue
        if service.is_free(session, name):
            return name
    raise UserNameTaken(name=wishes[-1])


def _record(
    session: Session, user: User, action: str, *, by: int | None, now: datetime, **detail: object
) -> None:
    audit.record(
        session, at=now, user_id=by, project_id=None, action=action, subject=f"user:{user.id}", **detail
    )
