"""What a supervisor asks the service."""

from sqlalchemy import text
from starlette.testclient import TestClient

from app.db import Database


def test_a_service_that_lives_says_so(any_client: TestClient) -> None:
    assert any_client.get("/healthz").json() == {"status": "ok"}
    assert any_client.get("/readyz").json() == {"status": "ok"}


def test_case_128_a_service_that_is_about_to_end_is_not_ready_but_lives(any_client: TestClient) -> None:
    any_client.app.state.equimark.is_stopping = True  # type: ignore[attr-defined]

    answer = any_client.get("/readyz")

    assert (answer.status_code, answer.json()["code"]) == (503, "shutting_down")
    assert any_client.get("/healthz").status_code == 200


def test_a_service_whose_database_was_upgraded_under_it_is_not_ready(
    any_client: TestClient, any_database: Database
) -> None:
    with any_database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    answer = any_client.get("/readyz")

    assert (answer.status_code, answer.json()["code"]) == (409, "schema_too_new")
