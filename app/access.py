"""Who may do what: the words that routes, the gate and the accounts share.

A route declares one `Need`; nothing is open that does not say so. What a person may do in a project follows
from the role there, what an API token may do from its scopes as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol

from sqlalchemy.orm import Session

from app.errors import NotAllowed, NotFound, NotSignedIn


class Permission(StrEnum):
    """What may be allowed; also the scopes of an API token."""

    SEE = "see"  # read everything of a project
    LABEL = "label"  # be asked, answer, have a picture predicted
    REVIEW = "review"  # look through what others answered
    MANAGE = "manage"  # images, schema, training, exports, people
    ADMIN = "admin"  # the installation: make projects, see all people
    METRICS = "metrics"  # the installation: numbers for Prometheus, and nothing else


class Role(StrEnum):
    """What a person is in one project, the least first."""

    VIEWER = "viewer"
    ANNOTATOR = "annotator"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """Higher may do more; nobody gives or takes a role above the own one."""
        return list(Role).index(self)

    @property
    def permissions(self) -> frozenset[Permission]:
        """What this role may do. An owner and a manager differ in whom they may appoint."""
        ladder = (Permission.SEE, Permission.LABEL, Permission.REVIEW, Permission.MANAGE)
        return frozenset(ladder[: self.rank + 1])


@dataclass(frozen=True)
class Need:
    """What a route asks of its caller.

    public         nothing
    signed_in      anybody with an account; a token needs the scope
    own_account    a person in a browser: no token may change passwords, sessions or tokens
    installation   an administrator
    project        the permission in the project that the path leads to
    """

    kind: Literal["public", "signed_in", "own_account", "installation", "project"]
    permission: Permission = Permission.SEE


PUBLIC = Need("public")
SIGNED_IN = Need("signed_in")
LABELLER = Need("signed_in", Permission.LABEL)  # the body names leases: the caller's own
OWN_ACCOUNT = Need("own_account")
ADMIN = Need("installation", Permission.ADMIN)
METRICS = Need("installation", Permission.METRICS)
SEE = Need("project", Permission.SEE)
LABEL = Need("project", Permission.LABEL)
REVIEW = Need("project", Permission.REVIEW)
MANAGE = Need("project", Permission.MANAGE)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who makes a request.

    member_id       whose memberships decide what is seen; None sees all projects
    scopes          of an API token; None for a browser
    only_project_id the one project that a token is for
    sign_in_id      the browser's session; None for a token and for the local owner
    token_id        the API token; None for a browser
    """

    user_id: int
    name: str
    member_id: int | None
    scopes: frozenset[Permission] | None = None
    only_project_id: int | None = None
    sign_in_id: int | None = None
    token_id: int | None = None
    is_local: bool = False


@dataclass(frozen=True)
class Thing:
    """What a parameter of a path names, e.g. `image_id`.

    find_project   the project that it belongs to, by its text in the path and the person who asks; None: it
                   does not exist, or not for this person
    missing        the error that says so
    """

    find_project: Callable[[Session, str, int], int | None]
    missing: Callable[[str], NotFound]


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """What a request brought along to say who sends it."""

    cookie: str | None
    bearer: str | None


@dataclass(frozen=True, kw_only=True)
class Admitted:
    """A request that may go on.

    role              the caller's in the project of the path, where there is one
    seen_is_stale     the session's or token's time of last use should be written anew
    """

    caller: Caller | None
    role: Role | None = None
    seen_is_stale: bool = False


class Gate(Protocol):
    """Decides about every request before its body is read."""

    has_accounts: bool

    def admit(
        self, need: Need, credentials: Credentials, path: Mapping[str, Any], *, now: datetime
    ) -> Admitted:
        """Let the request pass, or raise NotSignedIn, NotAllowed or the NotFound of the thing in the path."""

    def touch(self, session: Session, caller: Caller, *, now: datetime) -> None:
        """Write down that the caller's session or token was used."""


class SignInNeeded(NotSignedIn):
    """No session and no token, or one that has ended."""

    message = "You are not signed in: no valid session or token came with the request."


class OtherPerson(NotSignedIn):
    """Somebody else has signed in since the page was opened."""

    message = "This page was opened by somebody else. Sign in as that person, or open the page anew."


class RoleTooSmall(NotAllowed):
    """The person may see the project, but not do this."""

    message = "This needs the permission {needed}; your role here does not have it."


class ScopeTooSmall(NotAllowed):
    """The person might do this, but not with this token."""

    message = "This token does not carry the scope {needed}."


class BrowserOnly(NotAllowed):
    """A stolen token must not be able to make itself more of them."""

    message = "This can only be done by a person who is signed in with a browser, not with a token."


class AccountsOff(NotAllowed):
    """The service runs for one person on this machine."""

    message = "This service runs without accounts (EQUIMARK_ACCOUNTS)."
