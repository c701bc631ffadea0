"""Parts of bench/throughput.py about rows: predictions written back, a project exported."""

import argparse
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from pool import SCHEMA, lay
from sqlalchemy import func, select, text
from throughput_files import picture_of
from world import NOW, ROOT, World, environment_of, opened_world

from app.db import Database
from app.images.service import original_key
from app.predictions import service as predictions
from app.predictions import unpredicted
from app.predictions.tables import Network, Prediction
from app.storage import sha256_hex
from app.training.tables import Run, RunStatus


def write_back(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Predictions of every image by a second network, as the worker stores them: a transaction a batch."""
    with opened_world("postgres", image_count=0, picture=b"", schema=SCHEMA) as world:
        count = options.predictions
        lay(world, count, seed=options.seed)
        batch = predictions.ROWS_AT_ONCE
        rates, listed, longest, used, database_used = [], [], 0.0, 0.0, 0.0
        for _ in range(options.repeats):
            network, rows = _second_network(world, count)
            listed.append(count / _listing_seconds(world, network))
            began, used_before = time.perf_counter(), time.process_time()
            database_before = _database_cpu(world.database)
            for start in range(0, count, batch):
                each_began = time.perf_counter()
                with world.database.unit_of_work() as session:
                    predictions.store_predictions(session, network, rows[start : start + batch])
                longest = max(longest, time.perf_counter() - each_began)
            rates.append(count / (time.perf_counter() - began))
            used += time.process_time() - used_before
            database_used += _database_cpu(world.database) - database_before
            _check_stored(world.database, network, count)
        yield {
            "what": "predictions",
            "images": count,
            "images_per_second": rates,
            "listed_before_per_second": [round(each) for each in listed],
            "batch": batch,
            "own_cpu_ms_an_image": round(1000 * used / count / options.repeats, 3),
            "database_cpu_ms_an_image": round(1000 * database_used / count / options.repeats, 3),
            "longest_transaction_ms": round(longest * 1000, 1),
        }


def _second_network(world: World, count: int) -> tuple[Network, list[dict[str, Any]]]:
    """A new version that has said nothing yet, and what it is going to say."""
    with world.database.unit_of_work() as session:
        first = session.scalars(select(Network).limit(1)).one()
        number = (session.scalar(select(func.max(Run.number))) or 0) + 1
        run = Run(
            project_id=world.project_id,
            number=number,
            status=RunStatus.SUCCEEDED,
            reason="a benchmark",
            requested_at=NOW,
        )
        session.add(run)
        session.flush()
        said = session.scalars(select(Prediction).limit(1)).one()
        made = predictions.NewNetwork(
            weights_sha256=first.weights_sha256, onnx_sha256=first.onnx_sha256, schema_version=1,
            landmarks=first.landmarks, config={}, scores={},
        )  # fmt: skip
        now = datetime.now(UTC)
        network = predictions.add_network(
            session, project_id=world.project_id, run_id=run.id, made=made, now=now
        )
        predictions.promote(session, network.id, by=None, now=now)
    says = {"points": said.points, "attributes": said.attributes, "doubt": 0.01, "created_at": now}
    return network, [{"image_id": number, **says} for number in range(1, count + 1)]


def _listing_seconds(world: World, network: Network) -> float:
    """As the worker does it before it predicts, in transactions of their own."""
    began, has_more = time.perf_counter(), True
    while has_more:
        with world.database.unit_of_work() as session:
            has_more = unpredicted.extend(session, network)
    return time.perf_counter() - began


def _database_cpu(database: Database) -> float:
    """Seconds that the processes of the database have computed so far; its one connection stays."""
    with database.reading() as session:
        process_id = session.scalar(text("SELECT pg_backend_pid()"))
    postmaster = psutil.Process(process_id).parent()
    assert postmaster is not None
    return sum(sum(each.cpu_times()[:2]) for each in postmaster.children())


def _check_stored(database: Database, network: Network, count: int) -> None:
    with database.reading() as session:
        stored = session.scalar(select(func.count()).where(Prediction.network_id == network.id))
    if stored != count:
        raise RuntimeError(f"{stored} of {count} predictions are stored")


def export(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """All labels and image files as a ZIP, by `equimark export`; the peak memory of its process."""
    for count in options.export:
        with opened_world(
            "postgres", image_count=0, picture=picture_of((160, 120), 0), schema=SCHEMA
        ) as world:
            lay(world, count, seed=options.seed)
            _place_all(world)
            for form in ("folder", "coco"):
                out = world.home / f"{form}.zip"
                command = [sys.executable, "-m", "app.cli", "export", "--project", "bench", "--format", form]
                began = time.perf_counter()
                peak = _peak_bytes([*command, "--out", str(out), "--json"], world)
                seconds = time.perf_counter() - began
                yield {
                    "what": "export",
                    "format": form,
                    "images": count,
                    "images_per_second": [count / seconds],
                    "peak_rss_mb": round(peak / 2**20),
                    "file_mb": round(out.stat().st_size / 1e6),
                }
                out.unlink()


def _place_all(world: World) -> None:
    """The same small file for all images: an export reads and checks each by the hash in its row."""
    digest = sha256_hex(world.picture)
    with world.database.unit_of_work() as session:
        session.execute(text("ALTER TABLE images DROP CONSTRAINT uq_images_project_id_sha256"))
        session.execute(text("UPDATE images SET sha256 = :digest"), {"digest": digest})
    world.storage.put(original_key(digest), world.picture)


def _peak_bytes(command: list[str], world: World) -> int:
    """The most memory that the program had, by its own high-water mark; wait4 would count ours, too."""
    with (world.home / "export.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment_of(world), stdout=log, stderr=log)
        mark, peak = Path(f"/proc/{process.pid}/status"), 0
        while process.poll() is None:
            found = re.search(r"^VmHWM:\s+(\d+) kB", mark.read_text(), re.MULTILINE)
            peak = int(found[1]) * 1024 if found else peak
            time.sleep(0.05)
    if process.returncode:
        raise RuntimeError((world.home / "export.log").read_text()[-2000:])
    return peak
