"""The durability settings and the habits of sessions that the promises rest on."""

import threading
from datetime import datetime

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from app.db import Database, after_commit
from app.http.errors import LOCK_STATES
from app.users.tables import User
from tests.factories import NOW, make_project, make_user


class Interrupted(Exception):
    """Something of ours that goes wrong in the middle."""


def test_case_016_sqlite_runs_with_full_sync_in_wal_mode_with_foreign_keys(database: Database) -> None:
    with database.engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("synchronous", "journal_mode", "foreign_keys", "busy_timeout")
        }

    assert found == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000}


@pytest.mark.postgres
def test_case_016_the_postgresql_of_the_tests_syncs_as_shipped(postgres_database: Database) -> None:
    names = ("fsync", "synchronous_commit", "full_page_writes")

    with postgres_database.engine.connect() as connection:
        found = [connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names]

    assert found == ["on", "on", "on"]


def test_case_014_every_writing_transaction_on_sqlite_begins_immediate(database: Database) -> None:
    statements: list[str] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: statements.append(statement),
    )

    with database.unit_of_work() as session:
        session.scalars(select(User)).all()
        make_user(session)

    assert statements[0] == "BEGIN IMMEDIATE"


def test_a_reading_session_does_not_wait_for_a_writer(database: Database) -> None:
    with database.unit_of_work() as writing:
        make_user(writing)

        with database.reading() as reading:
            seen = reading.scalars(select(User)).all()

    assert seen == []


@pytest.mark.postgres
def test_a_reading_session_on_postgresql_refuses_to_write(postgres_database: Database) -> None:
    with postgres_database.reading() as session, pytest.raises(Exception, match="read-only transaction"):
        make_user(session)


class TestUnitOfWork:
    def test_what_was_added_is_there_afterwards(self, any_database: Database) -> None:
        with any_database.unit_of_work() as session:
            user = make_user(session)

        with any_database.reading() as session:
            assert session.get_one(User, user.id).created_at == NOW

    def test_an_exception_takes_everything_back(self, any_database: Database) -> None:
        def fail_after_writing() -> None:
            with any_database.unit_of_work() as session:
                make_user(session)
                raise Interrupted

        with pytest.raises(Interrupted):
            fail_after_writing()

        with any_database.reading() as session:
            assert session.scalars(select(User)).all() == []


class TestAfterCommit:
    def test_a_call_waits_for_the_commit(self, any_database: Database) -> None:
        called: list[str] = []

        with any_database.unit_of_work() as session:
            make_user(session)
            after_commit(session, lambda: called.append("rang"))
            before = list(called)

        assert (before, called) == ([], ["rang"])

    def test_case_032_a_transaction_that_is_rolled_back_calls_nothing(self, any_database: Database) -> None:
        called: list[str] = []

        def fail_after_ringing() -> None:
            with any_database.unit_of_work() as session:
                after_commit(session, lambda: called.append("rang"))
                make_user(session)
                raise Interrupted

        with pytest.raises(Interrupted):
            fail_after_ringing()

        assert called == []


class TestColumns:
    def test_a_naive_time_is_refused(self, any_session: Session) -> None:
        any_session.add(User(name="somebody", created_at=datetime(2026, 1, 1)))  # noqa: DTZ001 - it is the case

        with pytest.raises(Exception, match="naive datetime"):
            any_session.flush()

    def test_a_row_without_its_parent_is_refused(self, any_session: Session) -> None:
        with pytest.raises(IntegrityError):
            any_session.execute(
                text("INSERT INTO tallies VALUES (77, 'landmarks', 0, 0, 0, 0)"),
            )

    def test_json_null_and_unicode_come_back_as_they_went_in(self, any_session: Session) -> None:
        project = make_project(any_session)
        project.schema = {"empty": None, "name": "\u00e9\u4e2d\U0001f600", "deep": [[1.5, -0.0], {}]}
        any_session.flush()

        any_session.expire(project)

        assert project.schema == {"empty": None, "name": "\u00e9\u4e2d\U0001f600", "deep": [[1.5, -0.0], {}]}


def test_writers_of_several_threads_wait_for_each_other_instead_of_failing(any_database: Database) -> None:
    failures: list[Exception] = []

    def write() -> None:
        try:
            for _ in range(10):
                with any_database.unit_of_work() as session:
                    make_user(session)
        except OperationalError as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with any_database.reading() as session:
        assert (failures, len(session.scalars(select(User)).all())) == ([], 60)


@pytest.mark.postgres
def test_who_answers_a_request_does_not_wait_for_ever_for_a_lock_on_postgresql(
    postgres_database: Database,
) -> None:
    url = postgres_database.engine.url.render_as_string(hide_password=False)
    hasty = Database(url, lock_wait_seconds=0.2)
    with postgres_database.unit_of_work() as session:
        user_id = make_user(session).id
    lock = select(User).where(User.id == user_id).with_for_update()

    with postgres_database.unit_of_work() as sleeper:  # as by a process that is stopped here
        sleeper.scalars(lock).one()
        for _ in range(2):  # a rollback does not take the limit back
            with pytest.raises(OperationalError) as refused, hasty.unit_of_work() as session:
                session.scalars(lock).one()
            assert refused.value.orig.sqlstate in LOCK_STATES
    hasty.close()
