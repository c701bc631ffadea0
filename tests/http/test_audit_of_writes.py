"""Every write that succeeds leaves an entry in the audit, or is excused here with a reason."""

import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.access import Permission, Role
from app.annotations import notes
from app.annotations.schemas import NoteText
from app.audit import AuditEntry
from app.db import Database
from app.users import invitations, members, tokens
from app.users.tables import SignIn, User
from tests.accounts import LASTS, ORIGIN, PASSWORD, cookie_of, make_account
from tests.authorisation_cases import NEEDS
from tests.factories import FACE, NOW, attribute_body, jpeg_bytes, landmarks_body, make_project
from tests.http.conftest import World, _lease, _things

IS_A_RECORD = "leases are kept for ever and say who was shown what, when, and how it ended"
EXCUSED = {
    ("POST", "/api/v1/asks/release"): IS_A_RECORD,
    ("POST", "/api/v1/asks/renew"): IS_A_RECORD,
    ("POST", "/api/v1/asks/{lease_id}/release"): IS_A_RECORD,
    ("POST", "/api/v1/asks/{lease_id}/renew"): IS_A_RECORD,
    ("POST", "/api/v1/projects/{project_id}/asks/next"): IS_A_RECORD,
    ("POST", "/api/v1/projects/{project_id}/grid"): IS_A_RECORD,
    ("POST", "/api/v1/projects/{project_id}/predict"): "it stores nothing",
    ("POST", "/language"): "it stores nothing but a cookie",
}
MEMBER, PEOPLE = "/api/v1/projects/{project_id}/members/{user_id}", "/projects/{project_id}/people"
INVITATIONS = "/api/v1/projects/{project_id}/invitations"
UPLOAD = {"files": {"files": ("a.jpg", jpeg_bytes(seed=77))}}
TOKEN = {"name": "script", "scopes": ["see"]}
ACCOUNT = {"name": "somebody new", "password": PASSWORD}
NEW_PASSWORD = {"current": PASSWORD, "password": "another long sentence"}
WRITES: Mapping[tuple[str, str], dict[str, Any]] = {
    ("POST", "/account/password"): {"data": NEW_PASSWORD},
    ("POST", "/account/sessions/{sign_in_id}/end"): {},
    ("POST", "/account/tokens"): {"data": TOKEN},
    ("POST", "/account/tokens/{token_id}/revoke"): {},
    ("POST", "/api/v1/asks/{lease_id}/skip"): {"json": {}},
    ("DELETE", "/api/v1/images/{image_id}"): {},
    ("PUT", "/api/v1/images/{image_id}/attributes/{name}"): {"json": attribute_body()},
    ("PUT", "/api/v1/images/{image_id}/landmarks"): {"json": landmarks_body()},
    ("PUT", "/api/v1/images/{image_id}/notes/{note_id}"): {"json": {"text": "blurred"}},
    ("POST", "/api/v1/networks/{network_id}/promote"): {},
    ("POST", "/api/v1/projects"): {"json": {"name": "another", "schema": FACE}},
    ("PATCH", "/api/v1/projects/{project_id}"): {"json": {"name": "renamed"}},
    ("POST", "/api/v1/projects/{project_id}/exports"): {"json": {"format": "coco"}},
    ("POST", "/api/v1/projects/{project_id}/images"): UPLOAD,
    ("POST", "/api/v1/projects/{project_id}/imports"): {
        "files": {"archive": ("a.zip", b"PK\5\6" + bytes(18))}
    },
    ("POST", INVITATIONS): {"json": {"role": "viewer"}},
    ("DELETE", INVITATIONS + "/{invitation_id}"): {},
    ("DELETE", MEMBER): {},
    ("PUT", MEMBER): {"json": {"role": "reviewer"}},
    ("POST", "/api/v1/projects/{project_id}/runs"): {},
    ("POST", "/api/v1/runs/{run_id}/cancel"): {},
    ("POST", "/api/v1/tokens"): {"json": TOKEN},
    ("DELETE", "/api/v1/tokens/{token_id}"): {},
    ("POST", "/invitations/{secret}"): {"data": ACCOUNT},
    ("POST", "/invitations/{secret}/join"): {},
    ("POST", "/projects/{project_id}/images"): UPLOAD,
    ("POST", "/projects/{project_id}/images/{image_id}/ask"): {"data": {"kind": "pose"}},
    ("POST", "/projects/{project_id}/images/{image_id}/notes/{note_id}/settle"): {},
    ("POST", PEOPLE + "/invitations/{invitation_id}/revoke"): {},
    ("POST", PEOPLE + "/invite"): {"data": {"role": "viewer"}},
    ("POST", PEOPLE + "/{user_id}/remove"): {},
    ("POST", PEOPLE + "/{user_id}/role"): {"data": {"role": "reviewer"}},
    ("POST", "/projects/{project_id}/time"): {"data": {"control_percent": "5"}},
    ("POST", "/sign-in"): {"data": {"password": PASSWORD}},
    ("POST", "/sign-out"): {},
}


