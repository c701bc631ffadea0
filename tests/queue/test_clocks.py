"""Web services whose clocks differ: who holds an image is decided by the clock of the database alone."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from app import db
from app.db import Database, utc_now
from app.main import create_app
from app.queue import service as queue
from app.settings import Settings
from tests.factories import make_image, make_project


@pytest.fixture(params=[-1, 1], ids=["a day behind", "a day ahead"])
def apart(request: pytest.FixtureRequest, settings: Settings, any_url: str) -> Iterator[TestClient]:
    """Another web service on the same database."""
    given = settings.model_copy(update={"database_url": any_url})
    with TestClient(create_app(given), base_url="http://127.0.0.1") as client:
        wrong = timedelta(days=request.param)
        client.app.state.equimark.clock = lambda: utc_now() + wrong  # type: ignore[attr-defined]
        yield client


def test_case_022_web_services_with_other_clocks_agree_who_holds_an_image(
    any_client: TestClient, apart: TestClient, any_database: Database
) -> None:
    with any_database.unit_of_work() as session:
        project = make_project(session)
        images = [make_image(session, project).id for _ in range(2)]
        queue.open_asks(session, project=project, image_ids=images)

    given = [
        client.post(f"/api/v1/projects/{project.id}/asks/next", json={})
        for client in (any_client, apart, any_client, apart)
    ]

    assert [each.status_code for each in given] == [200, 200, 204, 204]
    ends = [datetime.fromisoformat(each.json()["expires_at"]) for each in given[:2]]
    assert abs(ends[1] - ends[0]) < timedelta(minutes=5)


def test_case_022_the_time_of_leases_is_postgresqls_own(
    postgres_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = utc_now()
    monkeypatch.setattr(db, "utc_now", lambda: real + timedelta(days=1))

    with postgres_database.reading() as session:
        now = db.database_now(session)

    assert abs(now - real) < timedelta(minutes=5)
