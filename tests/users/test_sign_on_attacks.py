"""Forged answers, stolen codes and faulty identity providers let nobody in."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.audit import AuditEntry
from app.main import create_app
from app.settings import Settings
from app.sign_on import CALLBACK, Flow, SignOnMisconfigured, open_provider
from tests import identity_provider
from tests.accounts import ORIGIN, at, cookie_of, make_account
from tests.factories import later
from tests.identity_provider import CLIENT_ID, CLIENT_SECRET, IdentityProvider, Twist
from tests.users.sign_on import FLOW_COOKIE, database_of, invite, sessions_begun, sign_on

TWISTS: dict[str, Callable[[IdentityProvider], Twist]] = {
    "another issuer": lambda _: Twist(claims={"iss": "https://evil.example"}),
    "an issuer that is nearly ours": lambda at: Twist(claims={"iss": f"{at.issuer}/"}),
    "another audience": lambda _: Twist(claims={"aud": "another-client"}),
    "many audiences": lambda _: Twist(claims={"aud": [CLIENT_ID, "another-client"]}),
    "no audience": lambda _: Twist(claims={"aud": None}),
    "another party": lambda _: Twist(claims={"azp": "another-client"}),
    "another nonce": lambda _: Twist(claims={"nonce": "of another flow"}),
    "no nonce": lambda _: Twist(claims={"nonce": None}),
    "too old": lambda at: Twist(claims={"exp": int(at.now) - 61}),
    "no end": lambda _: Twist(claims={"exp": None}),
    "an end in words": lambda _: Twist(claims={"exp": "tomorrow"}),
    "of tomorrow": lambda at: Twist(claims={"iat": int(at.now) + 86_400}),
    "nobody": lambda _: Twist(claims={"sub": ""}),
    "a number": lambda _: Twist(claims={"sub": 7}),
    "a name that no database takes": lambda _: Twist(claims={"sub": "a\x00b"}),
    "another key": lambda _: Twist(key=identity_provider.new_key()),
    "no signature": lambda _: Twist(shared=b""),
    "our own secret as the key": lambda _: Twist(shared=CLIENT_SECRET.encode()),
    "the public key as the key": lambda at: Twist(shared=at.key.as_pem(private=False)),
}


@pytest.mark.parametrize("name", TWISTS)
def test_a_token_that_does_not_fit_lets_nobody_in(door: TestClient, provider: IdentityProvider, name: str):
    start = f"/invitations/{invite(door)[1]}/oidc"
    provider.twist = TWISTS[name](provider)

    back = sign_on(door, provider, start)
    provider.twist = Twist()
    honest = sign_on(door, provider, start)

    assert (back.status_code, "You were not signed in" in back.text) == (401, True)
    assert honest.status_code == 303


NESTED = base64.urlsafe_b64encode(b"[" * 3000 + b"]" * 3000).decode()


class TestAttacks:
    def test_an_answer_without_this_browser_s_flow_is_refused(
        self, door: TestClient, provider: IdentityProvider
    ):
        """Login CSRF: the attacker's code in the victim's browser."""
        code = provider.visit(door.get("/sign-in/oidc").headers["location"])
        door.cookies.clear()
        without = door.get(code)
        door.get("/sign-in/oidc")
        with_another = door.get(code)

        assert (without.status_code, with_another.status_code) == (401, 401)
        assert sessions_begun(door) == 0

    def test_a_code_works_once(self, door: TestClient, provider: IdentityProvider):
        there = door.get(f"/invitations/{invite(door)[1]}/oidc")
        flow = door.cookies[FLOW_COOKIE]
        back = provider.visit(there.headers["location"])
        door.get(back)
        door.cookies.clear()

        door.cookies.set(FLOW_COOKIE, flow)
        again = door.get(back)

        assert (again.status_code, sessions_begun(door)) == (401, 1)

    def test_a_caught_code_is_worth_nothing_in_another_flow(
        self, door: TestClient, provider: IdentityProvider
    ):
        """Code injection: the state is right, the verifier is not."""
        caught = parse_qs(urlsplit(provider.visit(door.get("/sign-in/oidc").headers["location"])).query)[
            "code"
        ]
        mine = parse_qs(urlsplit(door.get("/sign-in/oidc").headers["location"]).query)["state"]

        answer = door.get(CALLBACK, params={"code": caught[0], "state": mine[0]})

        assert (answer.status_code, sessions_begun(door)) == (401, 0)

    def test_an_answer_of_another_issuer_is_refused(self, door: TestClient, provider: IdentityProvider):
        back = provider.visit(door.get("/sign-in/oidc").headers["location"])

        assert door.get(f"{back}&iss=https%3A%2F%2Fevil.example").status_code == 401

    def test_what_the_provider_says_of_an_error_is_not_repeated(self, door: TestClient):
        state = parse_qs(urlsplit(door.get("/sign-in/oidc").headers["location"]).query)["state"][0]

        said = {"error": "access_denied", "error_description": "<b>call 555</b>", "state": state}
        answer = door.get(CALLBACK, params=said)

        assert answer.status_code == 401
        assert "555" not in answer.text

    @pytest.mark.parametrize("cookie", ["", "x", NESTED, "e30=", "W10=", "eyJzdGF0ZSI6MX0=", "\xff"])
    def test_a_cookie_that_is_no_flow_is_none(self, cookie: str):
        assert Flow.find(cookie) is None

    @pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example"])
    def test_case_089_the_way_back_stays_here(self, door: TestClient, provider: IdentityProvider, to: str):
        sign_on(door, provider, f"/invitations/{invite(door)[1]}/oidc")
        there = door.get("/sign-in/oidc", params={"next": to})

        back = door.get(provider.visit(there.headers["location"]))

        assert (back.status_code, back.headers["location"]) == (303, "/")

    def test_case_086_neither_way_changes_anything_for_who_only_opens_it(self, door: TestClient):
        with database_of(door).reading() as session:
            before = session.scalar(select(func.count()).select_from(AuditEntry))

        door.get("/sign-in/oidc")
        door.get(CALLBACK, params={"code": "x", "state": "y"})

        with database_of(door).reading() as session:
            assert session.scalar(select(func.count()).select_from(AuditEntry)) == before


class TestAProviderThatFails:
    @pytest.mark.parametrize(
        "told",
        [
            {"issuer": "https://evil.example"},
            {"token_endpoint": "http://evil.example/token"},
            {"jwks_uri": None},
        ],
        ids=["another issuer", "no TLS", "no keys"],
    )
    def test_an_unsound_description_is_said_to(
        self, door: TestClient, provider: IdentityProvider, told: dict[str, Any]
    ):
        provider.twist = Twist(description=told)

        answer = door.get("/sign-in/oidc")

        assert (answer.status_code, answer.json()["code"]) == (503, "sign_on_unavailable")

    @pytest.mark.usefixtures("sqlite_url")
    def test_a_provider_that_is_away_keeps_nobody_from_a_password(self, with_provider: Settings):
        away = with_provider.model_copy(update={"oidc_issuer": "http://127.0.0.1:1"})
        with TestClient(create_app(away), base_url=ORIGIN, follow_redirects=False) as client:
            at(client, later(1))
            with database_of(client).unit_of_work() as session:
                headers = cookie_of(session, make_account(session, "ann"), now=later(1))

            assert client.get("/sign-in/oidc").status_code == 503
            assert client.get("/sign-in").status_code == 200
            assert client.get("/api/v1/me", headers=headers).status_code == 200

    @pytest.mark.parametrize(
        ("changed", "word"),
        [
            ({"oidc_issuer": "http://id.example.org"}, "https"),
            ({"oidc_client_id": ""}, "CLIENT_ID"),
            ({"public_url": ""}, "PUBLIC_URL"),
            ({"accounts": "off"}, "accounts are off"),
        ],
    )
    def test_settings_that_do_not_fit_stop_the_start(
        self, with_provider: Settings, changed: dict[str, str], word: str
    ):
        with pytest.raises(SignOnMisconfigured, match=word):
            open_provider(with_provider.model_copy(update=changed))

    def test_the_secret_shows_nowhere(self, with_provider: Settings):
        assert CLIENT_SECRET not in repr(with_provider)
