"""Signing in and out, invitations and the account page, by HTTP on both databases."""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from starlette.testclient import TestClient

from app.access import Role
from app.audit import AuditEntry
from app.db import Database
from app.http.local_path import local_path
from app.main import create_app
from app.settings import Settings
from app.users import passwords
from app.users.tables import SignIn, User
from tests.accounts import ORIGIN, PASSWORD, at, cookie_of, make_account, make_member
from tests.factories import NOW, later, make_project

HTML = {"Accept": "text/html", "Origin": ORIGIN}
Make = Callable[..., TestClient]


@pytest.fixture
def door(settings: Settings, any_url: str) -> Iterator[TestClient]:
    """A client of a service with accounts, in which ann is a person."""
    wanted = settings.model_copy(update={"database_url": any_url, "accounts": "required"})
    with TestClient(create_app(wanted), base_url=ORIGIN, follow_redirects=False) as client:
        at(client, later(1))
        with _database(client).unit_of_work() as session:
            make_account(session, "ann")
        yield client


def _database(client: TestClient) -> Database:
    database: Database = client.app.state.equimark.database  # type: ignore[attr-defined]
    return database


def _sign_in(client: TestClient, name: str = "ann", password: str = PASSWORD, **form: str) -> Any:
    return client.post("/sign-in", data={"name": name, "password": password, **form}, headers=HTML)


def _audited(client: TestClient) -> list[str]:
    with _database(client).reading() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


