"""Parts of bench/throughput.py about files that come in: an import of a folder, uploads over HTTP."""

import argparse
import io
import json
import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from PIL import Image as Pixels
from pool import SCHEMA
from sqlalchemy import func, select
from world import World, opened_world, served

from app.exchange import service as exchange
from app.images.tables import Image
from app.settings import Settings

SIZES = {"640 x 480": (640, 480), "4000 x 3000": (4000, 3000)}


def picture_of(size_px: tuple[int, int], seed: int) -> bytes:
    """A JPEG of this size unlike all others."""
    noise = np.random.default_rng(seed).integers(0, 256, (24, 32, 3), dtype=np.uint8)
    file = io.BytesIO()
    Pixels.fromarray(noise).resize(size_px, Pixels.Resampling.BICUBIC).save(file, "JPEG", quality=90)
    return file.getvalue()


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
        total += (folder / f"{number:05}.jpg").write_bytes(picture_of(size_px, first_seed + number))
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
                pictures = [picture_of(size_px, first + number) for number in range(count)]
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
