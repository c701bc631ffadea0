"""What a service needs, hop by hop: which one fails, and what to do about it."""

import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app import heartbeats, jobs, migrate
from app.db import Database
from app.doorbell import QUEUES, check_broker_url
from app.durability import unsafe_settings
from app.errors import DomainError
from app.mounts import MOUNTS, find_fleeting
from app.settings import Settings
from app.storage import open_storage

LEAST_FREE_BYTES = 2**30
CLOCKS_APART_SECONDS = 10.0
WAITS_TOO_LONG = timedelta(minutes=2)  # a light job has its turn in seconds; a run may wait for another


@dataclass(frozen=True)
class Hop:
    """One thing that the service needs: whether it works, and what was seen."""

    name: str
    is_well: bool
    detail: str


def examine(database: Database, settings: Settings, *, now: datetime) -> list[Hop]:
    """All hops, those first that the others need; what cannot be seen without a failed one is left out."""
    hops = [_seen("database", lambda: _database(database))]
    if hops[0].is_well:
        hops.append(_seen("schema", lambda: _schema(database)))
        if not database.is_sqlite:
            hops.append(_seen("durability", lambda: _durability(database)))
            hops.append(_seen("clock", lambda: _clock(database, now)))
    hops.append(_seen("home", lambda: home_hop(settings)))
    hops.append(_seen("blobs", lambda: _blobs(settings)))
    if settings.broker_url:
        hops.append(_seen("broker", lambda: _broker(database, settings)))
    hops.append(_seen("web", lambda: _web(settings, now)))
    hops.append(_seen("workers", lambda: _workers(settings, now)))
    if all(hop.is_well for hop in hops[:2]):
        hops.append(_seen("jobs", lambda: _jobs(database, now)))
    return hops


def _seen(name: str, look: Callable[[], tuple[bool, str]]) -> Hop:
    try:
        is_well, detail = look()
    except DomainError as error:
        return Hop(name, is_well=False, detail=f"{error} [{error.code()}]")
    except (OSError, SQLAlchemyError) as error:
        reason = getattr(error, "orig", None) or error
        return Hop(name, is_well=False, detail=str(reason).strip().splitlines()[0])
    return Hop(name, is_well=is_well, detail=detail)


def _database(database: Database) -> tuple[bool, str]:
    began = time.perf_counter()
    with database.reading() as session:
        session.execute(text("SELECT 1"))
    milliseconds = (time.perf_counter() - began) * 1000
    place = database.engine.url.render_as_string(hide_password=True)
    return True, f"{place} answers in {milliseconds:.0f} ms"


def _schema(database: Database) -> tuple[bool, str]:
    migrate.check_schema(database)
    return True, "is this version's"


def _durability(database: Database) -> tuple[bool, str]:
    """What an acknowledged label rests on; a standby that was not promoted takes none at all."""
    with database.reading() as session:
        if session.scalar(text("SELECT pg_is_in_recovery()")):
            return False, "the server is a standby: it only reads"
    if unsafe := unsafe_settings(database):
        return False, f"acknowledged labels can be lost: {', '.join(unsafe)}"
    return True, "acknowledged labels survive a power cut"


def _clock(database: Database, now: datetime) -> tuple[bool, str]:
    """Jobs are given up, and sessions end, by each machine's own clock: all of them must agree."""
    with database.reading() as session:
        theirs: datetime = session.scalars(text("SELECT clock_timestamp()")).one()
    apart = (theirs - now).total_seconds()
    return abs(apart) < CLOCKS_APART_SECONDS, f"the database's is {apart:+.1f} s from that of this machine"


def home_hop(settings: Settings, *, mounts: Path = MOUNTS) -> tuple[bool, str]:
    """Whether what is stored outlasts the container; on a machine of one's own that is one's own affair."""
    home = settings.home_dir
    kind = find_fleeting(home, is_in_container=True, mounts=mounts) if settings.listens_in_container else None
    if kind is not None and settings.keeps_in_home:
        return False, f"{home} lies on {kind}: it is gone with this container. Mount a volume there"
    return True, str(home)


def _blobs(settings: Settings) -> tuple[bool, str]:
    """Write one, try to write over it, read and remove it."""
    storage, probe = open_storage(settings), f"probes/{secrets.token_hex(8)}"
    storage.put(probe, b"well")
    is_kept = not storage.put(probe, b"written over") and storage.get(probe) == b"well"
    storage.discard(probe)
    folder = settings.blob_cache_dir if settings.blobs_url else settings.blobs_dir
    folder.mkdir(parents=True, exist_ok=True)
    free_bytes = shutil.disk_usage(folder).free
    told = [storage.place, f"{free_bytes / 2**30:.1f} GiB free in {folder}"]
    if not is_kept:
        told.append("it lets a blob be written over: If-None-Match is ignored")
    return is_kept and free_bytes >= LEAST_FREE_BYTES, "; ".join(told)


def _broker(database: Database, settings: Settings) -> tuple[bool, str]:
    check_broker_url(settings.broker_url)
    assert database.doorbell is not None
    waiting = {name: database.doorbell.messages(name) for name in QUEUES}
    return True, "messages waiting: " + ", ".join(f"{name} {count}" for name, count in waiting.items())


def _web(settings: Settings, now: datetime) -> tuple[bool, str]:
    living = [
        each
        for each in heartbeats.heard(settings.work_dir)
        if heartbeats.WEB in each.does and not each.is_silent(now)
    ]
    return bool(living), "; ".join(each.name for each in living) or "no web service is alive"


def _workers(settings: Settings, now: datetime) -> tuple[bool, str]:
    heard = heartbeats.heard(settings.work_dir)
    living = [each for each in heard if not each.is_silent(now) and heartbeats.WEB not in each.does]
    undone = [duty for duty in heartbeats.DUTIES if not any(duty in each.does for each in living)]
    told = [f"{each.name} ({', '.join(each.does)})" for each in living]
    if undone:
        told.insert(0, f"nobody alive does: {', '.join(undone)}")
    return not undone, "; ".join(told)


def _jobs(database: Database, now: datetime) -> tuple[bool, str]:
    with database.reading() as session:
        due = jobs.longest_due(session, now=now)
    if due is None:
        return True, "none waits"
    detail = f"job {due.job_id} ({due.kind}) has waited {due.waited.total_seconds():.0f} s for a worker"
    return due.waited < WAITS_TOO_LONG, detail
