"""An identity provider, and a service that believes it."""

from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings
from tests.accounts import ORIGIN, at, make_account
from tests.factories import later
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider
from tests.users.sign_on import database_of


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with IdentityProvider(now=later(1).timestamp()) as server:
        yield server


@pytest.fixture
def with_provider(settings: Settings, provider: IdentityProvider) -> Settings:
    return settings.model_copy(
        update={
            "accounts": "required",
            "public_url": ORIGIN,
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT_ID,
            "oidc_client_secret": SecretStr(CLIENT_SECRET),
            "oidc_name": "Example University",
        }
    )


@pytest.fixture
def door(with_provider: Settings, any_url: str) -> Iterator[TestClient]:
    """A client of a service with a provider, in which root is a person with a password."""
    wanted = with_provider.model_copy(update={"database_url": any_url})
    with TestClient(create_app(wanted), base_url=ORIGIN, follow_redirects=False) as client:
        at(client, later(1))
        with database_of(client).unit_of_work() as session:
            make_account(session, "root", is_admin=True)
        yield client
