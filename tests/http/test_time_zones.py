"""Wherever the server stands, times are stored and told in UTC."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from app.db import Database
from app.queue import service as queue
from app.storage import Storage
from tests.accounts import at
from tests.factories import jpeg_bytes, landmarks_body, make_image, make_project

ZONES = ["UTC", "Asia/Kolkata", "America/New_York", "Pacific/Apia"]
# New York puts its clocks back at 06:00 UTC of this day: 05:30 and 06:30 UTC have the same local time
BEFORE, AFTER = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_case_142_an_answer_has_the_same_time_in_every_zone(
    zone: str, any_client: TestClient, any_database: Database, storage: Storage
):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        image = make_image(session, project, storage=storage, content=jpeg_bytes())
    path = f"/api/v1/images/{image.id}"

    for number, moment in enumerate((BEFORE, AFTER)):
        at(any_client, moment)
        any_client.put(f"{path}/landmarks", json=landmarks_body(base_revision=number)).raise_for_status()

    told = [each["created_at"] for each in any_client.get(f"{path}/revisions").json()]
    assert sorted(told) == ["2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"]
    with any_database.reading() as session:
        if any_database.is_sqlite:
            stored = session.scalars(text("SELECT created_at FROM revisions ORDER BY number")).all()
            assert stored == ["2026-11-01 05:30:00.000000", "2026-11-01 06:30:00.000000"]


def test_case_142_a_lease_ends_so_much_later_on_the_day_on_which_the_clocks_change(
    zone: str, any_client: TestClient, any_database: Database, storage: Storage
):
    with any_database.unit_of_work() as session:
        project = make_project(session)
        image = make_image(session, project, storage=storage, content=jpeg_bytes())
        queue.open_asks(session, project=project, image_ids=[image.id])
    path = f"/api/v1/projects/{project.id}/asks/next"

    at(any_client, BEFORE + timedelta(minutes=25))
    handed = any_client.post(path, json={}).json()
    at(any_client, AFTER - timedelta(minutes=26))
    meanwhile = any_client.post(f"/api/v1/asks/{handed['lease_id']}/renew")

    assert handed["expires_at"] == "2026-11-01T06:05:00Z"
    assert meanwhile.json()["expires_at"] == "2026-11-01T06:14:00Z"
