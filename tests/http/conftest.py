"""A service with accounts, two projects, and all kinds of callers."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from app.access import Permission, Role
from app.exchange.tables import Export, Import
from app.main import create_app
from app.predictions.tables import Network
from app.projects.tables import Project
from app.queue import service as queue
from app.queue.tables import Ask, Lease
from app.settings import Settings
from app.training.tables import Run, RunStatus
from app.users.tables import User
from tests.accounts import at, cookie_of, make_account, make_member, token_of
from tests.factories import NOW, later, make_image, make_project


@dataclass
class World:
    """Two projects, what is in the first, and all kinds of callers."""

    client: TestClient
    project_id: int = 0
    ids: dict[str, int] = field(default_factory=dict)
    callers: dict[str, dict[str, str]] = field(default_factory=dict)
    leases: dict[str, uuid.UUID] = field(default_factory=dict)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home = tmp_path_factory.mktemp("authorisation")
    settings = Settings(home_dir=home, database_url=_url(request, home), accounts="required")
    with TestClient(create_app(settings), base_url="http://127.0.0.1", follow_redirects=False) as client:
        at(client, later(60))
        client.app.state.equimark.is_stopping = True  # type: ignore[attr-defined]  # event streams end at once
        made = World(client)
        with client.app.state.equimark.database.unit_of_work() as session:
            _fill(session, made)
        yield made


def _url(request: pytest.FixtureRequest, home: Path) -> str:
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_sqlite")
        (home / "equimark.sqlite3").write_bytes(template.read_bytes())
        return ""
    server = request.getfixturevalue("postgres")
    url: str = server.create_database("authorisation", template="equimark_template")
    request.addfinalizer(lambda: server.drop_database("authorisation"))
    return url


def _fill(session: Session, made: World) -> None:
    admin, stranger = make_account(session, "ada", is_admin=True), make_account(session, "stranger")
    own, other = make_project(session), make_project(session, by=stranger)
    people = {role.value: make_member(session, own, make_account(session, role), role) for role in Role}
    spare = make_member(session, own, make_account(session, "spare"), Role.VIEWER)
    owner = people["owner"]
    made.project_id = own.id
    made.ids = _things(session, own, owner) | {"user_id": spare.id}
    for name, user in (people | {"admin": admin, "stranger": stranger}).items():
        made.callers[name] = cookie_of(session, user)
        made.leases[name] = _lease(session, own, made.ids["image_id"], user)
    for name in Role:
        made.callers[f"token of {name}"] = token_of(session, people[name])
        made.leases[f"token of {name}"] = made.leases[name]
    for scope in Permission:
        made.callers[f"token to {scope}"] = token_of(session, owner, scope)
        made.leases[f"token to {scope}"] = made.leases["owner"]
    make_member(session, other, owner, Role.OWNER)
    made.callers["token of another project"] = token_of(session, owner, project=other)
    made.callers["ended token"] = token_of(session, owner, lasts=timedelta(seconds=1))
    made.callers["ended session"] = cookie_of(session, owner, lasts=timedelta(seconds=1))
    made.callers["forged session"] = {"Cookie": "equimark=" + "A" * 43, "Origin": "http://127.0.0.1"}
    made.callers["bad token beside a good cookie"] = {
        **made.callers["owner"],
        "Authorization": "Bearer eqm_" + "A" * 43,
    }
    made.callers["nobody"] = {"Origin": "http://127.0.0.1"}


def _things(session: Session, project: Project, by: User) -> dict[str, int]:
    image = make_image(session, project)
    queue.open_asks(session, project=project, image_ids=[image.id])
    run = Run(
        project_id=project.id,
        number=1,
        status=RunStatus.SUCCEEDED,
        reason="test",
        requested_at=NOW,
        requested_by=by.id,
    )
    session.add(run)
    session.flush()
    network = Network(
        project_id=project.id,
        run_id=run.id,
        number=1,
        weights_sha256="0" * 64,
        onnx_sha256="0" * 64,
        schema_version=1,
        landmarks=["nose"],
        config={},
        scores={},
        created_at=NOW,
    )
    row = {"project_id": project.id, "status": "done", "created_by": by.id, "created_at": NOW}
    rows = {
        "network_id": network,
        "import_id": Import(**row, format="folder", source="somewhere"),
        "export_id": Export(**row, format="folder"),
    }
    session.add_all(rows.values())
    session.flush()
    ids = {name: each.id for name, each in rows.items()}
    return ids | {"project_id": project.id, "image_id": image.id, "run_id": run.id}


def _lease(session: Session, project: Project, image_id: int, user: User) -> uuid.UUID:
    ask = session.query(Ask).filter_by(image_id=image_id).first()
    assert ask is not None
    lease = Lease(
        id=uuid.uuid4(),
        project_id=project.id,
        ask_id=ask.id,
        image_id=image_id,
        kind=ask.kind,
        user_id=user.id,
        leased_at=NOW,
        expires_at=later(600),
        reason="",
        reason_code="new",
    )
    session.add(lease)
    session.flush()
    return lease.id
