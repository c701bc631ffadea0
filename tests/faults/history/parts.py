"""Processes of the service that can be killed, stopped and started again under the same address."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx2
import psutil

from tests.source import ROOT

BACK_SECONDS = 90.0  # on a machine under load; how long it takes is told, not asserted
STOP_SECONDS = 30.0


class NotBack(AssertionError):
    """Something did not come back after a fault."""


class Part:
    """`python -m <module> <arguments>`, with what it says in a log."""

    def __init__(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self._command = [sys.executable, "-m", *command]
        self._environment = {**os.environ, **environment, "PYTHONFAULTHANDLER": "1"}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns at once."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )

    def log(self) -> str:
        """What it has said so far, in all its lives."""
        return self._log.read_text(errors="replace")

    @property
    def process(self) -> psutil.Process:
        """The running process."""
        assert self._process is not None
        return psutil.Process(self._process.pid)

    def children(self) -> list[psutil.Process]:
        """Its living children; none where it is dead."""
        with suppress(psutil.NoSuchProcess):
            return [each for each in self.process.children(recursive=True) if _lives(each)]
        return []

    @property
    def status(self) -> int | None:
        """How it ended; None while it has not."""
        return None if self._process is None else self._process.poll()

    def alive(self) -> list[psutil.Process]:
        """Its process, if it has not ended."""
        return [self.process] if self._process is not None and self.status is None else []

    def revive(self) -> None:
        """Start it again where it was killed; one that ended by itself has to be looked at."""
        if self.status == -signal.SIGKILL:
            self.start()

    def kill(self) -> None:
        """SIGKILL to it alone, as by a crash."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def end(self) -> None:
        """SIGTERM, as by whoever runs the machine."""
        assert self._process is not None
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            said = self._stacks()
            raise NotBack(
                f"{self.name} did not end within {STOP_SECONDS:.0f} s of SIGTERM: {said}"
            ) from error
        if self.status != 0:
            raise NotBack(f"{self.name} ended with {self.status} after SIGTERM: {self.log()[-3000:]}")

    def _stacks(self) -> str:
        """End it by SIGABRT; the end of its log, in which Python then tells where each thread was."""
        assert self._process is not None
        self._process.send_signal(signal.SIGABRT)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_SECONDS)
        return self.log()[-6000:]

    def remove(self) -> None:
        """Leave nothing of it behind."""
        if self._process is None:
            return
        children = self.children()
        self._process.kill()
        self._process.wait()
        for child in children:
            with suppress(psutil.NoSuchProcess):
                child.kill()

    def must_live(self) -> None:
        """Raise if it has ended by itself."""
        assert self._process is not None
        if self._process.poll() is not None:
            raise NotBack(f"{self.name} ended with {self._process.returncode}: {self.log()[-3000:]}")


class Web(Part):
    """`equimark serve` on a port of its own."""

    def __init__(
        self, name: str, *options: str, port: int, environment: Mapping[str, str], log: Path
    ) -> None:
        command = ["app.cli", "serve", "--port", str(port), *options]
        super().__init__(name, command, environment=environment, log=log)
        self.port = port

    def wait(self) -> None:
        """Until it can work."""
        until(self._is_ready, self.name)

    def _is_ready(self) -> bool:
        self.must_live()
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status_code == 200
        except httpx2.HTTPError:
            return False


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    return False


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def until(is_so: Callable[[], object], what: str, *, seconds: float = BACK_SECONDS) -> None:
    """Wait for something.

    Raises:
        NotBack: in vain.

    """
    ends_at = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > ends_at:
            raise NotBack(f"waited {seconds:.0f} s for {what}")
        time.sleep(0.05)


def pause(processes: Sequence[psutil.Process], seconds: float) -> None:
    """SIGSTOP, and SIGCONT in any case: a process that stays stopped blocks whatever comes next."""
    stopped = []
    try:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGSTOP)
                stopped.append(process)
        time.sleep(seconds)
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGCONT)
