"""The two ways in which Equimark is run, as real processes: alone on SQLite, or on PostgreSQL and Redis."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import psutil
from sqlalchemy import select, text

from app import migrate
from app.db import Database
from app.jobs import Job, JobStatus
from app.storage import FolderStorage
from tests.faults.history.checker import Violation
from tests.faults.history.parts import NotBack, Part, Web, free_port, until
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

LEASE_SECONDS = 10
JOB_LEASE_SECONDS = 3
WORKERS = 2
SETTINGS = {
    "EQUIMARK_ACCOUNTS": "required",
    "EQUIMARK_LEASE_SECONDS": str(LEASE_SECONDS),
    "EQUIMARK_JOB_LEASE_SECONDS": str(JOB_LEASE_SECONDS),
    "EQUIMARK_AUTO_TRAIN": "false",
    "EQUIMARK_TRAINING_STEPS": "6",
    "EQUIMARK_TRAINING_THREADS": "1",
    "EQUIMARK_TABLE_LOOK_SECONDS": "1",
}
# what the promises rest on; read back at each start, so that no trial of another setting lasts
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class Stack(ABC):
    """What both have: a database, blobs, web processes, and parts that do the jobs."""

    def __init__(self, folder: Path, *, database_url: str, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.home.mkdir(exist_ok=True)
        self.database_url = database_url
        self.environment = {
            **SETTINGS,
            "EQUIMARK_HOME_DIR": str(self.home),
            "EQUIMARK_DATABASE_URL": database_url,
            **environment,
        }
        self.webs: list[Web] = []
        self.workers: list[Part] = []
        self.postgres: PostgresServer | None = None
        self.redis: RedisServer | None = None
        self.storage = FolderStorage(self.home / "blobs")
        with self.opened() as database:
            migrate.upgrade(database)

    @contextmanager
    def opened(self) -> Iterator[Database]:
        """The database, past all servers."""
        database = Database(self.database_url)
        yield database
        database.close()

    @property
    def ports(self) -> list[int]:
        """Of the web processes."""
        return [web.port for web in self.webs]

    def start(self) -> None:
        """Start everything and wait until it answers."""
        for part in (*self.webs, *self.workers):
            part.start()
        self.wait()

    def wait(self) -> None:
        """Until all web processes can work, and somebody does jobs."""
        for web in self.webs:
            web.wait()
        try:
            until(self._do_jobs, "the processes that do jobs")
        except NotBack as error:
            raise NotBack(f"{error}; there are {self.job_processes()}: {self.logs()[-6000:]}") from error

    def _do_jobs(self) -> bool:
        for worker in self.workers:
            worker.revive()  # asked again and again: one that was just killed may take a moment to die
        return len(self.job_processes()) == WORKERS

    def is_busy(self) -> bool:
        """Whether a job is being done."""
        with self.opened() as database, database.reading() as session:
            return session.scalar(select(Job.id).where(Job.status == JobStatus.RUNNING).limit(1)) is not None

    @abstractmethod
    def job_processes(self) -> list[psutil.Process]:
        """Those that do jobs."""

    def check(self) -> None:
        """Raise if something that has to live has ended by itself."""
        for part in (*self.webs, *self.workers):
            part.must_live()
        if self.postgres is not None:
            check_settings(self.postgres)

    @abstractmethod
    def damage(self) -> Iterator[Violation]:
        """What the database's own programs say of its files (I16)."""

    def remove(self) -> None:
        """End all processes."""
        for part in (*self.webs, *self.workers):
            part.remove()

    def web(self, number: int, *options: str) -> Web:
        """A web process that is not started yet."""
        name = f"web{number}"
        log = self.folder / f"{name}.log"
        return Web(name, *options, port=free_port(), environment=self.environment, log=log)

    def worker(self, name: str, *arguments: str) -> Part:
        """A worker process that is not started yet."""
        log = self.folder / f"{name}.log"
        return Part(name, ["worker", *arguments], environment=self.environment, log=log)

    def logs(self) -> str:
        """All that the processes said."""
        return "\n".join(part.log() for part in (*self.webs, *self.workers))


class Alone(Stack):
    """`equimark serve` with its own worker, and a second worker that may take over its jobs, on SQLite."""

    def __init__(self, folder: Path, *, environment: Mapping[str, str]) -> None:
        url = f"sqlite:///{folder / 'equimark.sqlite3'}"
        super().__init__(folder, database_url=url, environment=environment)
        self.webs = [self.web(1)]
        self.workers = [self.worker("worker")]

    def job_processes(self) -> list[psutil.Process]:
        """The supervised child and the second worker."""
        return [*self.webs[0].children(), *self.workers[0].alive()]

    def damage(self) -> Iterator[Violation]:
        """PRAGMA integrity_check."""
        with self.opened() as database, database.reading() as session:
            for (line,) in session.execute(text("PRAGMA integrity_check")):
                if line != "ok":
                    yield Violation("I16", str(line))


class Spread(Stack):
    """Two web processes, two Celery workers, upkeep, PostgreSQL and Redis."""

    def __init__(
        self, folder: Path, *, environment: Mapping[str, str], postgres: PostgresServer, redis: RedisServer
    ) -> None:
        broker = {"EQUIMARK_BROKER_URL": redis.url}
        url = postgres.create_database("history")
        super().__init__(folder, database_url=url, environment={**broker, **environment})
        self.postgres, self.redis = postgres, redis
        self.webs = [self.web(number, "--no-worker") for number in (1, 2)]
        queues = ("--queues", "train,predict,light")
        self.celery = [self.worker(f"celery{number}", *queues) for number in (1, 2)]
        self.workers = [*self.celery, self.worker("upkeep", "--upkeep")]

    def job_processes(self) -> list[psutil.Process]:
        """Those that Celery spawned."""
        children = [child for part in self.celery for child in part.children()]
        return [each for each in children if _is_spawned(each)]

    def damage(self) -> Iterator[Violation]:
        """pg_amcheck of all tables and indexes."""
        assert self.postgres is not None
        try:
            self.postgres.run("pg_amcheck", "--install-missing", "--heapallindexed", "--database", "history")
        except RuntimeError as error:
            yield Violation("I16", str(error))


def _is_spawned(process: psutil.Process) -> bool:
    with suppress(psutil.Error):  # it may be dying just now
        return "spawn_main" in " ".join(process.cmdline())
    return False


def check_settings(postgres: PostgresServer) -> None:
    """Raise unless the server has the settings that it was started with, and else those of the promises."""
    wanted = DURABLE | {name: postgres.settings[name] for name in DURABLE if name in postgres.settings}
    actual = {name: postgres.execute(f"SHOW {name}")[0][0] for name in DURABLE}
    if actual != wanted:
        raise NotBack(f"PostgreSQL runs with {actual}, not {wanted}")


@contextmanager
def alone(folder: Path, environment: Mapping[str, str]) -> Iterator[Stack]:
    """A started stack on SQLite."""
    stack = Alone(folder, environment=environment)
    try:
        yield stack
    finally:
        stack.remove()


@contextmanager
def spread(
    folder: Path, environment: Mapping[str, str], postgres_settings: Mapping[str, str] | None = None
) -> Iterator[Stack]:
    """A stack on PostgreSQL and Redis."""
    with ExitStack() as servers:
        postgres = servers.enter_context(PostgresServer(settings=dict(postgres_settings or {})))
        check_settings(postgres)
        redis = servers.enter_context(RedisServer())
        stack = Spread(folder, environment=environment, postgres=postgres, redis=redis)
        try:
            yield stack
        finally:
            stack.remove()
