"""The doctor names the hop that fails."""

import os
from datetime import timedelta

import pytest
from sqlalchemy import text

from app import heartbeats, jobs
from app.db import Database, open_database, utc_now
from app.doctor import WAITS_TOO_LONG, Hop, examine
from app.heartbeats import DUTIES, WEB, GpuUse, Pulse
from app.jobs import JobKind
from app.settings import Settings
from app.storage import open_storage
from tests.factories import make_project
from tests.redis_server import RedisServer

S3 = {"blobs_url", "s3_endpoint", "s3_access_key_id", "s3_secret_access_key"}


def ill(hops: list[Hop]) -> list[str]:
    return [hop.name for hop in hops if not hop.is_well]


@pytest.fixture
def living(settings: Settings) -> Settings:
    """A home with a worker and a web service in it."""
    Pulse(settings.work_dir, "worker:1", does=DUTIES).beat()
    Pulse(settings.work_dir, "web:1", does=[WEB]).beat()
    return settings


def test_a_service_with_all_it_needs_is_well(any_database: Database, living: Settings):
    hops = examine(any_database, living, now=utc_now())

    of_a_server = [] if any_database.is_sqlite else ["durability", "clock"]
    assert [hop.name for hop in hops] == [
        "database", "schema", *of_a_server, "home", "blobs", "web", "workers", "jobs",
    ]  # fmt: skip
    assert ill(hops) == []
    assert list(living.blobs_dir.rglob("*.part")) == []


@pytest.mark.parametrize("url", ["postgresql+psycopg://equimark:secret@127.0.0.1:1/equimark"])
def test_a_database_that_is_away_is_named_without_its_password(living: Settings, url: str):
    database = Database(url)

    hops = examine(database, living, now=utc_now())

    assert ill(hops) == ["database"]
    assert "secret" not in str(hops)
    assert "jobs" not in [hop.name for hop in hops]


def test_a_schema_of_another_version_is_named(any_database: Database, living: Settings):
    with any_database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    hops = examine(any_database, living, now=utc_now())

    assert ill(hops) == ["schema"]
    assert "[schema_too_new]" in hops[1].detail


def test_a_folder_that_cannot_be_written_is_named(database: Database, living: Settings):
    living.blobs_dir.write_text("a file where the folder should be")

    assert ill(examine(database, living, now=utc_now())) == ["blobs"]


def test_a_bucket_is_well_until_it_cannot_be_used(
    database: Database, living: Settings, s3_settings: Settings
):
    given = living.model_copy(update=s3_settings.model_dump(include=S3))
    nowhere = given.model_copy(update={"blobs_url": "s3://not-there"})
    silent = given.model_copy(update={"s3_endpoint": "http://127.0.0.1:1"})

    told = {name: examine(database, each, now=utc_now()) for name, each in
            {"well": given, "nowhere": nowhere, "silent": silent}.items()}  # fmt: skip

    assert {name: ill(hops) for name, hops in told.items()} == {
        "well": [], "nowhere": ["blobs"], "silent": ["blobs"],
    }  # fmt: skip
    assert f"{given.blobs_url} at {given.s3_endpoint}" in str(told["well"])
    assert "has no such bucket" in str(told["nowhere"])
    assert list(open_storage(given).keys("probes")) == []


def test_a_broker_is_well_until_it_is_gone(sqlite_url: str, living: Settings, broker: RedisServer):
    given = living.model_copy(update={"broker_url": broker.url})
    database = open_database(given)

    well = examine(database, given, now=utc_now())
    broker.kill()
    gone = examine(database, given, now=utc_now())
    database.close()

    assert (ill(well), ill(gone)) == ([], ["broker"])
    assert "[broker_unreachable]" in str(gone)


def test_a_home_without_a_living_worker_is_named(database: Database, living: Settings):
    beat = living.work_dir / "workers" / "worker:1"
    long_ago = beat.stat().st_mtime - 3600
    os.utime(beat, (long_ago, long_ago))

    assert ill(examine(database, living, now=utc_now())) == ["workers"]


def test_what_no_worker_does_is_named(database: Database, settings: Settings):
    for name, does in {"trainer": ["train"], "helper": ["predict", "light"]}.items():
        Pulse(settings.work_dir, name, does=does).beat()

    hops = examine(database, settings, now=utc_now())

    assert ill(hops) == ["web", "workers"]
    assert "nobody alive does: upkeep" in str(hops)
    assert "helper (predict, light)" in str(hops)


def test_a_job_that_nobody_takes_is_named(any_database: Database, living: Settings):
    now = utc_now()
    with any_database.unit_of_work() as session:
        project_id = make_project(session).id
        jobs.enqueue(
            session, JobKind.RANK, project_id=project_id, subject_id=project_id, now=now - WAITS_TOO_LONG
        )

    assert ill(examine(any_database, living, now=now - timedelta(seconds=1))) == []
    assert ill(examine(any_database, living, now=now)) == ["jobs"]


def test_a_heartbeat_is_forgotten_after_a_day_or_with_the_end_of_its_process(settings: Settings):
    pulses = {name: Pulse(settings.work_dir, name, does=["train"]) for name in ("ended", "lost", "lives")}
    for pulse in pulses.values():
        pulse.beat()
    lost = settings.work_dir / "workers" / "lost"
    os.utime(lost, (lost.stat().st_mtime - 90_000,) * 2)

    pulses["ended"].stop()
    heartbeats.forget_old(settings.work_dir, now=utc_now())

    assert [each.name for each in heartbeats.heard(settings.work_dir)] == ["lives"]


def test_a_service_that_answers_nobody_is_named(database: Database, living: Settings):
    (living.work_dir / "workers" / "web:1").unlink()

    assert ill(examine(database, living, now=utc_now())) == ["web"]


def test_case_016_a_server_that_may_lose_acknowledged_labels_is_named(
    postgres_database: Database, living: Settings
):
    name = postgres_database.engine.url.database
    with postgres_database.engine.begin() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    postgres_database.engine.dispose()

    hops = examine(postgres_database, living, now=utc_now())

    assert ill(hops) == ["durability"]
    assert "synchronous_commit is off" in str(hops)


def test_case_022_clocks_that_do_not_agree_are_named(postgres_database: Database, living: Settings):
    hops = examine(postgres_database, living, now=utc_now() - timedelta(seconds=30))

    assert ill(hops) == ["clock"]


def test_a_worker_says_how_busy_its_gpus_are(settings: Settings):
    pulse, busy = Pulse(settings.work_dir, "trainer", does=["train"]), GpuUse(0, 0.93, 2**30, 2**34)

    pulse.beat([busy])
    at_work = heartbeats.heard(settings.work_dir)
    pulse.beat()
    idle = heartbeats.heard(settings.work_dir)

    assert [(each.does, each.gpus) for each in at_work] == [(("train",), (busy,))]
    assert [(each.does, each.gpus) for each in idle] == [(("train",), ())]
