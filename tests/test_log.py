"""Lines of the log: one JSON object each, whoever wrote it, with the ids of the work that was going on."""

import io
import json
import logging
from typing import Any

import pytest
import structlog
from starlette.testclient import TestClient
from structlog.contextvars import bound_contextvars

from app import log


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def named(capsys: pytest.CaptureFixture[str], event: str) -> list[dict[str, Any]]:
    return [line for line in lines(capsys) if line["event"] == event]


@pytest.fixture(autouse=True)
def configured(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure()


def test_our_lines_and_those_of_other_libraries_look_alike(capsys: pytest.CaptureFixture[str]):
    with bound_contextvars(job=7):
        structlog.get_logger().info("ours", seconds=1)
        logging.getLogger("celery.worker").warning("lost %s", "the broker")

    ours, theirs = lines(capsys)

    assert (ours["event"], ours["job"], ours["level"], ours["seconds"]) == ("ours", 7, "info", 1)
    assert (theirs["event"], theirs["job"], theirs["level"]) == ("lost the broker", 7, "warning")
    assert theirs["logger"] == "celery.worker"
    assert theirs["timestamp"].endswith("Z")


def test_a_line_is_written_once_however_often_the_format_is_set(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    for name in ("uvicorn", "uvicorn.error"):  # a server of another test may have left its own handlers
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)
        monkeypatch.setattr(logging.getLogger(name), "level", logging.NOTSET)
    log.configure()
    logging.getLogger("uvicorn.error").error("broken")

    assert len(named(capsys, "broken")) == 1


def test_an_exception_shows_its_traceback_and_no_local_variable(capsys: pytest.CaptureFixture[str]):
    def fail(secret: str) -> None:
        raise RuntimeError("it broke")

    try:
        fail("a label " + "of somebody")
    except RuntimeError:
        logging.getLogger("elsewhere").exception("failed")

    (line,) = lines(capsys)
    assert "RuntimeError: it broke" in line["exception"]
    assert "a label of somebody" not in line["exception"]


def test_case_078_a_line_break_in_a_value_stays_inside_its_line(capsys: pytest.CaptureFixture[str]):
    structlog.get_logger().info("said", text='a\r\n{"event":"forged"}\x1b[31m')

    (line,) = lines(capsys)
    assert line["event"] == "said"


def test_a_thread_carries_the_ids_of_the_work_that_began_it(capsys: pytest.CaptureFixture[str]):
    with bound_contextvars(job=7):
        thread = log.thread_with_ids(lambda: structlog.get_logger().info("beat"), name="heartbeat")
    thread.start()
    thread.join()

    assert [line["job"] for line in lines(capsys)] == [7]


def test_a_refused_request_has_one_line_with_the_id_that_the_client_was_told(
    client: TestClient, capsys: pytest.CaptureFixture[str]
):
    capsys.readouterr()

    answer = client.get("/api/v1/images/99")

    problem = answer.json()
    (line,) = named(capsys, "answered")
    assert line["request_id"] == problem["request_id"] == answer.headers["x-request-id"]
    assert (line["status"], line["code"], line["level"]) == (404, "image_not_found", "info")
    assert (line["method"], line["path"], line["user"]) == ("GET", "/api/v1/images/99", 1)


def test_a_request_that_went_well_leaves_no_line(client: TestClient, capsys: pytest.CaptureFixture[str]):
    capsys.readouterr()

    client.get("/api/v1/projects")

    assert named(capsys, "answered") == []


def test_case_078_a_path_is_logged_as_it_came(client: TestClient, capsys: pytest.CaptureFixture[str]):
    capsys.readouterr()

    client.get("/api/v1/%0d%0a%1b[31mforged")

    (line,) = named(capsys, "answered")
    assert "\x1b" not in line["path"]
    assert "%0d%0a%1b" in line["path"].lower()


def test_an_accident_has_a_line_with_the_id_that_the_client_was_told(
    client: TestClient, capsys: pytest.CaptureFixture[str]
):
    client.app.state.equimark.clock = None  # type: ignore[attr-defined]  # a bug, as any other would be
    quiet = TestClient(client.app, base_url="http://127.0.0.1", raise_server_exceptions=False)
    capsys.readouterr()

    answer = quiet.get("/api/v1/projects")

    (line,) = named(capsys, "unexpected")
    assert answer.status_code == 500
    assert line["request_id"] == answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "TypeError" in line["exception"]


def test_the_line_of_a_new_job_names_the_request_that_asked_for_it(
    client: TestClient, capsys: pytest.CaptureFixture[str]
):
    made = client.post("/api/v1/projects", json={"name": "mice", "schema": {"landmarks": ["nose"]}})
    capsys.readouterr()

    answer = client.post(f"/api/v1/projects/{made.json()['id']}/exports", json={"format": "folder"})

    assert answer.is_success, answer.text
    (line,) = named(capsys, "job_added")
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["kind"] == "export"


def test_a_terminal_gets_lines_for_people(monkeypatch: pytest.MonkeyPatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    log.configure()

    structlog.get_logger().info("ours", seconds=1)

    assert "ours" in terminal.getvalue()
    assert not terminal.getvalue().startswith("{")