class TestSigningIn:
    def test_the_right_password_opens_the_door_until_sign_out(self, door: TestClient) -> None:
        answer = _sign_in(door, next="/account")
        inside = door.get("/account")
        out = door.post("/sign-out", headers=HTML)

        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        assert (inside.status_code, "ann" in inside.text) == (200, True)
        assert out.status_code == 303
        assert door.get("/api/v1/me").status_code == 401
        assert _audited(door) == ["person.added", "person.signed_in", "person.signed_out"]

    def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self, door: TestClient) -> None:
        cookie = _sign_in(door).headers["set-cookie"]

        assert re.fullmatch(r"equimark=[\w-]{43}; HttpOnly; Max-Age=2592000; Path=/; SameSite=lax", cookie), (
            cookie
        )

    @pytest.mark.usefixtures("sqlite_url")
    def test_behind_tls_the_cookie_belongs_to_this_host_alone(self, settings: Settings) -> None:
        wanted = settings.model_copy(
            update={"accounts": "required", "public_url": "https://labels.example.org"}
        )
        with TestClient(create_app(wanted), base_url="https://labels.example.org") as client:
            at(client, later(1))
            with _database(client).unit_of_work() as session:
                make_account(session, "ann")
            form = {"name": "ann", "password": PASSWORD}
            answer = client.post(
                "/sign-in",
                data=form,
                headers={"Origin": "https://labels.example.org"},
                follow_redirects=False,
            )

        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-equimark=")
        assert "; Secure" in cookie
        assert "domain" not in cookie.lower()
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")

    def test_a_name_is_the_same_however_a_keyboard_composes_it(self, door: TestClient) -> None:
        with _database(door).unit_of_work() as session:
            make_account(session, "J\u00fcrg")

        assert _sign_in(door, " Ju\u0308rg ").status_code == 303

    def test_without_accounts_there_is_nothing_to_sign_in_to(self, client: TestClient) -> None:
        answer = client.get("/sign-in", params={"next": "/projects/1"}, follow_redirects=False)

        assert (answer.status_code, answer.headers["location"]) == (303, "/projects/1")
        assert client.get("/account").json()["code"] == "accounts_off"

    def test_without_tls_nothing_is_said_of_it(self, door: TestClient) -> None:
        assert "strict-transport-security" not in door.get("/sign-in").headers

    @pytest.mark.parametrize(
        ("name", "password"), [("ann", "wrong password"), ("nobody", PASSWORD), ("", ""), ("ann", "x" * 900)]
    )
    def test_case_084_what_was_wrong_is_not_said(self, door: TestClient, name: str, password: str) -> None:
        answer = _sign_in(door, name, password)

        assert answer.status_code == 401
        assert "The name or the password is wrong." in answer.text
        assert "set-cookie" not in answer.headers
        assert _audited(door)[-1] == "person.sign_in_failed"

    def test_what_was_typed_as_a_name_is_not_kept(self, door: TestClient) -> None:
        _sign_in(door, "my secret, by mistake", "ann")

        with _database(door).reading() as session:
            written = [f"{row.subject} {row.detail}" for row in session.scalars(select(AuditEntry))]
        assert not [row for row in written if "mistake" in row]

    def test_case_084_guessing_ends_with_a_time_to_wait(self, door: TestClient) -> None:
        for _ in range(5):
            assert _sign_in(door, password="wrong password").status_code == 401

        answer = _sign_in(door)

        assert answer.status_code == 429
        assert answer.headers["retry-after"] == "900"
        at(door, later(902))
        assert _sign_in(door).status_code == 303

    def test_case_084_it_takes_as_long_for_nobody_as_for_somebody(self) -> None:
        quick = passwords.hasher
        passwords.hasher = PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1)
        try:
            hashed = passwords.hash_password(PASSWORD, name="ann")
            seconds: dict[bool, list[float]] = {True: [], False: []}
            for number in range(40):
                started = time.perf_counter()
                passwords.is_right("wrong password", hashed if number % 2 else None)
                seconds[bool(number % 2)].append(time.perf_counter() - started)
        finally:
            passwords.hasher = quick

        assert 0.5 < statistics.median(seconds[True][1:]) / statistics.median(seconds[False][1:]) < 2

    def test_a_disabled_person_stays_out(self, door: TestClient) -> None:
        with _database(door).unit_of_work() as session:
            session.scalars(select(User)).one().disabled_at = NOW

        assert _sign_in(door).status_code == 401

    def test_a_used_session_lives_on_and_is_written_seldom(self, door: TestClient) -> None:
        _sign_in(door)
        seen = []
        for seconds in (60, 400, 500, 800):
            at(door, later(seconds))
            assert door.get("/api/v1/me").status_code == 200
            with _database(door).reading() as session:
                seen.append(session.scalars(select(SignIn)).one().seen_at)

        assert seen == [later(1), later(400), later(400), later(800)]

    def test_a_session_ends_by_disuse(self, door: TestClient) -> None:
        _sign_in(door)
        at(door, NOW + timedelta(hours=72, seconds=2))

        assert door.get("/api/v1/me").json()["code"] == "sign_in_needed"


LEADS_AWAY = (
    "//evil.org", "/\\evil.org", "\\\\evil.org", "https:evil.org", "https://evil.org", "javascript:alert(1)",
    "/\tevil.org", "/\n/evil.org", "/%0d%0aSet-Cookie:x", "//evil.org/%2e%2e", "", "evil.org", "/ü",
    "///evil.org",
)  # fmt: skip


class TestTheWayBack:
    @pytest.mark.parametrize("path", LEADS_AWAY)
    def test_case_089_it_never_leads_away(self, door: TestClient, path: str) -> None:
        answer = _sign_in(door, next=path)

        location = answer.headers["location"]
        assert location == "/" or (location == path and path.startswith("/%0d"))
        assert "set-cookie: x" not in str(answer.headers).lower()

    @pytest.mark.parametrize("path", ["/", "/projects/3/label?mode=pose&x=1#top", "/a//b", "/%2F%2Fevil.org"])
    def test_a_path_of_our_own_is_kept(self, path: str) -> None:
        assert local_path(path) == path

    def test_the_form_carries_it_unharmed(self, door: TestClient) -> None:
        page = door.get("/sign-in", params={"next": '/x?q="><script>alert(1)</script>'})

        assert "<script>alert" not in page.text


