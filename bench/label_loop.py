"""The labelling loop under load: next, image, save, next ... by 1, 8 and 32 annotators who never pause.

Each annotator keeps its connection, fetches the image of its ask, sends 21 landmarks and gets the next ask
with the answer; every fourth time it asks for the next one by itself, so that this is timed alone. Afterwards
every acknowledged label must be stored exactly once, and no image may have been in two hands at once.

    python bench/label_loop.py                     all of it, some minutes
    python bench/label_loop.py --images 1000 --database sqlite
"""

import argparse
import io
import json
import os
import platform
import random
import sys
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pixels
from rich.console import Console
from rich.table import Table
from sqlalchemy import select

sys.path.insert(0, str(Path(__file__).resolve().parent))
from world import HEIGHT_PX, LANDMARKS, ROOT, WIDTH_PX, World, opened_world, served

from app.annotations.tables import Revision
from app.queue.tables import Lease

RESULTS = ROOT / "bench" / "results" / "label_loop.json"
ROUNDS = {1: 240, 8: 30, 32: 9}  # of each annotator: together fewer than the smallest project has images
WARM_UP = 15
ASK_ALONE_EVERY = 4
KIND = "landmarks"
ASKED_P95 = {"next": 40.0, "save": 30.0}  # ms, of one annotator
ASKED_GROWTH = 1.5  # of the largest project against the smallest


