"""Upgrades that are killed at any statement, and what was going on while the version changed."""

import json
import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import text

from app import jobs, migrate
from app.db import Database, utc_now
from app.jobs import Job, JobKind, JobStatus
from tests.source import ROOT

FIRST = "0001"
POINTS = 6  # of all statements, evenly spread, the last one among them
# dies by SIGKILL after the statement that its second argument counts; 0: lives, and says how many there were
PROGRAM = """
import os, signal, sys
from sqlalchemy import event
from app import migrate
from app.db import Database
database, at, done = Database(sys.argv[1]), int(sys.argv[2]), 0
@event.listens_for(database.engine, "after_cursor_execute")
def count(*_):
    global done
    done += 1
    if done == at:
        os.kill(os.getpid(), signal.SIGKILL)
migrate.upgrade(database)
print(done)
"""


def fill(database: Database) -> None:
    """A database as the first version left it: two projects, and a job that waits."""
    migrate.downgrade(database, FIRST)
    at = "'2026-11-22 10:00:00+00:00'"
    schema = json.dumps({"landmarks": ["nose"]})
    with database.engine.begin() as connection:
        connection.execute(text(f"INSERT INTO users (id, name, created_at) VALUES (7, 'ada', {at})"))
        for number in (1, 2):
            connection.execute(
                text(
                    "INSERT INTO projects (id, name, schema, schema_version, image_count, created_by,"
                    f" created_at) VALUES ({number}, 'mice {number}', :schema, 1, 0, 7, {at})"
                ),
                {"schema": schema},
            )
        connection.execute(
            text(
                "INSERT INTO jobs (id, kind, project_id, subject_id, status, priority, attempt, max_attempts,"
                f" due_at, wants_cancel, created_at, payload)"
                f" VALUES (5, 'rank', 1, 1, 'queued', 0, 0, 2, {at}, false, {at}, '{{}}')"
            )
        )


def upgrade(url: str, *, killed_after: int = 0) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", PROGRAM, url, str(killed_after)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def contents(database: Database) -> dict[str, list]:
    with database.engine.connect() as connection:
        return {
            "version": connection.scalars(text("SELECT version_num FROM alembic_version")).all(),
            "users": connection.scalars(text("SELECT name FROM users")).all(),
            "projects": connection.scalars(text("SELECT name FROM projects ORDER BY id")).all(),
            "jobs": connection.scalars(text("SELECT status FROM jobs")).all(),
        }


def test_case_133_an_upgrade_that_is_killed_at_any_statement_is_done_by_the_next_one(
    any_database: Database, any_url: str
):
    fill(any_database)
    untouched = contents(any_database)
    any_database.close()
    statements = int(upgrade(any_url).stdout)
    whole = contents(any_database)

    for point in range(1, POINTS + 1):
        migrate.downgrade(any_database, FIRST)
        any_database.close()
        killed = upgrade(any_url, killed_after=statements * point // POINTS)
        left = contents(any_database)
        any_database.close()
        again = upgrade(any_url)

        assert killed.returncode == -9
        assert left == untouched
        assert again.returncode == 0, again.stderr
        assert contents(any_database) == whole
        migrate.check_schema(any_database)
    with any_database.engine.connect() as connection:
        owners = connection.execute(text("SELECT project_id, role FROM memberships ORDER BY project_id"))
        assert owners.all() == [(1, "owner"), (2, "owner")]


@pytest.fixture
def upgraded(database: Database) -> Database:
    """A database whose job was asked for by the first version."""
    fill(database)
    migrate.upgrade(database)
    return database


def test_case_141_a_job_that_waited_during_the_upgrade_is_done_after_it(
    upgraded: Database, work: Callable[[], int]
):
    done = work()

    with upgraded.reading() as session:
        assert (done, session.get_one(Job, 5).status) == (1, JobStatus.DONE)


def test_case_141_a_kind_of_job_that_this_version_does_not_know_harms_no_other(
    upgraded: Database, work: Callable[[], int]
):
    with upgraded.engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET kind = 'dance'"))
    with upgraded.unit_of_work() as session:
        known = jobs.enqueue(session, JobKind.RANK, project_id=1, subject_id=1, now=utc_now()).id

    done = work()

    with upgraded.reading() as session:
        assert (done, session.get_one(Job, known).status) == (1, JobStatus.DONE)
        assert session.get_one(Job, 5).status == JobStatus.QUEUED  # for a worker that knows it
