"""Annotators at work: 50 and 100 of them at 3 s an image on PostgreSQL, in front of one web process.

Each has an account and a token, thinks (log-normal, median 3 s, now and then a break), answers with 21
landmarks, gets the next image with the answer and loads its picture; 5 % also correct their last answer, 1 %
skip. Beside them two managers watch, and somebody uploads 50 images a minute. Latency counts from the moment
at which a request was meant to be sent. Afterwards every acknowledged answer must be stored as it was given.

    python bench/load.py                                    10 minutes for each setting, 2 of warm-up
    python bench/load.py --seconds 60 --warm-up 10
    python bench/load.py --training                         with a training run beside
    python bench/load.py --rate 60 --annotators 400         open loop: 60 answers a second
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table
from sqlalchemy import select, text

sys.path.insert(0, str(Path(__file__).resolve().parent))
from load_check import wrong_in
from load_people import Annotator, Crowd, Person, Record, annotate, manage, picture_of, upload
from world import ROOT, Server, World, environment_of, opened_world, served

from app.access import Permission, Role
from app.training.tables import Run
from app.users import members, tokens
from app.users import service as users

RESULTS = ROOT / "bench" / "results" / "load.json"
ASKED_P99 = {50: 200.0, 100: 300.0}  # ms
ASKED_P99_TRAINING = 400.0
LABELLING = ("next", "save")
POOL_FOR_TRAINING = 30  # labelled images before a run is asked for
SAMPLE_EVERY_SECONDS = 1.0


def people_of(world: World, port: int, record: Record, count: int) -> tuple[list[Annotator], list[Person]]:
    """So many annotators, and three who manage."""
    now = datetime.now(UTC)
    made: dict[Role, list[str]] = {Role.ANNOTATOR: [], Role.MANAGER: []}
    with world.database.unit_of_work() as session:
        for number in range(count + 3):
            role = Role.ANNOTATOR if number < count else Role.MANAGER
            user = users.add_account(
                session, name=f"person {time.time_ns()}", password_hash="!", by=None, now=now
            )
            members.put(
                session,
                project_id=world.project_id,
                user_id=user.id,
                role=role,
                by=None,
                as_role=Role.OWNER,
                now=now,
            )
            scopes = (Permission.SEE, Permission.LABEL, Permission.MANAGE)
            _, secret = tokens.make(
                session,
                user.id,
                name="load",
                scopes=scopes,
                project_id=None,
                lasts=timedelta(days=1),
                now=now,
            )
            made[role].append(secret)
    annotators = [Annotator(world, port, each, record, seed=n) for n, each in enumerate(made[Role.ANNOTATOR])]
    managers = [Person(world, port, each, record, seed=-n - 1) for n, each in enumerate(made[Role.MANAGER])]
    return annotators, managers


class Sampler:
    """What the machine did meanwhile."""

    def __init__(self, world: World, server: Server) -> None:
        self._world, self._server = world, psutil.Process(server.process_id)
        self._driver = psutil.Process()
        self.rss_bytes: list[int] = []
        self.connections: list[int] = []
        self._cpu = (0.0, 0.0)

    def begin(self) -> None:
        """Forget the warm-up."""
        self.rss_bytes.clear()
        self.connections.clear()
        self._cpu = self._cpu_seconds()

    def run(self, is_over: threading.Event) -> None:
        """Look once a second."""
        while not is_over.wait(SAMPLE_EVERY_SECONDS):
            self.rss_bytes.append(self._server.memory_info().rss)
            with self._world.database.reading() as session:
                count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                self.connections.append(int(session.scalar(text(count)) or 0) - 1)

    def told(self, seconds: float) -> dict[str, Any]:
        """Figures of the measured time; CPU as cores."""
        server, driver = (
            after - before for after, before in zip(self._cpu_seconds(), self._cpu, strict=True)
        )
        return {
            "server_rss_mb": round(max(self.rss_bytes, default=0) / 1e6),
            "server_cores": round(server / seconds, 2),
            "driver_cores": round(driver / seconds, 2),
            "database_connections": max(self.connections, default=0),
            "load_average": os.getloadavg()[0],
        }

    def _cpu_seconds(self) -> tuple[float, float]:
        server, driver = self._server.cpu_times(), self._driver.cpu_times()
        return server.user + server.system, driver.user + driver.system


@contextmanager
def training(world: World, manager: Person) -> Iterator[None]:
    """A worker, and a run that goes on for longer than is measured."""
    environment = environment_of(world) | {"EQUIMARK_TRAINING_STEPS": "1000000", "OMP_WAIT_POLICY": "PASSIVE"}
    command = [sys.executable, "-m", "worker", "--nice", "10"]
    log = (world.home / "worker.log").open("wb")
    with log, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log) as worker:
        try:
            path = f"/api/v1/projects/{world.project_id}/runs"
            status, answer, _ = manager.send("train", "POST", path, due=time.perf_counter())
            if status not in {200, 201, 202}:
                raise RuntimeError(f"no run: {status} {answer}")
            while _steps(world) == 0:
                if worker.poll() is not None or _status(world) == "failed":
                    raise RuntimeError((world.home / "worker.log").read_text()[-2000:])
                time.sleep(0.5)
            yield
        finally:
            worker.terminate()


def _steps(world: World) -> int:
    with world.database.reading() as session:
        return session.scalars(select(Run.step).order_by(Run.id.desc())).first() or 0


def _status(world: World) -> str | None:
    with world.database.reading() as session:
        return session.scalars(select(Run.status).order_by(Run.id.desc())).first()


def measure(options: argparse.Namespace, count: int) -> dict[str, Any]:
    """One setting, on a database, a server and, where asked, a run of its own."""
    record, is_over = Record(), threading.Event()
    with (
        opened_world("postgres", image_count=options.images, picture=picture_of(0)) as world,
        served(world, EQUIMARK_ACCOUNTS="required") as server,
    ):
        annotators, managers = people_of(world, server.port, record, count)
        crowd = Crowd(annotators, rate=options.rate, is_over=is_over) if options.rate else None
        works: list[Callable[[], Any]] = [partial(manage, each, is_over) for each in managers[:2]]
        works.append(partial(upload, managers[2], is_over))
        pause = options.pause
        works += (
            crowd.works if crowd else [partial(annotate, a, is_over, pause_seconds=pause) for a in annotators]
        )
        sampler = Sampler(world, server)
        works.append(partial(sampler.run, is_over))
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        try:
            while options.training and len(record.acknowledged) < POOL_FOR_TRAINING:
                time.sleep(0.2)
            with training(world, managers[0]) if options.training else nullcontext():
                row = _timed(options, record, sampler, world)
        finally:
            is_over.set()
            for thread in threads:
                thread.join()
        row |= {"annotators": count, "never_sent": crowd.never_sent if crowd else 0}
        row["wrong"] = wrong_in(world, record.acknowledged)
    return row


def _timed(options: argparse.Namespace, record: Record, sampler: Sampler, world: World) -> dict[str, Any]:
    time.sleep(options.warm_up)
    sampler.begin()
    steps = _steps(world)
    with record.lock:
        record.began, record.is_measuring = time.perf_counter(), True
    time.sleep(options.seconds)
    with record.lock:
        record.is_measuring = False
    seconds = time.perf_counter() - record.began
    answers = sum(len(record.milliseconds[what]) for what in ("save", "edit"))
    return {
        "seconds": round(seconds),
        "rate": options.rate,
        "training": options.training,
        "labels_per_second": round(answers / seconds, 2),
        "training_steps_per_second": round((_steps(world) - steps) / seconds, 2),
        "milliseconds": {what: _spread(each) for what, each in sorted(record.milliseconds.items())},
        "labelling_p99": _spread([ms for what in LABELLING for ms in record.milliseconds[what]])["p99"],
        "statuses": dict(sorted(record.statuses.items())),
        "refused_p99": _spread(record.refusals)["p99"],
        "silent_seconds": [s for s in range(int(seconds)) if record.done_in_second[s] == 0],
        **sampler.told(seconds),
    }


def _spread(milliseconds: list[float]) -> dict[str, float]:
    if not milliseconds:
        return {"p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0}
    figures = {f"p{each}": float(np.percentile(milliseconds, each)) for each in (50, 95, 99)}
    return {name: round(each, 1) for name, each in (figures | {"max": max(milliseconds)}).items()}


def show(rows: list[dict[str, Any]]) -> Table:
    """The table that is printed."""
    table = Table("people", "training", "labels/s", title="milliseconds, from the intended moment")
    for name in ("next p99", "save p50", "save p95", "save p99", "save max", "image p99", "upload p99"):
        table.add_column(name)
    for name in ("not 2xx", "silent s", "RSS MB", "cores", "driver", "load", "wrong"):
        table.add_column(name)
    for row in rows:
        of = row["milliseconds"]
        times = [str(of.get(what, {}).get(each, "-")) for what, each in (
            ("next", "p99"), ("save", "p50"), ("save", "p95"), ("save", "p99"), ("save", "max"),
            ("image", "p99"), ("upload", "p99"))]  # fmt: skip
        bad = sum(n for name, n in row["statuses"].items() if name.split()[1] not in {"200", "201", "204"})
        machine = [row[name] for name in ("server_rss_mb", "server_cores", "driver_cores", "load_average")]
        rest = [bad, len(row["silent_seconds"]), *machine, len(row["wrong"])]
        table.add_row(
            str(row["annotators"]),
            str(row["training"]),
            str(row["labels_per_second"]),
            *times,
            *map(str, rest),
        )
    return table


def verdicts(rows: list[dict[str, Any]]) -> Iterator[str]:
    """What was asked, against what came out."""
    for row in rows:
        limit = ASKED_P99_TRAINING if row["training"] else ASKED_P99.get(row["annotators"])
        if limit is not None and not row["rate"]:
            word = "holds" if row["labelling_p99"] <= limit else "MISSED"
            yield f"{row['annotators']} annotators: p99 {row['labelling_p99']} ms, asked {limit} ms: {word}"
        for each in row["wrong"][:5]:
            yield f"WRONG: {each}"


def main() -> int:
    """Measure, print, write; exit status 1 where data was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--annotators", nargs="+", type=int, default=[50, 100])
    parser.add_argument("--pause", type=float, default=3.0, help="median seconds an image")
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--warm-up", type=float, default=120.0)
    parser.add_argument("--training", action="store_true", help="with a training run beside")
    parser.add_argument("--rate", type=float, default=0.0, help="open loop: answers a second")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows = []
    for count in options.annotators:
        rows.append(measure(options, count))
        print(json.dumps(rows[-1]), file=sys.stderr)
    Console(width=200).print(show(rows))
    print(*verdicts(rows), sep="\n")
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()}
    options.out.parent.mkdir(exist_ok=True)
    options.out.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    return int(any(row["wrong"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