@dataclass
class Record:
    """What the annotators of one setting saw, in milliseconds; shared by their threads."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    acknowledged: dict[uuid.UUID, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    handed_twice: list[int] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, image_id: int) -> None:
        """Note that somebody holds the image now."""
        with self.lock:
            if image_id in self.held:
                self.handed_twice.append(image_id)
            self.held.add(image_id)


class Annotator:
    """One person with one connection."""

    def __init__(self, world: World, port: int, record: Record, *, seed: int) -> None:
        self._world, self._record = world, record
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._dice = random.Random(seed)

    def work(self, rounds: int) -> None:
        """Label so many images, or until an answer is not as it should be."""
        ask = self.ask()
        for number in range(1, rounds + 1):
            if ask is None:
                return
            self._record.take(ask["image"]["id"])
            self._look(ask)
            asks_alone = number % ASK_ALONE_EVERY == 0
            ask = self.save(ask, brings_next=not asks_alone and number < rounds)
            if asks_alone and number < rounds:
                ask = self.ask()
        self._connection.close()

    def ask(self) -> dict[str, Any] | None:
        """The next ask, by a request of its own."""
        path = f"/api/v1/projects/{self._world.project_id}/asks/next"
        return self.timed("next", "POST", path, {"kinds": [KIND]})

    def _look(self, ask: dict[str, Any]) -> None:
        self._world.place_blob(ask["image"]["id"])
        self.timed("image", "GET", ask["image"]["file_url"])

    def save(self, ask: dict[str, Any], *, brings_next: bool) -> dict[str, Any] | None:
        """Answer an ask; returns the next one if it is to come with the answer."""
        answer_id = uuid.uuid4()
        body = {
            "id": str(answer_id),
            "base_revision": ask["revision"],
            "lease_id": ask["lease_id"],
            "points": [self._point(name) for name in LANDMARKS],
            "active_seconds": 20.0,
            "assist": {"kind": "none", "prediction_id": None},
            "next_kinds": [KIND] if brings_next else [],
        }
        image_id = ask["image"]["id"]
        with self._record.lock:  # from here on the server may hand it to somebody else only by mistake
            self._record.held.discard(image_id)
        answer = self.timed("save", "PUT", f"/api/v1/images/{image_id}/{KIND}", body)
        if answer is None:
            return None
        with self._record.lock:
            self._record.acknowledged[answer_id] = image_id
        following: dict[str, Any] | None = answer["next"]
        return following

    def _point(self, name: str) -> dict[str, Any]:
        x, y = self._dice.uniform(0, WIDTH_PX), self._dice.uniform(0, HEIGHT_PX)
        return {"name": name, "state": "visible", "x": x, "y": y}

    def timed(self, what: str, method: str, path: str, body: Any = None) -> Any:
        """Send a request and note how long its answer took; returns what was answered in JSON."""
        content = None if body is None else json.dumps(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        started = time.perf_counter()
        self._connection.request(method, path, content, headers)
        response = self._connection.getresponse()
        received = response.read()
        took = (time.perf_counter() - started) * 1000
        with self._record.lock:
            self._record.milliseconds[what].append(took)
            if response.status >= 300:
                self._record.errors.append(f"{method} {path}: {response.status} {received[:200]!r}")
        is_json = response.status == 200 and response.headers.get_content_type() == "application/json"
        return json.loads(received) if is_json else None


def label(world: World, port: int, *, annotators: int, rounds: int) -> Record:
    """Let so many annotators work at once."""
    record = Record()
    people = [Annotator(world, port, record, seed=1000 * annotators + number) for number in range(annotators)]
    threads = [threading.Thread(target=person.work, args=(rounds,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return record


def check(world: World, record: Record) -> list[str]:
    """What is wrong afterwards: labels that are missing or foreign, images that were in two hands."""
    wrong = [f"image {image_id} was handed out twice" for image_id in record.handed_twice]
    with world.database.reading() as session:
        rows = session.execute(select(Revision.id, Revision.image_id)).all()
        stored = {row.id: row.image_id for row in rows}
        lost = [each for each, image_id in record.acknowledged.items() if stored.get(each) != image_id]
        wrong += [f"acknowledged label {each} is not stored" for each in lost]
        wrong += [f"image {image_id} was in two hands" for image_id in _in_two_hands(session)]
        if len(stored) != len(set(stored.values())):
            wrong.append("an image has two labels")
    return wrong


def _in_two_hands(session: Any) -> Iterator[int]:
    leases: dict[int, list[Lease]] = defaultdict(list)
    for lease in session.scalars(select(Lease).order_by(Lease.leased_at)):
        leases[lease.image_id].append(lease)
    for image_id, of_image in leases.items():
        for first, second in pairwise(of_image):
            if second.leased_at < (first.ended_at or first.expires_at):
                yield image_id


def measure(kind: str, image_count: int, picture: bytes) -> Iterator[dict[str, Any]]:
    """One row a number of annotators, on one filled database and one server."""
    with opened_world(kind, image_count=image_count, picture=picture) as world, served(world) as server:
        label(world, server.port, annotators=1, rounds=WARM_UP)
        for annotators, rounds in ROUNDS.items():
            started = time.perf_counter()
            record = label(world, server.port, annotators=annotators, rounds=rounds)
            seconds = time.perf_counter() - started
            yield {
                "database": kind,
                "images": image_count,
                "annotators": annotators,
                "labels": len(record.acknowledged),
                "labels_per_second": round(len(record.acknowledged) / seconds, 1),
                "errors": record.errors[:5],
                "wrong": check(world, record),
                **{what: _percentiles(record.milliseconds[what]) for what in ("next", "save", "image")},
            }


def _percentiles(milliseconds: list[float]) -> dict[str, float]:
    return {f"p{each}": round(float(np.percentile(milliseconds, each)), 1) for each in (50, 95, 99)}


def _picture() -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (15, 20, 3), dtype=np.uint8)
    file = io.BytesIO()
    Pixels.fromarray(noise).resize((WIDTH_PX, HEIGHT_PX)).save(file, "JPEG", quality=90)
    return file.getvalue()


def show(rows: list[dict[str, Any]]) -> Table:
    """The table that is printed."""
    timed = [f"{what} {each}" for what in ("next", "save", "image") for each in ("p50", "p95", "p99")]
    table = Table("database", "images", "people", "labels/s", *timed, "wrong", title="milliseconds")
    for row in rows:
        figures = [
            str(row[what][each]) for what in ("next", "save", "image") for each in ("p50", "p95", "p99")
        ]
        settings = [row["database"], row["images"], row["annotators"], row["labels_per_second"]]
        table.add_row(*map(str, settings), *figures, str(len(row["errors"]) + len(row["wrong"])))
    return table


def verdicts(rows: list[dict[str, Any]]) -> Iterator[str]:
    """What was asked of one annotator, against what came out."""
    alone = [row for row in rows if row["annotators"] == 1]
    for row in alone:
        for what, limit in ASKED_P95.items():
            took = row[what]["p95"]
            word = "holds" if took <= limit else "MISSED"
            yield f"{row['database']}, {row['images']} images: {what} p95 {took} ms, asked {limit} ms: {word}"
    for kind in {row["database"]: None for row in alone}:
        first, *_, last = [row for row in alone if row["database"] == kind] * 2
        for what in ASKED_P95:
            ratio = last[what]["p95"] / first[what]["p95"]
            word = "holds" if ratio <= ASKED_GROWTH else "MISSED"
            sizes = f"{last['images']} against {first['images']} images"
            yield f"{kind}, {what} p95 of {sizes}: {ratio:.2f} times, asked {ASKED_GROWTH}: {word}"


def main() -> int:
    """Measure, print, write; exit status 1 where something was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--database", nargs="+", choices=["sqlite", "postgres"], default=["sqlite", "postgres"]
    )
    parser.add_argument("--images", nargs="+", type=int, default=[1_000, 10_000, 100_000])
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for kind in options.database:
        for image_count in options.images:
            for row in measure(kind, image_count, _picture()):
                print(json.dumps(row), file=sys.stderr)
                rows.append(row)
    Console(width=160).print(show(rows))
    print(*verdicts(rows), sep="\n")
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()}
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    return int(any(row["errors"] or row["wrong"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
