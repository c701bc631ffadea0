"""Does a page slow down as the pool grows? 1,000 to 1,000,000 images on PostgreSQL, a server each.

Every pool has twice as many answers as images, asks for every question, and a network's predictions
(bench/pool.py). All pools are open at once and are asked in turn, so that whatever else the machine does hits
them alike; the order within a round is drawn by `--seed`. Times are those of the whole answer.

    python bench/scale.py                                   all of it, half an hour
    python bench/scale.py --images 1000 20000 --rounds 10
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from rich.console import Console

sys.path.insert(0, str(Path(__file__).resolve().parent))
from label_loop import Annotator, Record
from pool import FEW, SCHEMA, Pool, lay
from scale_plot import drawn
from scale_report import compared, show, verdicts
from world import ROOT, opened_world, served, write_results

RESULTS = ROOT / "bench" / "results" / "scale.json"
PLOT = ROOT / "docs" / "images" / "scale.svg"
WARM_UP = 3  # rounds: the first request of a process imports, compiles and connects
SAVES_A_ROUND = 3
TILES = 24
STATES = (
    "labelled", "open", "labelled:landmarks", "open:landmarks", "labelled:quality", "open:side",
    "predicted", "unpredicted",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One pool with its server and the person who asks."""

    pool: Pool
    person: Annotator
    record: Record


def pages_of(pool: Pool) -> Iterator[tuple[str, str]]:
    """Name and address of everything that is only looked at."""
    page, rest = f"/projects/{pool.world.project_id}", f"/api/v1/projects/{pool.world.project_id}"
    deep = pool.deep["oldest"]
    yield "projects", "/"
    yield "overview", page
    for name in ("time", "training", "label", "grid", "audit"):
        yield name, f"{page}/{name}"
    yield "metrics", "/metrics"
    for name in ("images", "predictions"):
        yield f"REST {name}, first", f"{rest}/{name}"
        yield f"REST {name}, deep", f"{rest}/{name}?cursor={deep}"
    for name, asked in listings(pool):
        yield f"list, {name}", f"{page}/images?{urlencode(asked)}"


def listings(pool: Pool) -> Iterator[tuple[str, dict[str, str]]]:
    """The image list in every order, by every filter in an order by id and by name, first and deep.

    What is not predicted stands on a list of its own, so that is asked for in the other direction, too.
    """
    filters: dict[str, dict[str, str]] = {state: {"state": state} for state in STATES}
    filters["side"] = {"side": "validation"}
    filters["side, few"] = {"side": "test"}
    filters["name, many"] = {"name": "hand"}
    filters["name, one"] = {"name": f"_{pool.image_count * 7 // 10:07}"}
    filters["name, none"] = {"name": "nobody"}
    for sort, image_id in pool.deep.items():
        yield f"{sort}, first", {"sort": sort}
        yield f"{sort}, deep", {"sort": sort, "after": str(image_id)}
    for what, words in filters.items():
        for sort in pool.deep if what == "unpredicted" else ("oldest", "name"):
            yield f"{what} by {sort}, first", {**words, "sort": sort}
            yield f"{what} by {sort}, deep", {**words, "sort": sort, "after": str(pool.deep[sort])}


def look(asked: Asked, dice: random.Random) -> None:
    """Every page once."""
    pages = list(pages_of(asked.pool))
    dice.shuffle(pages)
    for name, path in pages:
        asked.person.timed(name, "GET", path)


def label(asked: Asked) -> None:
    """Ask, save a few with the next one in the answer, give the last one back; then a page of the grid."""
    person, project = asked.person, f"/api/v1/projects/{asked.pool.world.project_id}"
    ask = person.ask()
    for _ in range(SAVES_A_ROUND):
        if ask is not None:
            ask = person.save(ask, brings_next=True)
    if ask is not None:
        person.timed("release", "POST", f"/api/v1/asks/{ask['lease_id']}/release")
    wanted = {"attribute": "quality", "count": TILES}
    grid = person.timed("grid tiles", "POST", f"{project}/grid", wanted)
    leases = [tile["lease_id"] for tile in grid["tiles"]] if grid else []
    person.timed("grid release", "POST", "/api/v1/asks/release", {"lease_ids": leases})


def opened(stack: ExitStack, image_count: int, *, seed: int) -> tuple[Asked, float]:
    """A pool of this size with its server; and the seconds that filling it took."""
    began = time.perf_counter()
    world = stack.enter_context(opened_world("postgres", image_count=0, picture=b"", schema=SCHEMA))
    pool = lay(world, image_count, seed=seed)
    seconds = time.perf_counter() - began
    record = Record()
    person = Annotator(world, stack.enter_context(served(world)).port, record, seed=seed)
    return Asked(pool, person, record), seconds


def measure(options: argparse.Namespace) -> dict[int, dict[str, list[float]]]:
    """Milliseconds of each answer by pool and name.

    Raises:
        RuntimeError: an answer was not as it should be.

    """
    with ExitStack() as stack:
        all_asked = []
        for image_count in options.images:
            asked, seconds = opened(stack, image_count, seed=options.seed)
            print(f"{image_count:,} images are there after {seconds:.0f} s", file=sys.stderr)
            all_asked.append(asked)
        dice = random.Random(options.seed)
        for number in range(WARM_UP + options.rounds):
            for asked in all_asked:
                if number == WARM_UP:
                    asked.record.milliseconds.clear()
                look(asked, dice)
                label(asked)
            print(f"round {number - WARM_UP + 1} of {options.rounds}", file=sys.stderr)
        errors = [error for asked in all_asked for error in asked.record.errors]
        if errors:
            raise RuntimeError(f"{len(errors)} answers were not as they should be: {errors[:3]}")
        return {asked.pool.image_count: dict(asked.record.milliseconds) for asked in all_asked}


def main() -> int:
    """Measure, print, write, draw; exit status 1 where something grows with the pool."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--images", nargs="+", type=int, default=[1_000, 10_000, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    parser.add_argument("--plot", type=Path, default=PLOT)
    options = parser.parse_args()
    if min(options.images) < 2 * FEW:
        parser.error(f"a pool has at least {2 * FEW} images")
    options.images.sort()
    began_under = os.getloadavg()
    rows = compared(measure(options), seed=options.seed)
    Console(width=160).print(show(rows))
    print(*verdicts(rows), sep="\n")
    settings = {"rounds": options.rounds, "seed": options.seed}
    write_results(options.out, rows, began_under=began_under, settings=settings)
    options.plot.write_text(drawn(rows))
    return int(any(not row["is_flat"] for row in rows))


if __name__ == "__main__":
    sys.exit(main())
