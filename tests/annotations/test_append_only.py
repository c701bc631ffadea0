"""What was answered, and who did what, stays: the database refuses to change or remove a row of it."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.annotations import service as annotations
from app.annotations.schemas import LandmarksAnswer
from app.db import Database
from tests.factories import NOW, landmarks_body, make_image, make_project, make_user

CHANGES = (
    "UPDATE audit_entries SET action = 'nothing'",
    "DELETE FROM audit_entries",
    "UPDATE revisions SET body = '{}'",
    "DELETE FROM revisions",
)


def answer_one(database: Database) -> None:
    with database.unit_of_work() as session:
        annotations.submit(
            session, image_id=make_image(session, make_project(session)).id, kind="landmarks",
            answer=LandmarksAnswer.model_validate(landmarks_body()), by=make_user(session).id,
            is_late=False, now=NOW,
        )  # fmt: skip


def rows(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as session:
        return [
            tuple(row)
            for table in ("audit_entries", "revisions")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        ]


@pytest.mark.parametrize("change", CHANGES)
def test_case_023_no_program_changes_or_removes_an_answer_or_an_audit_row(
    any_database: Database, change: str
):
    answer_one(any_database)
    before = rows(any_database)

    with pytest.raises(IntegrityError, match="only ever added"), any_database.engine.begin() as connection:
        connection.execute(text(change))

    assert len(before) >= 2
    assert rows(any_database) == before


@pytest.mark.postgres
@pytest.mark.parametrize("table", ["audit_entries", "revisions"])
def test_case_023_postgresql_empties_neither_table(postgres_database: Database, table: str):
    answer_one(postgres_database)

    emptying = text(f"TRUNCATE {table} CASCADE")
    with pytest.raises(IntegrityError, match="only ever"), postgres_database.engine.begin() as connection:
        connection.execute(emptying)
