"""JSON shapes of people, memberships, invitations and tokens."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.access import Permission, Role
from app.users.tables import ApiToken, Invitation, User

Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$"),
]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
]


class Strict(BaseModel):
    """A request body: unknown fields are an error, not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Me(BaseModel):
    """Who the request comes from."""

    id: int
    name: str
    is_admin: bool
    scopes: list[Permission] | None = Field(description="Of a token; null in a browser.")


class UserOut(BaseModel):
    """One person."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    is_admin: bool
    created_at: datetime
    disabled_at: datetime | None


class UserList(BaseModel):
    """A page of people; `cursor` asks for the next one."""

    items: list[UserOut]
    cursor: str | None

    @classmethod
    def of(cls, rows: list[User], *, cursor: str | None) -> Self:
        """From rows."""
        return cls(items=[UserOut.model_validate(row) for row in rows], cursor=cursor)


class MakeToken(Strict):
    """Body of POST /tokens."""

    name: Words
    scopes: Annotated[frozenset[Permission], Field(min_length=1)]
    project_id: int | None = Field(default=None, ge=1, le=2**63 - 1)
    days: int = Field(default=90, ge=1, le=365)


class TokenOut(BaseModel):
    """One token, without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    start: str
    scopes: list[Permission]
    project_id: int | None
    created_at: datetime
    seen_at: datetime | None
    expires_at: datetime
    ended_at: datetime | None


class MadeToken(TokenOut):
    """A new token; the secret is shown this once."""

    secret: str

    @classmethod
    def of(cls, row: ApiToken, secret: str) -> Self:
        """With its secret."""
        return cls(**TokenOut.model_validate(row).model_dump(), secret=secret)


class TokenList(BaseModel):
    """All tokens of the caller."""

    items: list[TokenOut]


class MemberOut(BaseModel):
    """One person of a project."""

    model_config = ConfigDict(from_attributes=True)

    user_id: int
    name: str
    role: Role
    since: datetime
    is_disabled: bool


class MemberList(BaseModel):
    """The people of a project."""

    items: list[MemberOut]


class ChangeRole(Strict):
    """Body of PUT /projects/{id}/members/{user_id}."""

    role: Role


class Invite(Strict):
    """Body of POST /projects/{id}/invitations."""

    role: Role
    note: Note = ""


class InvitationOut(BaseModel):
    """One invitation, without its link."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    role: Role
    note: str
    created_at: datetime
    expires_at: datetime


class MadeInvitation(InvitationOut):
    """A new invitation; the link is shown this once."""

    url: str

    @classmethod
    def of(cls, row: Invitation, url: str) -> Self:
        """With its link."""
        return cls(**InvitationOut.model_validate(row).model_dump(), url=url)


class InvitationList(BaseModel):
    """Invitations that can still be used."""

    items: list[InvitationOut]
