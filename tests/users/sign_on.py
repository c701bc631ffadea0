"""A service with an identity provider, and the way of a browser to it and back."""

from typing import Any

from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.access import Role
from app.db import Database
from app.users import invitations, service
from app.users.tables import SignIn, User
from tests.factories import NOW, make_project
from tests.identity_provider import IdentityProvider

FLOW_COOKIE, SESSION_COOKIE = "equimark-sign-on", "equimark"


def database_of(client: TestClient) -> Database:
    database: Database = client.app.state.equimark.database  # type: ignore[attr-defined]
    return database


def invite(client: TestClient, role: Role = Role.ANNOTATOR) -> tuple[int, str]:
    """A project and the secret of an invitation to it."""
    with database_of(client).unit_of_work() as session:
        root = service.get_by_name(session, "root")
        project = make_project(session, by=root)
        _, secret = invitations.invite(
            session, project_id=project.id, role=role, note="", by=root.id, as_role=Role.OWNER, now=NOW
        )
        return project.id, secret


def sign_on(client: TestClient, provider: IdentityProvider, start: str = "/sign-in/oidc") -> Any:
    """There and back; the answer to the coming back."""
    there = client.get(start)
    assert there.status_code == 303, there.text
    return client.get(provider.visit(there.headers["location"]))


def people(client: TestClient) -> list[str]:
    with database_of(client).reading() as session:
        return list(session.scalars(select(User.name).order_by(User.id)))


def sessions_begun(client: TestClient) -> int:
    with database_of(client).reading() as session:
        return session.scalar(select(func.count()).select_from(SignIn)) or 0
