"""Reading changes nothing, and a stream of events ends so that its reader is asked for again."""

import hashlib

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from app.db import Base, Database
from app.http import live
from tests.authorisation_cases import NEEDS
from tests.factories import make_project
from tests.http.conftest import World

NO_ID = 10**9


def _digest(database: Database) -> str:
    with database.reading() as session:
        rows = [
            str(session.execute(select(table).order_by(*table.primary_key.columns)).all())
            for table in Base.metadata.sorted_tables
        ]
    return hashlib.sha256("".join(rows).encode()).hexdigest()


@pytest.mark.parametrize("caller", ["owner", "token of owner", "stranger", "nobody"])
def test_case_086_no_get_changes_anything(world: World, caller: str) -> None:
    database: Database = world.client.app.state.equimark.database  # type: ignore[attr-defined]
    values = {"lease_id": world.leases["owner"], "name": "pose", "secret": "A" * 43, **world.ids}
    world.client.get("/api/v1/me", headers=world.callers[caller])  # a token's first use is written down
    before = _digest(database)

    changed = []
    for method, path in NEEDS:
        if method == "GET":
            world.client.get(path.format(**values), headers=world.callers[caller])
            if _digest(database) != before:
                changed.append(path)

    assert changed == []


def test_a_stream_of_events_ends_so_that_the_gate_is_asked_again(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.unit_of_work() as session:
        project = make_project(session)
    monkeypatch.setattr(live, "LASTS_SECONDS", 0.0)

    answer = client.get(f"/api/v1/projects/{project.id}/events")

    assert answer.status_code == 200
    assert ": listening" in answer.text
