"""Accounts from the machine itself."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from typer.testing import CliRunner

from app import cli
from app.access import Role
from app.db import Database, utc_now
from app.settings import Settings, get_settings
from app.users import members, passwords, service, sessions, tokens
from tests.factories import make_project

Run = Callable[..., Any]
PASSWORD = "correct horse battery"


@pytest.fixture
def run(settings: Settings, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command on the database of this test."""
    monkeypatch.setenv("EQUIMARK_HOME_DIR", str(settings.home_dir))
    get_settings.cache_clear()
    yield lambda *arguments, said=None: CliRunner().invoke(cli.cli, arguments, input=said)
    get_settings.cache_clear()


def test_a_person_is_added_and_listed(run: Run, database: Database) -> None:
    added = run("user", "add", "ann", "--admin", "--password-stdin", said=f"{PASSWORD}\n")
    listed = run("user", "list", "--json")

    assert added.exit_code == 0, added.output
    assert json.loads(listed.stdout) == [
        {"id": 1, "name": "ann", "admin": True, "signs_in": True, "email": ""}
    ]
    with database.reading() as session:
        assert passwords.is_right(PASSWORD, service.get_by_name(session, "ann").password_hash)


def test_an_account_is_opened_to_an_address_of_the_identity_provider(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("user", "add", "ann", "--password-stdin", said=f"{PASSWORD}\n")
    without = run("user", "email", "ann", "ann@example.org")
    monkeypatch.setenv("EQUIMARK_OIDC_ISSUER", "https://id.example.org")
    get_settings.cache_clear()
    opened = run("user", "email", "ann", "Ann@Example.org")
    twice = run("user", "email", "ann", "ann@example.org")

    assert (without.exit_code == 0, opened.exit_code, twice.exit_code == 0) == (False, 0, False), (
        opened.output
    )
    (row,) = json.loads(run("user", "list", "--json").stdout)
    assert row["email"] == "ann@example.org"


def test_a_password_is_asked_for_twice(run: Run) -> None:
    differing = run("user", "add", "ann", said=f"{PASSWORD}\nsomething else\n")
    same = run("user", "add", "ann", said=f"{PASSWORD}\n{PASSWORD}\n")

    assert differing.exit_code != 0
    assert same.exit_code == 0
    assert PASSWORD not in same.output


def test_the_local_owner_gets_a_password_and_keeps_the_projects(run: Run, database: Database) -> None:
    with database.unit_of_work() as session:
        owner = service.ensure_local_owner(session, now=utc_now())
        project = make_project(session, by=owner)

    done = run("user", "password", "owner", "--password-stdin", said=f"{PASSWORD}\n")

    assert done.exit_code == 0, done.output
    with database.reading() as session:
        assert passwords.is_right(PASSWORD, service.get_by_name(session, "owner").password_hash)
        assert members.find_role(session, project_id=project.id, user_id=owner.id) is Role.OWNER


def test_whoever_is_disabled_is_out(run: Run, database: Database) -> None:
    run("user", "add", "ann", "--password-stdin", said=f"{PASSWORD}\n")
    with database.unit_of_work() as session:
        ann = service.get_by_name(session, "ann")
        secret = sessions.begin(session, ann, address="", browser="", lasts=timedelta(days=1), now=utc_now())

    done = run("user", "disable", "ann")

    assert done.exit_code == 0, done.output
    with database.reading() as session:
        assert sessions.find(session, secret, idle=timedelta(days=1), now=utc_now()) is None


def test_roles_and_tokens_are_given(run: Run, database: Database) -> None:
    run("user", "add", "ann", "--password-stdin", said=f"{PASSWORD}\n")
    with database.unit_of_work() as session:
        project = make_project(session, name="mice")

    role = run("user", "role", "ann", "annotator", "--project", "mice")
    made = run("token", "create", "ann", "--name", "script", "--scope", "see", "--project", "mice", "--json")

    assert role.exit_code == 0, role.output
    with database.reading() as session:
        ann = service.get_by_name(session, "ann")
        assert members.find_role(session, project_id=project.id, user_id=ann.id) is Role.ANNOTATOR
        known = tokens.find(session, json.loads(made.stdout)["secret"], now=utc_now())
    assert known is not None
    assert (known[0].scopes, known[0].project_id, known[1].name) == (["see"], project.id, "ann")


def test_case_092_the_link_of_the_first_account_is_printed_until_there_is_one(run: Run) -> None:
    before = run("user", "first")
    run("user", "add", "ann", "--password-stdin", said=f"{PASSWORD}\n")
    after = run("user", "first")

    assert "/invitations/" in before.stdout
    assert after.exit_code == 1
    assert type(after.exception).__name__ == "AlreadySetUp"
