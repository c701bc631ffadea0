"""The command line: what it prints for people and programs, and how it fails."""

import json
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from typer.testing import CliRunner

from app import cli
from app.access import Permission
from app.cli.demo import PortTaken
from app.cli.serve import allow_open_files
from app.db import Database, open_database, utc_now
from app.migrate import SchemaMismatch
from app.projects.service import ProjectNameTaken
from app.settings import Settings, get_settings
from app.snapshot import NotEmpty
from app.storage import Storage
from app.users import sessions, tokens
from tests.accounts import cookie_of, make_account
from tests.factories import FACE, make_image, make_project
from tests.source import ROOT

Run = Callable[..., Result]
TOKEN = {"scopes": {Permission.SEE}, "project_id": None, "lasts": timedelta(days=9)}


@pytest.fixture
def run(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs `equimark` in this process on this test's home folder."""
    monkeypatch.setenv("EQUIMARK_HOME_DIR", str(settings.home_dir))
    get_settings.cache_clear()
    yield lambda *arguments: CliRunner().invoke(cli.cli, arguments)
    get_settings.cache_clear()


def test_a_failure_is_one_line_with_its_code_and_status_1(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "app.cli", "--home", str(tmp_path), "project", "list"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip().endswith("Run: equimark db upgrade [schema_mismatch]")
    assert done.stderr.count("\n") == 1


@pytest.mark.usefixtures("database")
class TestProjects:
    def test_a_project_made_from_a_schema_file_is_listed(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "schema.json").write_text(json.dumps(FACE))

        made = run("project", "create", "faces", "--schema", str(tmp_path / "schema.json"), "--json")
        listed = run("project", "list", "--json")

        assert json.loads(made.stdout) == {"id": 1, "name": "faces"}
        assert json.loads(listed.stdout) == [{"id": 1, "name": "faces", "images": 0, "schema": 1}]

    def test_landmark_names_are_enough(self, run: Run) -> None:
        made = run("project", "create", "mice", "--landmarks", "nose,tail")

        assert (made.exit_code, made.stdout.strip()) == (0, "Project 1: mice")

    def test_a_name_that_is_taken_is_refused(self, run: Run) -> None:
        run("project", "create", "mice", "--landmarks", "nose,tail")

        again = run("project", "create", "mice", "--landmarks", "nose,tail")

        assert isinstance(again.exception, ProjectNameTaken)

    @pytest.mark.parametrize(
        "arguments",
        [
            [],
            ["--landmarks", "nose,nose"],
            ["--landmarks", "nose", "--schema", __file__],
            ["--schema", __file__],
        ],
        ids=["no_schema", "repeated_name", "both", "not_json"],
    )
    def test_a_schema_that_is_none_is_a_usage_error(self, run: Run, arguments: list[str]) -> None:
        made = run("project", "create", "mice", *arguments)

        assert made.exit_code == 2


@pytest.mark.usefixtures("database")
class TestUsers:
    def test_the_local_owner_is_listed_after_the_first_project(self, run: Run) -> None:
        run("project", "create", "mice", "--landmarks", "nose,tail")

        listed = run("user", "list", "--json")

        owner = {"id": 1, "name": "owner", "admin": False, "signs_in": False, "email": ""}
        assert json.loads(listed.stdout) == [owner]


class TestDatabase:
    def test_upgrade_makes_the_schema_and_may_be_repeated(self, run: Run) -> None:
        before, first, again = run("project", "list"), run("db", "upgrade"), run("db", "upgrade")
        after = run("project", "list")

        assert isinstance(before.exception, SchemaMismatch)
        assert (first.exit_code, again.exit_code, after.exit_code) == (0, 0, 0)

    def test_verify_is_content_with_what_the_service_wrote(
        self, run: Run, database: Database, storage: Storage
    ) -> None:
        with database.unit_of_work() as session:
            make_image(session, make_project(session), storage=storage)

        verified = run("db", "verify", "--read-blobs")

        assert (verified.exit_code, verified.stdout.strip()) == (0, "Everything agrees.")

    def test_case_021_verify_finds_a_counter_and_a_blob_that_do_not_agree(
        self, run: Run, database: Database, storage: Storage
    ) -> None:
        with database.unit_of_work() as session:
            project = make_project(session)
            image = make_image(session, project, storage=storage)
            make_image(session, project)
            session.execute(text("UPDATE projects SET image_count = 7"))
        path = next(storage.path_of(key) for key in storage.keys("images"))
        path.chmod(0o644)
        path.write_bytes(b"something else")

        verified = run("db", "verify", "--read-blobs", "--json")

        codes = [finding["code"] for finding in json.loads(verified.stdout)["findings"]]
        assert (verified.exit_code, codes) == (1, ["image_count", "blob_missing", "blob_damaged"])
        assert image.sha256 in verified.stdout


def test_the_demo_says_at_once_that_its_port_is_taken(run: Run, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        demo = run("demo", "--home", str(tmp_path / "demo"), "--port", str(taken.getsockname()[1]))

    assert isinstance(demo.exception, PortTaken)
    assert not (tmp_path / "demo").exists()


@pytest.mark.usefixtures("database")
class TestBackup:
    def test_case_138_the_drill_by_commands(
        self, run: Run, database: Database, storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with database.unit_of_work() as session:
            make_image(session, make_project(session, name="mice"), storage=storage)
        place = str(tmp_path / "backups")

        backed_up = run("db", "backup", place, "--keep", "2")
        read_through = run("db", "verify", "--backup", place, "--json")
        refused = run("db", "restore", place)
        monkeypatch.setenv("EQUIMARK_HOME_DIR", str(tmp_path / "new home"))
        get_settings.cache_clear()
        restored = run("db", "restore", place)
        listed = run("project", "list", "--json")

        assert backed_up.exit_code == read_through.exit_code == restored.exit_code == 0
        assert (json.loads(read_through.stdout)["blobs"], json.loads(read_through.stdout)["findings"]) == (
            2,
            [],
        )
        assert isinstance(refused.exception, NotEmpty)
        assert restored.stdout.splitlines()[-1] == "Everything agrees."
        assert [project["name"] for project in json.loads(listed.stdout)] == ["mice"]

    def test_case_138_nobody_is_signed_in_after_a_restore_and_tokens_are_named(
        self, run: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with database.unit_of_work() as session:
            ada = make_account(session, "ada")
            for _ in range(2):
                cookie_of(session, ada, now=utc_now())
            working, _ = tokens.make(session, ada.id, **TOKEN, name="nightly", now=utc_now())
            ended, _ = tokens.make(session, ada.id, **TOKEN, name="old", now=utc_now())
            tokens.revoke(session, user_id=ada.id, token_id=ended.id, now=utc_now())
        place = str(tmp_path / "backups")
        run("db", "backup", place)

        monkeypatch.setenv("EQUIMARK_HOME_DIR", str(tmp_path / "for people"))
        get_settings.cache_clear()
        told = run("db", "restore", place).stdout
        monkeypatch.setenv("EQUIMARK_HOME_DIR", str(tmp_path / "for programs"))
        get_settings.cache_clear()
        said = json.loads(run("db", "restore", place, "--json").stdout)

        assert "Everybody is signed out: 2 sessions" in told
        assert f"Token {working.start}... (nightly) of ada works until" in told
        assert "(old)" not in told
        assert (said["sessions_ended"], [each["name"] for each in said["tokens"]]) == (2, ["nightly"])
        restored = open_database(get_settings())
        with restored.reading() as session:
            assert sessions.list_valid(session, ada.id, idle=timedelta(days=1), now=utc_now()) == []
        restored.close()

    def test_a_damaged_backup_ends_with_status_1_and_its_names(
        self, run: Run, database: Database, storage: Storage, tmp_path: Path
    ) -> None:
        with database.unit_of_work() as session:
            make_image(session, make_project(session), storage=storage)
        run("db", "backup", str(tmp_path / "backups"))
        key = next(storage.keys("images"))
        (tmp_path / "backups" / "blobs" / key).write_bytes(b"")

        verified = run("db", "verify", "--backup", str(tmp_path / "backups"))

        assert verified.exit_code == 1
        assert f"blob_damaged: {key}" in verified.stdout


def test_the_server_may_open_as_many_files_as_the_system_lets_it():
    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    try:
        allow_open_files()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (most, most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))