class TestOtherSites:
    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Origin": "null"},
            {"Origin": "https://evil.org"},
            {"Origin": "http://127.0.0.1.evil.org"},
            {"Origin": "http://127.0.0.1:81"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Authorization": "Basic YTpi"},
        ],
    )
    def test_case_086_a_write_with_a_cookie_says_where_it_comes_from(
        self, door: TestClient, headers: dict[str, str]
    ) -> None:
        with _database(door).unit_of_work() as session:
            cookie = cookie_of(session, session.scalars(select(User)).one())["Cookie"]

        answer = door.post("/sign-out", headers={"Cookie": cookie, **headers})

        assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
        assert door.get("/api/v1/me", headers={"Cookie": cookie}).status_code == 200

    def test_nobody_is_signed_in_by_another_site(self, door: TestClient) -> None:
        form = {"name": "ann", "password": PASSWORD}

        answer = door.post("/sign-in", data=form, headers={"Origin": "https://evil.org"})

        assert answer.json()["code"] == "csrf_failed"

    def test_no_page_runs_what_is_not_ours(self, door: TestClient) -> None:
        policy = door.get("/sign-in").headers["content-security-policy"]

        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy


class TestInvitations:
    def test_a_link_leads_to_an_account_and_a_project(self, door: TestClient) -> None:
        link, project_id = _invited(door)

        page = door.get(link)
        form = {"name": "bob", "password": PASSWORD}
        made = door.post(link, data=form, headers=HTML)

        assert "annotator" in page.text
        assert (made.status_code, made.headers["location"]) == (303, f"/projects/{project_id}")
        assert door.get(f"/projects/{project_id}/label").status_code == 200
        assert door.get(f"/projects/{project_id}/people").status_code == 403
        assert door.get(link).status_code == 410

    def test_a_person_who_has_an_account_joins_with_it(self, door: TestClient) -> None:
        link, project_id = _invited(door)
        with _database(door).unit_of_work() as session:
            make_account(session, "bob")
        refused = door.get(f"{link}/join", headers=HTML)
        _sign_in(door, "bob", next=f"{link}/join")

        joined = door.post(f"{link}/join", headers=HTML)

        assert refused.headers["location"].startswith("/sign-in?next=%2Finvitations")
        assert joined.headers["location"] == f"/projects/{project_id}"
        assert door.get(f"/projects/{project_id}").status_code == 200

    @pytest.mark.parametrize(
        ("name", "password", "words"),
        [("ann", PASSWORD, "called ann already"), ("bob", "short", "10 to"), ("", PASSWORD, "1 to 64")],
    )
    def test_what_is_refused_is_said_and_the_link_still_works(
        self, door: TestClient, name: str, password: str, words: str
    ) -> None:
        link, _ = _invited(door)

        answer = door.post(link, data={"name": name, "password": password}, headers=HTML)

        assert answer.status_code in {409, 422}
        assert words in answer.text
        assert door.get(link).status_code == 200

    def test_a_forged_link_is_nothing(self, door: TestClient) -> None:
        assert door.get("/invitations/" + "A" * 43, headers=HTML).status_code == 404


def _invited(client: TestClient) -> tuple[str, int]:
    """Path of a link to be annotator of a project of ann's."""
    with _database(client).unit_of_work() as session:
        ann = session.scalars(select(User)).one()
        project, headers = make_project(session, by=ann), cookie_of(session, ann)
    made = client.post(
        f"/api/v1/projects/{project.id}/invitations", json={"role": "annotator"}, headers=headers
    )
    return made.json()["url"].removeprefix(ORIGIN), project.id


