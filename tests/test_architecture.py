"""The rules of the house (docs/architecture.md), held by a program."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.jobs import JobKind
from tests.source import ROOT, functions, imported, is_within, python_files, relative, tracked_files, tree

FEATURES = (
    "users", "projects", "images", "predictions", "annotations", "queue", "training", "exchange", "insights",
)  # fmt: skip
EDGE = ("routes.py", "pages.py")  # how the names end of what may call any service and knows HTTP
FORBIDDEN = {
    "ml": {"app", "worker", "fastapi", "starlette", "sqlalchemy", "celery", "redis"},
    "app": {"ml", "worker", "torch", "celery", "redis"},
    "worker": {"fastapi", "starlette", "app.http", "app.main"},
    "migrations/versions": {"app", "ml", "worker"},
}
ALLOWED = {"app": "ml.serve"}
# one file rings the broker, for every process that adds jobs; it imports the clients only where a broker is
# set (tests/test_doorbell.py), so that a service without one neither needs nor loads them
RINGS = {("app/doorbell.py", "celery"), ("app/doorbell.py", "redis")}
WEB = {"fastapi", "starlette", "app.http", "uvicorn"}

FILE_LINES, FILE_LINES_HARD = 300, 400
FUNCTION_LINES, FUNCTION_LINES_HARD = 40, 60
LONG_FILES: dict[str, str] = {}
LONG_FUNCTIONS: dict[str, str] = {}

COMMITTERS = {"app/db.py", "app/http/deps.py"}
CLOCK_READERS = {
    "app/db.py",
    "app/http/deps.py",
    "app/main.py",
    "app/blob_cache.py",
}  # the last: times of files
CLOCK_READING_FOLDERS = ("app/cli/", "worker/")


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_a_layer_does_not_import_what_lies_above_it(folder: str) -> None:
    allowed = ALLOWED.get(folder)

    broken = [
        f"{relative(path)} imports {name}"
        for path in python_files(folder)
        for name in imported(path)
        if any(is_within(name, banned) for banned in FORBIDDEN[folder])
        and not (allowed and is_within(name, allowed))
        and (relative(path), name.partition(".")[0]) not in RINGS
    ]

    assert broken == []


def test_a_feature_uses_only_lower_features() -> None:
    broken = [
        f"{relative(path)} imports {name}"
        for height, feature in enumerate(FEATURES)
        for path in python_files(f"app/{feature}")
        if not path.name.endswith(EDGE)
        for name in imported(path)
        if any(is_within(name, f"app.{higher}") for higher in FEATURES[height + 1 :])
    ]

    assert broken == []


def test_what_all_features_share_knows_no_feature() -> None:
    shared = [
        path
        for path in sorted((ROOT / "app").glob("*.py"))
        if path.name not in {"main.py", "owners.py", "tables.py"}
    ]

    broken = [
        f"{relative(path)} imports {name}"
        for path in [*shared, *python_files("app/http")]
        for name in imported(path)
        if any(is_within(name, f"app.{feature}") for feature in FEATURES)
    ]

    assert broken == []


def test_below_the_edge_nobody_knows_http() -> None:
    below = [
        path
        for feature in FEATURES
        for path in python_files(f"app/{feature}")
        if not path.name.endswith(EDGE)
    ]
    below += [path for path in (ROOT / "app").glob("*.py") if path.name != "main.py"]

    broken = [
        f"{relative(path)} imports {name}"
        for path in below
        for name in imported(path)
        if any(is_within(name, web) for web in WEB)
    ]

    assert broken == []


def test_a_route_has_no_query_and_raises_no_http_error() -> None:
    routes = [path for path in python_files("app") if path.name.endswith(EDGE)]

    broken = [
        f"{relative(path)} imports {name}"
        for path in routes
        for name in imported(path)
        if (is_within(name, "sqlalchemy") and name != "sqlalchemy.orm.Session")
        or name.endswith("HTTPException")
    ]

    assert broken == []


def test_the_web_application_starts_without_torch(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from starlette.testclient import TestClient
from app import migrate
from app.db import open_database
from app.main import create_app
from app.settings import Settings
import ml.serve
settings = Settings(home_dir=Path(sys.argv[1]))
database = open_database(settings)
migrate.upgrade(database)
database.close()
with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
    assert client.get("/api/v1/openapi.json").status_code == 200
print(sorted({"torch", "worker", "celery", "redis", "obstore", "joserfc"} & set(sys.modules)))
"""

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )

    # standard error may hold a line about a slow answer
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["[]"]), done.stderr


