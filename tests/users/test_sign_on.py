"""Signing in with an identity provider, by HTTP, against one that listens: who comes in, and who does not."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.access import Role
from app.audit import AuditEntry
from app.main import create_app
from app.settings import Settings
from app.sign_on import CALLBACK, Flow
from app.users import identities, invitations, service
from app.users.tables import Identity, Membership
from tests.accounts import ORIGIN, at, make_account
from tests.factories import NOW, later
from tests.identity_provider import ANN, CLIENT_ID, IdentityProvider
from tests.users.sign_on import (
    FLOW_COOKIE,
    SESSION_COOKIE,
    database_of,
    invite,
    people,
    sessions_begun,
    sign_on,
)


class TestComingIn:
    def test_the_sign_in_page_offers_the_provider_by_name(self, door: TestClient):
        page = door.get("/sign-in", params={"next": "/projects/1?a=b"}).text

        assert "Continue with Example University" in page
        assert 'href="/sign-in/oidc?next=%2Fprojects%2F1%3Fa%3Db"' in page

    def test_the_browser_is_sent_with_all_that_the_protocol_asks(
        self, door: TestClient, provider: IdentityProvider
    ):
        there = door.get("/sign-in/oidc")
        asked = {
            name: values[0] for name, values in parse_qs(urlsplit(there.headers["location"]).query).items()
        }
        cookie = there.headers["set-cookie"]

        assert there.headers["location"].startswith(f"{provider.issuer}/authorize?")
        assert {name: asked[name] for name in ("response_type", "client_id", "redirect_uri", "scope")} == {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": ORIGIN + CALLBACK,
            "scope": "openid email profile",
        }
        assert asked["code_challenge_method"] == "S256"
        assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) == 43
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Max-Age=600" in cookie
        flow = Flow.find(door.cookies[FLOW_COOKIE])
        assert flow is not None
        assert flow.verifier not in there.headers["location"]

    def test_an_invitation_makes_an_account_without_a_password(
        self, door: TestClient, provider: IdentityProvider
    ):
        project_id, secret = invite(door)
        page = door.get(f"/invitations/{secret}").text

        back = sign_on(door, provider, f"/invitations/{secret}/oidc")

        assert f'href="/invitations/{secret}/oidc"' in page
        assert (back.status_code, back.headers["location"]) == (303, f"/projects/{project_id}")
        assert door.get("/api/v1/me").json()["name"] == ANN["name"]
        with database_of(door).reading() as session:
            ann = service.get_by_name(session, str(ANN["name"]))
            assert (ann.password_hash, ann.is_admin) == (None, False)
            assert session.get_one(Membership, (project_id, ann.id)).role == "annotator"
            actions = list(session.scalars(select(AuditEntry.action).where(AuditEntry.user_id == ann.id)))
        assert {"invitation.used", "identity.linked", "person.signed_in"} <= set(actions)

    def test_who_was_let_in_once_comes_back_without_an_invitation_under_any_address(
        self, door: TestClient, provider: IdentityProvider
    ):
        sign_on(door, provider, f"/invitations/{invite(door)[1]}/oidc")
        door.cookies.clear()
        provider.person |= {"email": "married@example.org", "email_verified": False, "name": "Other"}

        back = sign_on(door, provider, "/sign-in/oidc?next=/account")

        assert (back.status_code, back.headers["location"]) == (303, "/account")
        assert door.get("/api/v1/me").json()["name"] == ANN["name"]
        assert people(door) == ["root", ANN["name"]]

    def test_an_invitation_to_a_second_project_joins_the_same_person(
        self, door: TestClient, provider: IdentityProvider
    ):
        sign_on(door, provider, f"/invitations/{invite(door)[1]}/oidc")
        second, secret = invite(door, Role.REVIEWER)

        back = sign_on(door, provider, f"/invitations/{secret}/oidc")

        assert back.headers["location"] == f"/projects/{second}"
        assert people(door) == ["root", ANN["name"]]

    @pytest.mark.usefixtures("sqlite_url")
    def test_the_first_administrator_may_come_by_the_provider(
        self, with_provider: Settings, provider: IdentityProvider
    ):
        with TestClient(create_app(with_provider), base_url=ORIGIN, follow_redirects=False) as client:
            at(client, later(1))
            with database_of(client).unit_of_work() as session:
                secret = invitations.invite_first(session, now=NOW)
            sign_on(client, provider, f"/invitations/{secret}/oidc")

            assert client.get("/api/v1/users").status_code == 200
            with database_of(client).unit_of_work() as session, pytest.raises(invitations.AlreadySetUp):
                invitations.invite_first(session, now=NOW)

    def test_a_new_key_of_the_provider_is_learnt(self, door: TestClient, provider: IdentityProvider):
        start = f"/invitations/{invite(door)[1]}/oidc"
        sign_on(door, provider, start)
        provider.change_key()

        assert sign_on(door, provider).status_code == 303

    def test_without_a_provider_there_is_none(self, client: TestClient):
        for path in ("/sign-in/oidc", CALLBACK):
            answer = client.get(path, follow_redirects=False)
            assert (answer.status_code, answer.json()["code"]) == (404, "sign_on_off")
        assert "Continue with" not in client.get("/sign-in").text


class TestWhoMayComeIn:
    def refused(self, client: TestClient, provider: IdentityProvider, start: str = "/sign-in/oidc") -> Any:
        before = people(client)
        back = sign_on(client, provider, start)
        assert SESSION_COOKIE not in client.cookies
        assert FLOW_COOKIE not in client.cookies
        assert (people(client), sessions_begun(client)) == (before, 0)
        return back

    def test_nobody_without_an_invitation(self, door: TestClient, provider: IdentityProvider):
        back = self.refused(door, provider)

        assert back.status_code == 403
        assert "ann@example.org has no account here" in back.text
        with database_of(door).reading() as session:
            last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert (last.action, last.detail["code"]) == ("person.sign_in_failed", "not_invited")

    @pytest.mark.parametrize(
        "said",
        [{"email_verified": False}, {"email_verified": None}, {"email_verified": "true"}, {"email": None}],
    )
    def test_nobody_whose_address_is_not_verified(
        self, door: TestClient, provider: IdentityProvider, said: dict[str, Any]
    ):
        provider.person |= said

        back = self.refused(door, provider, f"/invitations/{invite(door)[1]}/oidc")

        assert (back.status_code, "Verify it there first" in back.text) == (403, True)

    def test_a_password_account_of_the_same_name_or_address_is_never_taken(
        self, door: TestClient, provider: IdentityProvider
    ):
        with database_of(door).unit_of_work() as session:
            for name in (str(ANN["name"]), str(ANN["email"])):
                make_account(session, name)

        plain = self.refused(door, provider)
        invited = self.refused(door, provider, f"/invitations/{invite(door)[1]}/oidc")

        assert (plain.status_code, invited.status_code) == (403, 409)
        with database_of(door).reading() as session:
            assert session.scalars(select(Identity)).all() == []

    def test_an_account_that_an_administrator_opened_to_the_address_is_linked_once(
        self, door: TestClient, provider: IdentityProvider
    ):
        with database_of(door).unit_of_work() as session:
            user = make_account(session, "ann")
            identities.allow(session, user, issuer=provider.issuer, email="Ann@Example.org", by=None, now=NOW)

        mine = sign_on(door, provider)
        door.cookies.clear()
        provider.person |= {"sub": "somebody else who was given the address"}
        other = sign_on(door, provider)

        assert (mine.status_code, other.status_code) == (303, 403)
        assert SESSION_COOKIE not in door.cookies

    def test_an_opened_account_needs_the_verified_address(self, door: TestClient, provider: IdentityProvider):
        with database_of(door).unit_of_work() as session:
            user = make_account(session, "ann")
            identities.allow(session, user, issuer=provider.issuer, email=ANN["email"], by=None, now=NOW)
        provider.person |= {"email_verified": False}

        assert self.refused(door, provider).status_code == 403

    def test_nobody_whose_account_is_closed(self, door: TestClient, provider: IdentityProvider):
        sign_on(door, provider, f"/invitations/{invite(door)[1]}/oidc")
        with database_of(door).unit_of_work() as session:
            service.disable(session, service.get_by_name(session, str(ANN["name"])), by=None, now=NOW)

        back = sign_on(door, provider)

        assert (back.status_code, "closed" in back.text) == (403, True)
        assert door.get("/api/v1/me").status_code == 401

    def test_an_invitation_works_once_here_too(self, door: TestClient, provider: IdentityProvider):
        _, secret = invite(door)
        there = door.get(f"/invitations/{secret}/oidc").headers["location"]
        back = provider.visit(there)
        with database_of(door).unit_of_work() as session:
            root = service.get_by_name(session, "root")
            invitations.accept_as(session, secret, root, now=NOW)

        late = door.get(back)

        assert (late.status_code, people(door)) == (410, ["root"])
        assert door.get(f"/invitations/{secret}/oidc").status_code == 410
