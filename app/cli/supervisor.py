"""The embedded worker as a supervised child: niced, replaced when it dies, gone when the server is."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time

import structlog

STOP_SECONDS = 10.0  # after SIGTERM; then it is killed
BACK_OFF_SECONDS = (0.5, 1.0, 2.0, 5.0, 15.0, 60.0)  # a worker that cannot start must not eat a core
STEADY_SECONDS = 120.0  # one that lived so long starts again at once
log = structlog.get_logger()


class Supervisor:
    """Keeps one `python -m worker` alive until stopped."""

    def __init__(self, *, nice: int) -> None:
        self._nice = nice
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start the child and watch it."""
        self._thread.start()

    def stop(self) -> None:
        """End the child: it hands its job back, or is killed after ten seconds."""
        if not self._thread.is_alive():
            return
        self._is_stopping.set()
        self._thread.join()

    def _run(self) -> None:
        falls, dead = 0, None
        while not self._is_stopping.is_set():
            name = f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"
            started = time.monotonic()
            child = self._spawn(name, replaces=dead)
            if self._watch(child):
                return
            falls = 0 if time.monotonic() - started > STEADY_SECONDS else falls + 1
            dead = name
            pause = BACK_OFF_SECONDS[min(falls, len(BACK_OFF_SECONDS)) - 1] if falls else 0.0
            log.warning("worker_ended", pid=child.pid, status=child.returncode, starts_again_in_seconds=pause)
            self._is_stopping.wait(pause)

    def _spawn(self, name: str, *, replaces: str | None) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "worker", "--name", name]
        command += ["--parent-pid", str(os.getpid()), "--nice", str(self._nice)]
        if replaces is not None:
            command += ["--replaces", replaces]
        # a group of its own: Ctrl-C in the terminal reaches the server alone, which then ends the child
        return subprocess.Popen(  # noqa: S603  # our own interpreter with arguments of our own
            command,
            stdin=subprocess.DEVNULL,
            process_group=0,
            env={"OMP_WAIT_POLICY": "PASSIVE", **os.environ},
        )

    def _watch(self, child: subprocess.Popen[bytes]) -> bool:
        """Wait for the child to die (False), or end it when told to stop (True)."""
        while child.poll() is None:
            if self._is_stopping.wait(0.2):
                _end(child)
                return True
        return self._is_stopping.is_set()


def _end(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGTERM)
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        log.warning("worker_killed", pid=child.pid)
        child.kill()
        child.wait()
