"""Workers do all their work by a database role that cannot touch an answer."""

import io
import threading
import zipfile
from collections.abc import Iterator
from itertools import count

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ProgrammingError

from app import jobs, roles
from app.db import Base, Database, utc_now
from app.exchange import service as exchange
from app.jobs import Job, JobKind, JobStatus
from app.predictions import repository as predictions
from app.settings import Settings
from app.storage import Storage
from tests.factories import jpeg_bytes
from tests.worker.conftest import find_run, make_rectangles, request_run
from worker.lane import Lane, Workplace
from worker.loop import LONG, SHORT

_numbers = count(1)
pytestmark = pytest.mark.postgres


@pytest.fixture
def worker_database(postgres_database: Database) -> Iterator[Database]:
    """The same database, as a worker comes to it."""
    url = postgres_database.engine.url.set(username=f"worker_{next(_numbers)}", password="it's 50 % secret")
    roles.grant_worker(postgres_database, url.render_as_string(hide_password=False))
    database = Database(url.render_as_string(hide_password=False))
    yield database
    database.close()


def work(database: Database, storage: Storage, settings: Settings) -> None:
    place = Workplace(
        name="test",
        database=database,
        storage=storage,
        settings=settings,
        clock=utc_now,
        is_stopping=threading.Event(),
    )
    lane = Lane(place, [*LONG, *SHORT])
    while lane.do_one():
        pass


def test_case_096_a_worker_does_all_its_work_by_its_own_role(
    postgres_database: Database, worker_database: Database, storage: Storage, settings: Settings
):
    project_id = make_rectangles(postgres_database, storage)
    first = request_run(postgres_database, project_id)
    work(worker_database, storage, settings)
    second = request_run(postgres_database, project_id)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("images/a.jpg", jpeg_bytes(96, 72, seed=5))
        file.writestr("landmarks.csv", "image,landmark,x,y,state\nimages/a.jpg,top_left,1,2,visible\n")
    archive.seek(0)
    with postgres_database.unit_of_work() as session:
        now = utc_now()
        place = exchange.Place(shown="a.zip", blob_key=exchange.keep_archive(storage, archive, token="abcd"))
        row = exchange.start_import(session, project_id=project_id, place=place, by=1, now=now)
        jobs.enqueue(session, JobKind.IMPORT, project_id=project_id, subject_id=row.id, now=now)
        exchange.start_export(session, project_id=project_id, format_name="folder", by=1, now=now)
        import_id = row.id

    work(worker_database, storage, settings)

    with postgres_database.reading() as session:
        ended = [(job.kind, job.status, job.error_detail) for job in session.query(Job)]
        taken = exchange.get_import(session, import_id)
        network = predictions.find_current_network(session, project_id)
        assert network is not None
        predicted = predictions.predictions_of(session, network.id, after_image_id=0, limit=100)
    assert {status for _, status, _ in ended} == {JobStatus.DONE}, ended
    assert {kind for kind, _, _ in ended} == set(JobKind)
    assert [find_run(postgres_database, run_id).status for run_id in (first, second)] == ["succeeded"] * 2
    assert taken.outcome_counts.get("added") == 1
    assert len(predicted) == 16


DENIED = (
    "UPDATE revisions SET body = '{}'",
    "DELETE FROM revisions",
    "TRUNCATE revisions CASCADE",
    "DELETE FROM label_heads",
    "UPDATE audit_entries SET action = 'nothing'",
    "DELETE FROM audit_entries",
    "SELECT detail FROM audit_entries",
    "UPDATE networks SET weights_sha256 = ''",
    "DELETE FROM networks",
    "DELETE FROM promotions",
    "UPDATE images SET sha256 = ''",
    "DELETE FROM images",
    "UPDATE projects SET schema = '{}'",
    "SELECT password_hash FROM users",
    "SELECT secret_sha256 FROM sign_ins",
    "SELECT secret_sha256 FROM api_tokens",
    "SELECT secret_sha256 FROM invitations",
    "SELECT * FROM identities",
    "INSERT INTO memberships VALUES (1, 1, 'owner', now())",
    "UPDATE users SET is_admin = true",
    "UPDATE alembic_version SET version_num = '9999'",
    "ALTER TABLE revisions DISABLE TRIGGER ALL",
    "CREATE TABLE revisions_of_mine (id int)",
    "DROP TABLE revisions",
)


@pytest.mark.parametrize("statement", DENIED)
def test_case_096_what_a_worker_has_no_business_with_is_denied(worker_database: Database, statement: str):
    with worker_database.engine.connect() as connection, pytest.raises(ProgrammingError) as told:
        connection.execute(text(statement))

    assert "permission denied" in str(told.value) or "must be owner" in str(told.value)


def test_case_096_every_table_is_decided_on_and_a_right_that_was_too_much_is_taken_back(
    postgres_database: Database, worker_database: Database
):
    role = str(worker_database.engine.url.username)
    with postgres_database.engine.begin() as connection:
        connection.execute(text(f"GRANT ALL ON revisions, users TO {role}"))
        connection.execute(text(f"ALTER ROLE {role} SUPERUSER"))

    roles.grant_worker(postgres_database, worker_database.engine.url.render_as_string(hide_password=False))

    assert set(roles.WORKER_MAY) == {*Base.metadata.tables, "alembic_version"}
    with worker_database.engine.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text("DELETE FROM revisions"))


@pytest.mark.parametrize(
    "worker_url", ["sqlite:///x", "postgresql+psycopg:///x", "postgresql+psycopg://postgres@/x"]
)
def test_a_role_that_cannot_be_is_refused(postgres_database: Database, worker_url: str):
    with pytest.raises(roles.WorkerRoleImpossible):
        roles.grant_worker(postgres_database, worker_url)


def test_sqlite_has_no_roles(database: Database):
    with pytest.raises(roles.WorkerRoleImpossible, match="PostgreSQL"):
        roles.grant_worker(database, "postgresql+psycopg://worker@/x")


def test_a_migration_grants_what_is_new(postgres_database: Database, settings: Settings):
    url = make_url(postgres_database.engine.url).set(username=f"worker_{next(_numbers)}")
    given = Settings(home_dir=settings.home_dir, worker_database_url=url.render_as_string())

    roles.upgrade(postgres_database, given)

    worker = Database(url.render_as_string())
    with worker.reading() as session:
        assert session.execute(text("SELECT count(*) FROM revisions")).scalar() == 0
    worker.close()
