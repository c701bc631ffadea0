"""How fast much goes in and out: predictions stored, a folder imported, files uploaded, a project exported.

On PostgreSQL, with a real server for the uploads and a process of its own for the export, whose memory is
measured. Pictures are noise of a few pixels blown up, so that they compress like photographs; `--seed` makes
them. Blobs are written with fsync, as ever.

    python bench/throughput.py
    python bench/throughput.py --only predictions upload
"""

import argparse
import io
import json
import os
import platform
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
import psutil
from PIL import Image as Pixels
from pool import SCHEMA, lay
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select, text
from world import NOW, ROOT, World, environment_of, opened_world, served

from app.db import Database
from app.exchange import service as exchange
from app.images.service import original_key
from app.images.tables import Image
from app.predictions import service as predictions
from app.predictions.tables import Network, Prediction
from app.settings import Settings
from app.storage import sha256_hex
from app.training.tables import Run, RunStatus

RESULTS = ROOT / "bench" / "results" / "throughput.json"
SIZES = {"640 x 480": (640, 480), "4000 x 3000": (4000, 3000)}
ASKED = {"predictions": 5000.0, "import": 500.0, "upload": 25.0}  # images/s; of an upload per core
EXPORT_GROWTH_BYTES = 200 * 2**20


def picture(size_px: tuple[int, int], seed: int) -> bytes:
    """A JPEG of this size unlike all others."""
    noise = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    file = io.BytesIO()
    Pixels.fromarray(noise).resize(size_px, Pixels.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


def write_back(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Predictions of every image by a second network, as the worker stores them: a transaction a batch."""
    with opened_world("postgres", image_count=0, picture=b"", schema=SCHEMA) as world:
        count = options.predictions
        lay(world, count, seed=options.seed)
        batch = predictions.ROWS_AT_ONCE
        rates, longest, used = [], 0.0, 0.0
        for _ in range(options.repeats):
            network, rows = _second_network(world, count)
            began, used_before = time.perf_counter(), time.process_time()
            for start in range(0, count, batch):
                each_began = time.perf_counter()
                with world.database.unit_of_work() as session:
                    predictions.store_predictions(session, network, rows[start : start + batch])
                longest = max(longest, time.perf_counter() - each_began)
            rates.append(count / (time.perf_counter() - began))
            used += time.process_time() - used_before
            _check_stored(world.database, network, count)
        yield {
            "what": "predictions",
            "images": count,
            "images_per_second": rates,
            "batch": batch,
            "own_cpu_ms_an_image": round(1000 * used / count / options.repeats, 3),
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
    says = {"points": said.points, "attributes": said.attributes, "doubt": 0.01, "created_at": now}
    return network, [{"image_id": number, **says} for number in range(1, count + 1)]


def _check_stored(database: Database, network: Network, count: int) -> None:
    with database.reading() as session:
        stored = session.scalar(select(func.count()).where(Prediction.network_id == network.id))
    if stored != count:
        raise RuntimeError(f"{stored} of {count} predictions are stored")


def take_in(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """A folder of files on this machine, by the import that the command line and the worker do."""
    for name, size_px in SIZES.items():
        count = options.files if name == "640 x 480" else max(1, options.files // 10)
        with opened_world("postgres", image_count=0, picture=b"", schema=SCHEMA) as world:
            rates, megabytes, used = [], 0.0, 0.0
            for repeat in range(options.repeats):
                folder = world.home / f"in{repeat}"
                megabytes = _write_pictures(folder, size_px, count, first_seed=options.seed + repeat * count)
                began, used_before = time.perf_counter(), time.process_time()
                _import(world, folder)
                rates.append(count / (time.perf_counter() - began))
                used += time.process_time() - used_before
            _check_images(world, count * options.repeats)
        yield {
            "what": "import",
            "size_px": name,
            "images": count,
            "mean_file_kb": round(megabytes * 1000 / count),
            "images_per_second": rates,
            "own_cpu_ms_an_image": round(1000 * used / count / options.repeats, 2),
        }


def _write_pictures(folder: Path, size_px: tuple[int, int], count: int, *, first_seed: int) -> float:
    folder.mkdir()
    total = 0
    for number in range(count):
        total += (folder / f"{number:05}.jpg").write_bytes(picture(size_px, first_seed + number))
    return total / 1e6


def _import(world: World, folder: Path) -> None:
    settings = Settings(home_dir=world.home)
    now = datetime.now(UTC)
    with world.database.unit_of_work() as session:
        row = exchange.start_import(
            session,
            project_id=world.project_id,
            place=exchange.Place(folder.name, folder=folder),
            by=1,
            now=now,
        )
    exchange.run_import(
        database=world.database, storage=world.storage, settings=settings, import_id=row.id,
        now=lambda: datetime.now(UTC), on_progress=lambda _done, _all: None,
    )  # fmt: skip


def _check_images(world: World, count: int) -> None:
    with world.database.reading() as session:
        there = session.scalar(select(func.count()).select_from(Image))
    if there != count:
        raise RuntimeError(f"{there} of {count} images are there")


def upload(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Files over HTTP, ten a request, by as many people as there are cores."""
    for name, size_px in SIZES.items():
        count = options.files // 2 if name == "640 x 480" else max(1, options.files // 20)
        with (
            opened_world("postgres", image_count=0, picture=b"", schema=SCHEMA) as world,
            served(world) as server,
        ):
            process, rates, cores = psutil.Process(server.process_id), [], []
            for repeat in range(options.repeats + 1):
                first = options.seed + repeat * count
                pictures = [picture(size_px, first + number) for number in range(count)]
                used = sum(process.cpu_times()[:2])
                began = time.perf_counter()
                _send_all(world, server.port, pictures)
                seconds = time.perf_counter() - began
                rates.append(count / seconds)
                cores.append((sum(process.cpu_times()[:2]) - used) / seconds)
            _check_images(world, count * (options.repeats + 1))
        rates, cores = rates[1:], cores[1:]  # the first warms the server up
        yield {
            "what": "upload",
            "size_px": name,
            "images": count,
            "mean_file_kb": round(sum(map(len, pictures)) / count / 1000),
            "images_per_second": rates,
            "server_cores": [round(each, 2) for each in cores],
            "images_per_second_and_core": [rate / used for rate, used in zip(rates, cores, strict=True)],
        }


def _send_all(world: World, port: int, pictures: list[bytes]) -> None:
    groups = [pictures[start : start + 10] for start in range(0, len(pictures), 10)]
    with ThreadPoolExecutor(os.cpu_count()) as people:
        list(people.map(lambda group: _send(world, port, group), groups))


def _send(world: World, port: int, pictures: list[bytes]) -> None:
    boundary = uuid.uuid4().hex
    head = 'Content-Disposition: form-data; name="files"; filename="{}.jpg"\r\nContent-Type: image/jpeg'
    parts = [
        f"--{boundary}\r\n{head.format(uuid.uuid4().hex)}\r\n\r\n".encode() + each + b"\r\n"
        for each in pictures
    ]
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(
        "POST",
        f"/api/v1/projects/{world.project_id}/images",
        b"".join(parts) + f"--{boundary}--\r\n".encode(),
        {"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    answer = json.loads(connection.getresponse().read())
    connection.close()
    if answer.get("added") != len(pictures):
        raise RuntimeError(f"an upload was not taken: {str(answer)[:300]}")


def export(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """All labels and image files as a ZIP, by `equimark export`; the peak memory of its process."""
    for count in options.export:
        with opened_world("postgres", image_count=0, picture=picture((160, 120), 0), schema=SCHEMA) as world:
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
    with (world.home / "export.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment_of(world), stdout=log, stderr=log)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError((world.home / "export.log").read_text()[-2000:])
    return used.ru_maxrss * 1024


PARTS: dict[str, Callable[[argparse.Namespace], Iterator[dict[str, Any]]]] = {
    "predictions": write_back,
    "import": take_in,
    "upload": upload,
    "export": export,
}


def show(rows: list[dict[str, Any]]) -> Table:
    """The table that is printed."""
    table = Table("what", "images", "images/s", "asked", "more")
    for row in rows:
        rates = row.get("images_per_second_and_core", row["images_per_second"])
        spread = f" ± {stdev(rates):,.0f}" if len(rates) > 1 else ""
        known = {"what", "images", "images_per_second", "images_per_second_and_core"}
        more = ", ".join(f"{name} {value}" for name, value in row.items() if name not in known)
        asked = f"{ASKED[row['what']]:,.0f}" if row["what"] in ASKED else ""
        table.add_row(row["what"], f"{row['images']:,}", f"{fmean(rates):,.0f}{spread}", asked, more)
    return table


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--predictions", type=int, default=50_000, help="images to be predicted")
    parser.add_argument("--files", type=int, default=1_000, help="of 640 x 480 px; fewer of the large ones")
    parser.add_argument("--export", nargs="+", type=int, default=[1_000, 100_000], help="images to export")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    began_under = os.getloadavg()
    rows = []
    for part in options.only:
        for row in PARTS[part](options):
            rows.append(row)
            print(json.dumps(row), file=sys.stderr)
    Console(width=180).print(show(rows))
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before_and_after": [began_under, os.getloadavg()],
    }
    settings = {"seed": options.seed, "repeats": options.repeats}
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps({"machine": machine, **settings, "rows": rows}, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