@pytest.mark.parametrize("folder", ["app", "worker", "ml", "bench", "tests", "migrations"])
def test_files_stay_readable(folder: str) -> None:
    paths = [*python_files(folder), *(ROOT / folder).rglob("*.js")]

    lines = {
        relative(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in paths
        # a migration is one list, and never changes; what is made from a catalogue is another
        if not {"versions", "languages"} & set(path.parts)
    }

    assert {name: count for name, count in lines.items() if count > FILE_LINES_HARD} == {}
    if folder != "tests":  # a test file mirrors one source file, so it may be as long as the hard stop
        assert {name: n for name, n in lines.items() if n > FILE_LINES and name not in LONG_FILES} == {}


@pytest.mark.parametrize("folder", ["app", "worker", "ml", "bench", "tests"])
def test_functions_stay_readable(folder: str) -> None:
    lines = {
        f"{relative(path)}:{name}": count
        for path in python_files(folder)
        for name, count in functions(path)
        if count > FUNCTION_LINES
    }

    assert {name: count for name, count in lines.items() if count > FUNCTION_LINES_HARD} == {}
    assert {name: count for name, count in lines.items() if name not in LONG_FUNCTIONS} == {}


def test_nothing_is_excused_that_needs_no_excuse() -> None:
    long_files = {
        relative(path) for path in tracked_files() if len(path.read_bytes().splitlines()) > FILE_LINES
    }
    long_functions = {
        f"{relative(path)}:{name}"
        for path in python_files("app", "worker", "ml", "bench", "tests")
        for name, count in functions(path)
        if count > FUNCTION_LINES
    }

    assert set(LONG_FILES) <= long_files
    assert set(LONG_FUNCTIONS) <= long_functions


def test_only_the_edge_commits() -> None:
    committing = {
        relative(path)
        for path in python_files("app", "worker", "ml")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "commit"
    }

    assert committing <= COMMITTERS


def test_only_the_edge_reads_the_clock() -> None:
    reading = {
        relative(path)
        for path in python_files("app", "worker")
        for node in ast.walk(tree(path))
        if _reads_clock(node)
    }

    below = {name for name in reading if not name.startswith(CLOCK_READING_FOLDERS)}
    assert below <= CLOCK_READERS


def _reads_clock(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return any(alias.name == "utc_now" for alias in node.names)
    if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
        return False
    called = f"{node.value.id}.{node.attr}"
    return called in {"datetime.now", "datetime.utcnow", "time.time", "func.now", "date.today"}


def test_every_kind_of_job_has_a_function() -> None:
    registry = pytest.importorskip("worker.registry")

    assert set(registry.FUNCTIONS) == set(JobKind)


def test_every_package_says_what_it_holds() -> None:
    silent = [
        relative(path)
        for path in python_files("app", "worker", "ml", "bench")
        if path.name == "__init__.py" and not ast.get_docstring(tree(path))
    ]

    assert silent == []


def test_no_file_is_named_for_nothing() -> None:
    vague = {"utils", "util", "helpers", "common", "misc", "data", "info", "models"}

    assert [relative(path) for path in tracked_files() if path.stem in vague] == []


def test_no_text_names_a_machine_or_leaves_a_promise() -> None:
    # put together from pieces, or this file would find itself
    machine = re.compile(r"(?<![\w.])/" + r"(?:work|root|home/\w+)/\w")
    promise = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    kinds = {".py", ".js", ".md", ".html", ".css", ".toml", ".txt", ".mako", ".yml", ""}

    broken = [
        f"{relative(path)}:{number}: {line.strip()[:80]}"
        for path in tracked_files()
        if path.suffix in kinds
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if machine.search(line) or promise.search(line)
    ]

    assert broken == []
