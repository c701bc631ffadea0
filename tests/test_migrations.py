"""Migrations on both databases: up, down, up, nothing lost, nothing forgotten, one at a time."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from app import migrate
from app.db import Database
from app.migrate import SchemaMismatch, SchemaTooNew
from app.tables import Base
from tests.factories import make_image, make_project
from tests.source import ROOT

TABLES = set(Base.metadata.tables)
HEAD = max(path.name.split("_")[1] for path in (migrate.MIGRATIONS / "versions").glob("*.py"))


def _tables(database: Database) -> set[str]:
    with database.engine.connect() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_up_down_up(any_database: Database) -> None:
    first = _tables(any_database)
    migrate.downgrade(any_database, "base")
    below = _tables(any_database)
    migrate.upgrade(any_database)
    again = _tables(any_database)

    assert (first, below, again) == (TABLES, set(), TABLES)


def test_the_migrated_schema_is_the_one_that_the_code_describes(any_database: Database) -> None:
    with any_database.engine.connect() as connection:
        opts = {"compare_type": True, "include_object": _is_of_both_databases}
        context = MigrationContext.configure(connection, opts=opts)

        assert compare_metadata(context, Base.metadata) == []


def _is_of_both_databases(_thing, name: str, kind: str, _is_reflected, _other) -> bool:
    return (kind, name) != ("index", "ix_images_name_trigrams")


def test_every_constraint_has_the_name_that_the_convention_gives(any_database: Database) -> None:
    with any_database.engine.connect() as connection:
        look = inspect(connection)
        found = {
            table: {
                constraint["name"]
                for constraint in (
                    look.get_pk_constraint(table),
                    *look.get_foreign_keys(table),
                    *look.get_unique_constraints(table),
                    *look.get_check_constraints(table),
                )
            }
            for table in TABLES
        }

    described = {
        name: {constraint.name for constraint in table.constraints}
        for name, table in Base.metadata.tables.items()
    }
    assert found == described


class TestSchemaCheck:
    def test_this_version_is_accepted(self, any_database: Database) -> None:
        migrate.check_schema(any_database)

    def test_an_empty_database_is_refused_and_says_what_to_run(self, any_database: Database) -> None:
        migrate.downgrade(any_database, "base")

        with pytest.raises(SchemaMismatch, match="equimark db upgrade") as caught:
            migrate.check_schema(any_database)

        assert caught.value.context["found"] == "none"

    def test_case_135_a_newer_database_is_refused(self, any_database: Database) -> None:
        _pretend_to_be_newer(any_database)

        with pytest.raises(SchemaTooNew, match="9999"):
            migrate.check_schema(any_database)
        with pytest.raises(SchemaTooNew, match="9999"):
            migrate.upgrade(any_database)


class TestTableChanges:
    """A migration that is made up here goes through the same code as ours."""

    def test_a_sqlite_table_that_is_rebuilt_keeps_the_rows_that_hang_on_it(
        self, database: Database, scripts: Path
    ) -> None:
        with database.unit_of_work() as session:
            image = make_image(session, make_project(session))
        _add_script(
            scripts,
            """
    op.create_table(
        "stickers",
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_s_p", ondelete="CASCADE"),
    )
    op.execute("INSERT INTO stickers SELECT id FROM projects")
    with op.batch_alter_table("projects", recreate="always") as batch:
        batch.add_column(sa.Column("colour", sa.String(16), nullable=True))
""",
        )

        migrate.upgrade(database)

        with database.engine.connect() as connection:
            stickers = connection.scalar(text("SELECT count(*) FROM stickers"))
            images = connection.scalars(text("SELECT id FROM images")).all()
            columns = {column["name"] for column in inspect(connection).get_columns("projects")}
        assert (stickers, images, "colour" in columns) == (1, [image.id], True)

    def test_foreign_keys_are_on_again_after_a_migration(self, database: Database, scripts: Path) -> None:
        _add_script(scripts, "    op.execute('CREATE TABLE stickers (id INTEGER)')")

        migrate.upgrade(database)

        with pytest.raises(IntegrityError), database.engine.begin() as connection:
            connection.execute(text("INSERT INTO tallies VALUES (77, 'landmarks', 0, 0, 0, 0)"))

    def test_a_sqlite_migration_that_orphans_rows_is_taken_back(
        self, database: Database, scripts: Path
    ) -> None:
        with database.unit_of_work() as session:
            make_image(session, make_project(session))
        _add_script(scripts, "    op.execute('DELETE FROM projects')")

        with pytest.raises(RuntimeError, match="without their parent"):
            migrate.upgrade(database)

        with database.engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM projects")) == 1
            assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD

    def test_case_136_a_migration_that_fails_midway_leaves_nothing_behind(
        self, any_database: Database, scripts: Path
    ) -> None:
        _add_script(
            scripts, "    op.execute('CREATE TABLE stickers (id INTEGER)')\n    op.execute('nonsense')"
        )

        with pytest.raises(Exception, match="nonsense"):
            migrate.upgrade(any_database)

        assert _tables(any_database) == TABLES


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations that a test may add one to."""
    copy = tmp_path / "migrations"
    shutil.copytree(migrate.MIGRATIONS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrate, "MIGRATIONS", copy)
    return copy / "versions"


def _add_script(scripts: Path, body: str) -> None:
    head = f"import sqlalchemy as sa\nfrom alembic import op\n\nrevision = '9999'\ndown_revision = '{HEAD}'\n"
    (scripts / "9999_made_up.py").write_text(f"{head}\n\ndef upgrade():\n{body}\n")


def _pretend_to_be_newer(database: Database) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))


def test_case_134_processes_that_upgrade_at_once_take_turns(any_database: Database, any_url: str) -> None:
    migrate.downgrade(any_database, "base")
    command = [sys.executable, "-m", "app.cli", "db", "upgrade"]
    environment = {"EQUIMARK_DATABASE_URL": any_url, "PATH": ""}

    processes = [
        subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for _ in range(4)
    ]
    outputs = [process.communicate()[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0, 0], outputs
    assert _tables(any_database) == TABLES
