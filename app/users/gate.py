"""The two gates: one lets the local owner do everything, the other asks who comes and what they may."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.access import (
    AccountsOff,
    Admitted,
    BrowserOnly,
    Caller,
    Credentials,
    Need,
    Permission,
    Role,
    RoleTooSmall,
    ScopeTooSmall,
    SignInNeeded,
    Thing,
)
from app.db import Database
from app.users import members, sessions, tokens
from app.users.service import LOCAL_OWNER


class LocalGate:
    """Without accounts: whoever reaches the service on this machine is its owner."""

    has_accounts = False

    def __init__(self, owner_id: int) -> None:
        self._owner = Caller(user_id=owner_id, name=LOCAL_OWNER, member_id=None, is_local=True)

    def admit(
        self, need: Need, _credentials: Credentials, _path: Mapping[str, Any], *, now: datetime
    ) -> Admitted:
        """Everything but the pages of an account."""
        del now
        if need.kind == "own_account":
            raise AccountsOff
        return Admitted(caller=self._owner, role=Role.OWNER)

    def touch(self, session: Session, caller: Caller, *, now: datetime) -> None:
        """There is no session."""


class AccountsGate:
    """With accounts: who it is, whether they may see the project, whether they may do this there.

    `things` says to which project a parameter of a path leads.
    """

    has_accounts = True

    def __init__(self, database: Database, *, things: Mapping[str, Thing], idle: timedelta) -> None:
        self._database = database
        self._things = things
        self._idle = idle

    def admit(
        self, need: Need, credentials: Credentials, path: Mapping[str, Any], *, now: datetime
    ) -> Admitted:
        """As app.access.Gate says; somebody who may not see a project hears that it does not exist."""
        if need.kind == "public":
            return Admitted(caller=None)
        with self._database.reading() as session:
            caller, is_stale = self._identify(session, credentials, now=now)
            if need.kind == "own_account" and caller.scopes is not None:
                raise BrowserOnly
            role = self._role(session, caller, path) if need.kind == "project" else None
        _check_permission(need, caller, role)
        return Admitted(caller=caller, role=role, seen_is_stale=is_stale)

    def touch(self, session: Session, caller: Caller, *, now: datetime) -> None:
        """Write down that the session or the token was used."""
        if caller.sign_in_id is not None:
            sessions.touch(session, caller.sign_in_id, now=now)
        if caller.token_id is not None:
            tokens.touch(session, caller.token_id, now=now)

    def _identify(self, session: Session, credentials: Credentials, *, now: datetime) -> tuple[Caller, bool]:
        """A token counts before a cookie, and a bad one is not made good by a cookie."""
        if credentials.bearer is not None:
            return _token_caller(session, credentials.bearer, now=now)
        known = credentials.cookie and sessions.find(session, credentials.cookie, idle=self._idle, now=now)
        if not known:
            raise SignInNeeded
        row, user = known
        caller = Caller(
            user_id=user.id,
            name=user.name,
            member_id=None if user.is_admin else user.id,
            sign_in_id=row.id,
        )
        return caller, sessions.is_stale(row, now=now)

    def _role(self, session: Session, caller: Caller, path: Mapping[str, Any]) -> Role:
        """The caller's role in the one project to which all things of the path belong."""
        found: dict[int, Role] = {}
        for name, value in path.items():
            if (thing := self._things.get(name)) is None:
                continue
            project_id = thing.find_project(session, value, caller.user_id)
            role = None if project_id is None else _role_in(session, caller, project_id)
            if project_id is None or role is None or (found and project_id not in found):
                raise thing.missing(value)
            found[project_id] = role
        return next(iter(found.values()))


def _token_caller(session: Session, bearer: str, *, now: datetime) -> tuple[Caller, bool]:
    known = tokens.find(session, bearer, now=now)
    if known is None:
        raise SignInNeeded
    row, user = known
    caller = Caller(
        user_id=user.id,
        name=user.name,
        member_id=None if user.is_admin else user.id,
        scopes=frozenset(Permission(each) for each in row.scopes),
        only_project_id=row.project_id,
        token_id=row.id,
    )
    return caller, tokens.is_stale(row, now=now)


def _role_in(session: Session, caller: Caller, project_id: int) -> Role | None:
    if caller.only_project_id not in (None, project_id):
        return None
    if caller.member_id is None:
        return Role.OWNER
    return members.find_role(session, project_id=project_id, user_id=caller.member_id)


def _check_permission(need: Need, caller: Caller, role: Role | None) -> None:
    is_admin = caller.member_id is None
    if need.kind == "installation" and not is_admin:
        raise RoleTooSmall(needed=need.permission)
    if need.kind == "project" and (role is None or need.permission not in role.permissions):
        raise RoleTooSmall(needed=need.permission)
    if caller.scopes is None:
        return
    is_elsewhere = need.kind == "installation" and caller.only_project_id is not None
    if need.permission not in caller.scopes or is_elsewhere:
        raise ScopeTooSmall(needed=need.permission)
