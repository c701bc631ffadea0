"""Who is what in a project."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import audit
from app.access import Role
from app.errors import Conflict, NotAllowed, NotFound
from app.users.tables import Membership, User


class MemberNotFound(NotFound):
    """The person is not in this project."""

    message = "Person {person} is not a member of project {project}."


class RoleAboveOwn(NotAllowed):
    """Or a manager could make an owner of whomever."""

    message = "Your role here is {own}, so you cannot give or take the role {role}."
    parts = tuple(Role)


class LastOwner(Conflict):
    """A project without an owner could not be handed on."""

    message = "This is the last owner of the project. Make somebody else an owner first."


@dataclass(frozen=True)
class Member:
    """One person of a project."""

    user_id: int
    name: str
    role: Role
    since: datetime
    is_disabled: bool


def found(session: Session, *, project_id: int, user_id: int, now: datetime) -> None:
    """Make the maker of a new project its owner."""
    session.add(Membership(project_id=project_id, user_id=user_id, role=Role.OWNER, created_at=now))
    session.flush()


def find_role(session: Session, *, project_id: int, user_id: int) -> Role | None:
    """What the person is in this project; None: nothing."""
    row = session.get(Membership, (project_id, user_id))
    return None if row is None else Role(row.role)


def list_members(session: Session, project_id: int) -> Sequence[Member]:
    """The people of a project, in the order of their coming."""
    rows = session.execute(
        select(Membership, User)
        .join(User, User.id == Membership.user_id)
        .where(Membership.project_id == project_id)
        .order_by(Membership.created_at, User.id)
    )
    return [
        Member(user.id, user.name, Role(row.role), row.created_at, user.disabled_at is not None)
        for row, user in rows
    ]


def put(
    session: Session,
    *,
    project_id: int,
    user_id: int,
    role: Role,
    by: int | None,
    as_role: Role,
    now: datetime,
) -> None:
    """Give a person a role in the project; the same again changes nothing.

    as_role   what the one who gives it is there

    Raises:
        RoleAboveOwn, LastOwner.

    """
    _check_rank(role, as_role)
    row = _locked(session, project_id, user_id)
    if row is None:
        session.add(Membership(project_id=project_id, user_id=user_id, role=role, created_at=now))
        _record(session, project_id, user_id, "member.added", by=by, now=now, role=role)
    elif row.role != role:
        before = Role(row.role)
        _check_rank(before, as_role)
        if before is Role.OWNER:
            _check_other_owner(session, project_id)
        row.role = role
        _record(session, project_id, user_id, "member.role_changed", by=by, now=now, role=role, before=before)
    session.flush()


def change(
    session: Session, *, project_id: int, user_id: int, role: Role, by: int, as_role: Role, now: datetime
) -> None:
    """Give another role to somebody who is in the project; people come in by invitation.

    Raises:
        MemberNotFound, RoleAboveOwn, LastOwner.

    """
    if find_role(session, project_id=project_id, user_id=user_id) is None:
        raise MemberNotFound(person=user_id, project=project_id)
    put(session, project_id=project_id, user_id=user_id, role=role, by=by, as_role=as_role, now=now)


def remove(session: Session, *, project_id: int, user_id: int, by: int, as_role: Role, now: datetime) -> None:
    """Take a person out of the project; the labels stay.

    Raises:
        MemberNotFound, RoleAboveOwn, LastOwner.

    """
    row = _locked(session, project_id, user_id)
    if row is None:
        raise MemberNotFound(person=user_id, project=project_id)
    _check_rank(Role(row.role), as_role)
    if row.role == Role.OWNER:
        _check_other_owner(session, project_id)
    session.delete(row)
    session.flush()
    _record(session, project_id, user_id, "member.removed", by=by, now=now, before=row.role)


def _check_rank(role: Role, own: Role) -> None:
    if role.rank > own.rank:
        raise RoleAboveOwn(own=own, role=role)


def _locked(session: Session, project_id: int, user_id: int) -> Membership | None:
    """The membership. All owners are locked with it: two owners who leave at once would leave none."""
    concerned = (Membership.user_id == user_id) | (Membership.role == Role.OWNER)
    rows = session.scalars(
        select(Membership)
        .where(Membership.project_id == project_id, concerned)
        .order_by(Membership.user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return next((row for row in rows.all() if row.user_id == user_id), None)


def _check_other_owner(session: Session, project_id: int) -> None:
    owners = select(Membership.user_id).where(
        Membership.project_id == project_id, Membership.role == Role.OWNER
    )
    if len(session.scalars(owners.limit(2)).all()) < 2:
        raise LastOwner


def _record(
    session: Session,
    project_id: int,
    user_id: int,
    action: str,
    *,
    by: int | None,
    now: datetime,
    **detail: str,
) -> None:
    audit.record(
        session, at=now, user_id=by, project_id=project_id, action=action, subject=f"user:{user_id}", **detail
    )
