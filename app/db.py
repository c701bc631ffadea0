"""The database: engine, the one place that commits, and column types shared by all tables.

SQLite runs in WAL mode with `synchronous=FULL`, so that an acknowledged label survives a power cut, and every
writing transaction starts with BEGIN IMMEDIATE: a plain BEGIN that is upgraded later loses races.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Annotated, Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    BindParameter,
    ColumnElement,
    Dialect,
    Engine,
    FromClause,
    Integer,
    MetaData,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.orm import (
    DeclarativeBase,
    InstrumentedAttribute,
    Session,
    SessionTransaction,
    mapped_column,
    sessionmaker,
)
from sqlalchemy.types import DateTime, TypeDecorator

from app.doorbell import Doorbell
from app.settings import Settings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
BUSY_TIMEOUT_SECONDS = 10
# after half a minute without a sign of the other machine the connection is lost, not in hours as by default
SILENT_NETWORK = {
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # ms
}
POOL_TIMEOUT_SECONDS = 5  # for one of forty connections; who gets none is told to come again
DOORBELL, WAITING = "doorbell", "waits_for_commit"  # what a session carries


def utc_now() -> datetime:
    """The time at the edge; everything below takes it as an argument."""
    return datetime.now(UTC)


def database_now(session: Session) -> datetime:
    """The time where the database is, one for all processes; an SQLite file is on this machine."""
    if session.get_bind().dialect.name == "sqlite":
        return utc_now()
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return now.astimezone(UTC)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC datetimes; SQLite stores no zone, so it is put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times: they would silently mean local time on one of the two databases."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime reached the {dialect.name} database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Attach or convert to UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up by itself only for INTEGER keys
JsonValue = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Id = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]


class Base(DeclarativeBase):
    """Base of all tables; constraint names follow one convention so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


def make_engine(url: str, *, pool_size: int = 20, lock_wait_seconds: float | None = None) -> Engine:
    """An engine with the durability settings that the promises need.

    On PostgreSQL nobody waits for a silent network, and for a lock at most so long: who is stopped within a
    transaction keeps its locks. SQLite's one lock has BUSY_TIMEOUT_SECONDS in any case.
    """
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=20,
            pool_timeout=POOL_TIMEOUT_SECONDS,
            connect_args={"timeout": BUSY_TIMEOUT_SECONDS},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=20,
        pool_timeout=POOL_TIMEOUT_SECONDS,
        pool_pre_ping=True,
        connect_args={"connect_timeout": BUSY_TIMEOUT_SECONDS, **SILENT_NETWORK},
    )
    if lock_wait_seconds is not None:
        event.listen(engine, "connect", partial(_limit_lock_waits, lock_wait_seconds))
    return engine


def _limit_lock_waits(seconds: float, connection: Any, _record: object) -> None:
    connection.autocommit = True  # within a transaction, its rollback would take the setting back
    connection.execute(f"SET lock_timeout = {round(seconds * 1000)}")
    connection.autocommit = False


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we emit BEGIN ourselves, see `_begin_sqlite`
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        f"busy_timeout={BUSY_TIMEOUT_SECONDS * 1000}",
        "foreign_keys=ON",
        "cache_size=-32768",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    is_reading = connection.get_execution_options().get("is_reading", False)
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


class Database:
    """One engine with its two kinds of session: writing and reading. Writers may have a doorbell to ring."""

    def __init__(
        self, url: str, *, doorbell: Doorbell | None = None, lock_wait_seconds: float | None = None
    ) -> None:
        self.engine = make_engine(url, lock_wait_seconds=lock_wait_seconds)
        self.doorbell = doorbell
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        reading = self.engine.execution_options(is_reading=True, postgresql_readonly=True)
        self.writing_session = sessionmaker(self.engine, expire_on_commit=False, info={DOORBELL: doorbell})
        self._reading_session = sessionmaker(reading, expire_on_commit=False)

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """A transaction that commits at the end, or rolls back on any exception."""
        with self.writing_session.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that may only read."""
        with self._reading_session() as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A reading session whose queries all see the same instant, as on SQLite they always do."""
        with self.reading() as session:
            if not self.is_sqlite:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()
        if self.doorbell is not None:
            self.doorbell.close()


def open_database(settings: Settings, *, lock_wait_seconds: float | None = None) -> Database:
    """The database of these settings; an SQLite file's folder is made, the file only by a migration.

    Who answers a request limits its waits for locks: somebody waits for it, and can ask again.
    """
    import_module("app.tables")  # rows refer to each other by name, so a process needs all tables or none
    if settings.sqlalchemy_url.startswith("sqlite"):
        settings.home_dir.mkdir(parents=True, exist_ok=True)
    doorbell = Doorbell(settings.broker_url) if settings.broker_url else None
    return Database(settings.sqlalchemy_url, doorbell=doorbell, lock_wait_seconds=lock_wait_seconds)


def after_commit(session: Session, call: Callable[[], None]) -> None:
    """Run `call` once this transaction is durable; a rolled-back one, or savepoint, calls nothing."""
    inside = session.get_nested_transaction() or session.get_transaction()
    session.info.setdefault(WAITING, []).append((inside, call))


@event.listens_for(Session, "after_commit")
def _call_after_commit(session: Session) -> None:
    """Also sent for a savepoint, which makes nothing durable: then its calls wait for what it stands in."""
    waiting = session.info.pop(WAITING, [])
    savepoint = session.get_nested_transaction()
    if savepoint is None:
        for _, call in waiting:
            call()
    elif waiting:
        session.info[WAITING] = [
            (savepoint.parent if inside is savepoint else inside, call) for inside, call in waiting
        ]


@event.listens_for(Session, "after_soft_rollback")
def _forget_after_rollback(session: Session, ended: SessionTransaction) -> None:
    waiting = session.info.pop(WAITING, [])
    if ended.nested:
        session.info[WAITING] = [(inside, call) for inside, call in waiting if inside is not ended]


def insert_into(session: Session, table: type[Base] | FromClause) -> Any:
    """An INSERT that can say ON CONFLICT, in the dialect of this session's database."""
    dialect = session.get_bind().dialect.name
    return (sqlite if dialect == "sqlite" else postgresql).insert(table)


def is_one_of(
    session: Session, column: InstrumentedAttribute[int], ids: Sequence[int]
) -> ColumnElement[bool]:
    """Whether an id is one of many. PostgreSQL gets them as one array: 5,000 parameters take 100 ms."""
    if session.get_bind().dialect.name == "sqlite":
        return column.in_(ids)
    given: BindParameter[Sequence[int]] = bindparam(None, ids, ARRAY(BigInteger))
    return column == any_(given)


def changed_rows(result: Any) -> int:
    """How many rows an UPDATE, DELETE or INSERT touched."""
    count: int = result.rowcount
    return count
