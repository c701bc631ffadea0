"""Rows of people and of what lets them in.

Secrets (session cookies, API tokens, invitations) are stored as SHA-256 alone: they have 256 random bits, so
a slow hash would add nothing, and a copy of the database opens no door. Passwords are argon2id.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base, BigId, Id, JsonValue, UtcDateTime

ROLES = "role IN ('viewer','annotator','reviewer','manager','owner')"


class User(Base):
    """A person who labels.

    password_hash   None cannot sign in, e.g. the local owner
    is_admin        of the installation: makes projects, and is an owner of every project
    """

    __tablename__ = "users"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(128))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    is_admin: Mapped[bool] = mapped_column(default=False)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Identity(Base):
    """Who a person is at an identity provider; one person may have several.

    subject   the provider's own name for the person; None: an administrator has opened the account to whoever
              comes with this address, and nobody has come yet
    email     as the provider had verified it then, in lower case
    """

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index("ix_identities_issuer_email", "issuer", "email"),
        Index("ix_identities_user_id", "user_id"),
    )

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    issuer: Mapped[str] = mapped_column(String(500))
    subject: Mapped[str | None] = mapped_column(String(255))
    email: Mapped[str] = mapped_column(String(320))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SignIn(Base):
    """A session of a browser. It ends by sign-out, by disuse (`seen_at`) and at `expires_at` in any case."""

    __tablename__ = "sign_ins"
    __table_args__ = (UniqueConstraint("secret_sha256"), Index("ix_sign_ins_user_id", "user_id"))

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    secret_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(64))
    browser: Mapped[str] = mapped_column(String(200))


class ApiToken(Base):
    """A key for programs.

    start        its first characters, to recognise it by
    scopes       permissions that it may use, of those that its person has
    project_id   the only project that it is for; None is all of its person's
    """

    __tablename__ = "api_tokens"
    __table_args__ = (UniqueConstraint("secret_sha256"), Index("ix_api_tokens_user_id", "user_id"))

    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"))
    name: Mapped[str] = mapped_column(String(100))
    start: Mapped[str] = mapped_column(String(16))
    secret_sha256: Mapped[str] = mapped_column(String(64))
    scopes: Mapped[list[str]] = mapped_column(JsonValue)
    project_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("projects.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Membership(Base):
    """What a person is in a project; without one the project does not exist for the person."""

    __tablename__ = "memberships"
    __table_args__ = (CheckConstraint(ROLES, name="role"), Index("ix_memberships_user_id", "user_id"))

    project_id: Mapped[int] = mapped_column(BigId, ForeignKey("projects.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigId, ForeignKey("users.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Invitation(Base):
    """A link that makes one person a member of a project, or an administrator; it works once."""

    __tablename__ = "invitations"
    __table_args__ = (
        UniqueConstraint("secret_sha256"),
        CheckConstraint(ROLES, name="role"),
        CheckConstraint("(project_id IS NULL) = (role IS NULL)", name="project_has_role"),
        Index("ix_invitations_project_id", "project_id"),
    )

    id: Mapped[Id]
    secret_sha256: Mapped[str] = mapped_column(String(64))
    project_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("projects.id"))
    role: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(200))
    created_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    used_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInAttempt(Base):
    """A password that was tried: what the limits count, on all web processes together.

    account_sha256   of the name as it was typed, which may by mistake be a password
    """

    __tablename__ = "sign_in_attempts"
    __table_args__ = (
        Index("ix_sign_in_attempts_account_sha256_at", "account_sha256", "at"),
        Index("ix_sign_in_attempts_address_at", "address", "at"),
        Index("ix_sign_in_attempts_at", "at"),
    )

    id: Mapped[Id]
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_sha256: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    has_succeeded: Mapped[bool] = mapped_column(default=False)