class TestMyAccount:
    def test_a_token_is_shown_once_and_works_until_it_is_revoked(self, door: TestClient) -> None:
        _sign_in(door)
        form = {"name": "script", "scopes": ["see"], "days": "30"}
        page = door.post("/account/tokens", data=form, headers=HTML)
        secret = re.search(r"eqm_[\w-]{43}", page.text)
        assert secret is not None
        bearer = {"Authorization": f"Bearer {secret.group()}"}
        before = door.get("/api/v1/me", headers=bearer)
        again = door.get("/account")

        door.post("/account/tokens/1/revoke", headers=HTML)

        assert before.json()["scopes"] == ["see"]
        assert secret.group() not in again.text
        assert door.get("/api/v1/me", headers=bearer).status_code == 401

    def test_a_token_for_a_project_that_one_does_not_see_is_refused(self, door: TestClient) -> None:
        _sign_in(door)
        with _database(door).unit_of_work() as session:
            project_id = make_project(session).id
        body = {"name": "x", "scopes": ["see"], "project_id": project_id}

        answer = door.post("/api/v1/tokens", json=body, headers=HTML)

        assert answer.json()["code"] == "project_not_found"

    def test_the_password_is_changed_with_the_current_one_and_others_are_out(self, door: TestClient) -> None:
        with _database(door).unit_of_work() as session:
            other = cookie_of(session, session.scalars(select(User)).one())
        _sign_in(door)
        form = {"current": PASSWORD, "password": "a new one, quite long"}

        wrong = door.post("/account/password", data=form | {"current": "wrong"}, headers=HTML)
        weak = door.post("/account/password", data=form | {"password": "short"}, headers=HTML)
        right = door.post("/account/password", data=form, headers=HTML)

        assert (wrong.status_code, weak.status_code, right.status_code) == (401, 422, 200)
        assert door.get("/api/v1/me").status_code == 200
        door.cookies.clear()
        assert door.get("/api/v1/me", headers=other).status_code == 401
        assert _sign_in(door).status_code == 401
        assert _sign_in(door, password="a new one, quite long").status_code == 303

    def test_another_browser_is_signed_out_from_here(self, door: TestClient) -> None:
        with _database(door).unit_of_work() as session:
            other = cookie_of(session, session.scalars(select(User)).one())
        _sign_in(door)

        answer = door.post("/account/sessions/1/end", headers=HTML)

        assert answer.status_code == 303
        door.cookies.clear()
        assert door.get("/api/v1/me", headers=other).status_code == 401


class TestPeopleAndAudit:
    def test_roles_are_changed_on_the_page_and_written_down(self, door: TestClient) -> None:
        with _database(door).unit_of_work() as session:
            ann = session.scalars(select(User)).one()
            project, bob = make_project(session, by=ann), make_account(session, "bob")
            make_member(session, project, bob, Role.VIEWER)
        _sign_in(door)
        here = f"/projects/{project.id}/people"

        changed = door.post(f"{here}/{bob.id}/role", data={"role": "reviewer"}, headers=HTML)
        last = door.post(f"{here}/{ann.id}/remove", headers=HTML)
        removed = door.post(f"{here}/{bob.id}/remove", headers=HTML)
        invited = door.post(f"{here}/invite", data={"role": "viewer", "note": "Eve"}, headers=HTML)
        page, audit = door.get(here), door.get(f"/projects/{project.id}/audit")
        rest = door.get(f"/api/v1/projects/{project.id}/audit", params={"limit": 2}).json()
        older = door.get(
            f"/api/v1/projects/{project.id}/audit", params={"limit": 2, "cursor": rest["cursor"]}
        ).json()

        assert [each.status_code for each in (changed, last, removed, invited)] == [303, 409, 303, 200]
        assert "last owner" in last.text
        assert re.search(ORIGIN + r"/invitations/[\w-]{43}", invited.text)
        assert "Eve" in page.text
        assert [each["action"] for each in rest["items"] + older["items"]] == [
            "invitation.made",
            "member.removed",
            "member.role_changed",
            "member.added",
        ]
        assert rest["items"][0]["by"] == "ann"
        assert "role reviewer, before viewer" in audit.text
