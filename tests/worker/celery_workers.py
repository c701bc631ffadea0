"""Celery workers and upkeep as processes of their own, as `equimark worker --queues` starts them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from app.settings import Settings
from tests.worker.running import environment, until


class CeleryWorker:
    """A running worker: its process, the one that does its jobs, and its log."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    def slot(self) -> psutil.Process:
        """The process that does the jobs, once it has begun."""
        return until(self._find_slot)

    def is_ready(self) -> bool:
        """Whether its slot has begun."""
        return "slot_ready" in self.log()

    def _find_slot(self) -> psutil.Process | None:
        children = psutil.Process(self.process.pid).children()
        return next((each for each in children if "spawn_main" in " ".join(each.cmdline())), None)


@contextmanager
def celery_worker(settings: Settings, queues: str, *, name: str = "celery") -> Iterator[CeleryWorker]:
    """`python -m worker --queues`; ended with SIGTERM, killed where that does not help."""
    log = settings.home_dir.parent / f"{name}.log"
    with running(settings, log, "--queues", queues) as process:
        worker = CeleryWorker(process, log)
        until(worker.is_ready)
        yield worker


@contextmanager
def upkeep(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m worker --upkeep`."""
    with running(settings, settings.home_dir.parent / "upkeep.log", "--upkeep") as process:
        yield process


@contextmanager
def running(settings: Settings, log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m worker` with these arguments."""
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "worker", *arguments], env=environment(settings), stderr=file, stdout=file
        )
    try:
        yield process
    finally:
        children = psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for child in children:
            if child.is_running():
                child.kill()