@pytest.fixture
def database(world: World) -> Database:
    made: Database = world.client.app.state.equimark.database  # type: ignore[attr-defined]
    return made


def test_every_write_is_tried_or_excused() -> None:
    writes = {each for each in NEEDS if each[0] != "GET"}

    assert writes == WRITES.keys() | EXCUSED.keys()
    assert WRITES.keys() & EXCUSED.keys() == set()


@pytest.mark.parametrize(("method", "path"), WRITES, ids=lambda part: part)
def test_every_write_that_succeeds_is_in_the_audit(
    world: World, database: Database, method: str, path: str
) -> None:
    with database.unit_of_work() as session:
        values, headers = _made(session, path)
    if "run" in path:
        _label(world, values, headers)
    if "cancel" in path:
        asked = world.client.post(f"/api/v1/projects/{values['project_id']}/runs", headers=headers)
        values["run_id"] = asked.json()["id"]
    before = _entries(database)

    given = WRITES[method, path]
    if path == "/sign-in":
        given = {"data": {**given["data"], "name": values["name_of_person"]}}
    answer = world.client.request(method, path.format(**values), headers=headers, **given)

    assert answer.status_code < 400, answer.text
    assert _entries(database) > before


def _entries(database: Database) -> int:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(AuditEntry)) or 0


def _made(session: Session, path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """A project of its own with one of everything that a path may name, and headers of an administrator."""
    by = make_account(session, f"person {uuid.uuid4().hex[:12]}", is_admin=True)
    spare = make_account(session, f"spare {uuid.uuid4().hex[:12]}")
    project = make_project(session, by=by)
    values: dict[str, Any] = _things(session, project, by)
    as_owner: dict[str, Any] = {"project_id": project.id, "by": by.id, "as_role": Role.OWNER, "now": NOW}
    members.put(session, user_id=by.id, role=Role.OWNER, **as_owner)
    invited, secret = invitations.invite(session, role=Role.VIEWER, note="", **as_owner)
    if "secret" not in path:
        members.put(session, user_id=spare.id, role=Role.VIEWER, **as_owner)
    token, _ = tokens.make(
        session, by.id, name="old", scopes={Permission.SEE}, project_id=None, lasts=LASTS, now=NOW
    )
    flag = notes.add(
        session,
        image_id=values["image_id"],
        note_id=uuid.uuid4(),
        said=NoteText(is_flagged=True),
        by=by.id,
        now=NOW,
    )
    cookie_of(session, by)
    other = session.scalars(select(SignIn.id).where(SignIn.user_id == by.id)).one()
    values |= {
        "lease_id": _lease(session, project, values["image_id"], by),
        "name": "pose",
        "name_of_person": by.name,
        "note_id": flag.id if "settle" in path else uuid.uuid4(),
        "user_id": spare.id,
        "token_id": token.id,
        "invitation_id": invited.id,
        "secret": secret,
        "sign_in_id": other,
    }
    return values, _headers(session, path, by=by, spare=spare)


def _headers(session: Session, path: str, *, by: User, spare: User) -> dict[str, str]:
    if path in {"/sign-in", "/invitations/{secret}"}:
        return {"Origin": ORIGIN}
    return cookie_of(session, spare if "join" in path else by)


def _label(world: World, values: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    """A run needs something to learn from."""
    path = f"/api/v1/images/{values['image_id']}/landmarks"
    world.client.put(path, json=landmarks_body(), headers=headers).raise_for_status()
