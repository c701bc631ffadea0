"""The service as a process of its own, as `equimark serve` starts it."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import psutil

from app.settings import Settings
from tests.source import ROOT

WAIT_SECONDS = 240.0


@dataclass
class Running:
    """A server process, its address, and how long it took to answer."""

    process: subprocess.Popen[str]
    address: str
    ready_seconds: float

    def get(self, path: str) -> Any:
        """JSON of a GET."""
        return httpx2.get(f"{self.address}{path}", timeout=30).raise_for_status().json()

    def text(self, path: str) -> str:
        """The page behind a GET."""
        return httpx2.get(f"{self.address}{path}", timeout=30).raise_for_status().text

    def post(self, path: str, **request: Any) -> httpx2.Response:
        """A POST."""
        return httpx2.post(f"{self.address}{path}", timeout=30, **request)

    def worker(self) -> psutil.Process:
        """The child that does the jobs, once it is there."""
        return until(lambda: next(iter(psutil.Process(self.process.pid).children()), None))


def until(look: Any, *, seconds: float = WAIT_SECONDS) -> Any:
    """What `look` returns as soon as it is something; no test depends on how soon."""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        if found := look():
            return found
        time.sleep(0.1)
    raise AssertionError(f"nothing within {seconds} s")


def environment(settings: Settings) -> dict[str, str]:
    """The settings as a child process reads them."""
    names = (
        "home_dir",
        "training_steps",
        "training_threads",
        "auto_train",
        "job_lease_seconds",
        "training_processes",
    )
    names += ("broker_url", "database_url", "table_look_seconds", "listens_in_container", "accounts")
    given = {f"EQUIMARK_{name.upper()}": str(getattr(settings, name)) for name in names}
    return {**os.environ, **given, "PYTHONPATH": str(ROOT)}


@contextmanager
def serving(settings: Settings, *arguments: str) -> Iterator[Running]:
    """`equimark serve` on a free port; ended with SIGTERM."""
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", *arguments]
    log = settings.home_dir.parent / "serve.log"
    with log.open("w") as errors:
        started = time.monotonic()
        process = subprocess.Popen(
            command, env=environment(settings), stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        yield _ready(process, log, started)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        assert process.stdout is not None
        process.stdout.close()


def _ready(process: subprocess.Popen[str], log: Path, started: float) -> Running:
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found, log.read_text()
    return Running(process, found.group(), time.monotonic() - started)
