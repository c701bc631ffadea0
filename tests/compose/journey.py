"""`python -m tests.compose.journey`: a label's way through `docker compose up`, with every part killed.

Up, with accounts; the first one by the printed link, an annotator by invitation; a project of Blocks,
uploaded and imported; labels by the REST API while web, PostgreSQL and Redis are killed; a run in the Celery
worker, which is killed, too; predictions while helper and upkeep are killed; down and up again. Each
acknowledged label must be there exactly once after each step. Needs Docker, and root to kill what runs in
containers; not part of `make test`, since it takes some minutes.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ml.data.blocks import write_blocks
from tests.compose.annotator import Annotator, true_points
from tests.compose.image_size import WebImage
from tests.compose.stack import Stack, image_bytes

BASE = "python:3.11-slim-bookworm"
IMAGES, IMPORTED = 40, 8
LABELS = 9  # of which about a fifth are kept for validation; five to learn from start the first run
seconds: dict[str, float] = {}


def main() -> None:
    """Walk, print the times, and take the stack down."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--steps", type=int, default=60, help="optimiser steps of a run")
    parser.add_argument("--out", type=Path, help="write the times there as JSON")
    parser.add_argument("--keep", action="store_true", help="leave the stack up at the end")
    arguments = parser.parse_args()
    stack = Stack(name="equimark-journey", port=arguments.port, training_steps=arguments.steps)
    with timed("build"):
        stack.build()
    web = WebImage(image_bytes("equimark-web") // 10**6, image_bytes(BASE) // 10**6)
    web.check()
    try:
        walked = walk(stack)
    finally:
        if not arguments.keep:
            stack.down("--volumes")
    report = {
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        "web": web.report(),
        **walked,
    }
    if arguments.out:
        arguments.out.write_text(json.dumps(report, indent=2) + "\n")
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def walk(stack: Stack) -> dict[str, Any]:
    """All steps; what was counted."""
    stack.down("--volumes")
    with timed("first up, healthy"):
        stack.up()
    published = stack.published()
    annotator = begin(stack)
    label_while_killing(stack, annotator, ["web", "postgres", "redis"])
    with timed(f"{LABELS} labels"):
        for _ in range(LABELS):
            annotator.label_next()
    run = train_while_killing(stack, annotator)
    predict_while_killing(stack, annotator)
    with timed("down"):
        stack.down()
    with timed("second up, healthy"):
        stack.up()
    check_labels(annotator, "down and up")
    annotator.label_next()
    annotator.until(
        lambda: all(hop["is_well"] for hop in stack.doctor()), "the doctor to be content", seconds=90
    )
    check_labels(annotator, "everything")
    return {
        "worker_image_mb": image_bytes("equimark-worker") // 10**6,
        "published": published,
        "acknowledged": len(annotator.acknowledged),
        "lost_or_doubled": len(annotator.lost()),
        "requests_sent_again": annotator.retries,
        "run": {name: run[name] for name in ("status", "attempt", "steps", "outcome")},
        "predictions": len(annotator.predictions()),
    }


def begin(stack: Stack) -> Annotator:
    """The first account, a project with uploaded and imported images, and the annotator who labels it."""
    with tempfile.TemporaryDirectory() as folder:
        blocks = Path(folder) / "blocks"
        write_blocks(blocks, train=IMAGES + IMPORTED, validation=0, test=0, seed=5)
        images = sorted((blocks / "images").iterdir())
        with timed("first account"):
            truth = true_points(blocks / "landmarks.csv")
            annotator = Annotator(stack.address, truth, first=stack.first_invitation())
        with timed("project, upload and an annotator"):
            annotator.make_project("Blocks", images[:IMAGES])
        with timed("import of an archive"):
            annotator.import_archive(images[IMAGES:])
    return annotator


def label_while_killing(stack: Stack, annotator: Annotator, services: list[str]) -> None:
    """A label after each kill, given while the service is away; too few for a run to begin."""
    for service in services:
        with ThreadPoolExecutor(1) as killer:
            killed = killer.submit(stack.kill, service)
            time.sleep(1.0)
            annotator.label_next()
            seconds[f"{service} killed, healthy again"] = killed.result()
        check_labels(annotator, service)


def train_while_killing(stack: Stack, annotator: Annotator) -> dict[str, Any]:
    """The run that begins by itself; its worker is killed in the middle."""
    with timed("last label to the first recorded step"):
        annotator.wait_for_step(1)
    with timed("worker killed, run ended"):
        seconds["worker killed, healthy again"] = stack.kill("worker")
        run = annotator.wait_for_run(1)
    assert run["status"] == "succeeded", run
    check_labels(annotator, "worker")
    return run


def predict_while_killing(stack: Stack, annotator: Annotator) -> None:
    """Predictions of the rest come by themselves, whoever is killed."""
    for service in ("helper", "upkeep"):
        seconds[f"{service} killed, healthy again"] = stack.kill(service)
    with timed("predictions of all other images"):
        others = IMAGES + IMPORTED - len(annotator.acknowledged)
        annotator.until(lambda: len(annotator.predictions()) >= others, "the predictions")
    check_labels(annotator, "helper and upkeep")


def check_labels(annotator: Annotator, after: str) -> None:
    """Nothing acknowledged is lost or doubled."""
    assert annotator.lost() == [], f"lost after {after}"


@contextmanager
def timed(name: str) -> Iterator[None]:
    """Keep and tell how long it took."""
    began = time.monotonic()
    yield
    seconds[name] = time.monotonic() - began
    sys.stderr.write(f"{seconds[name]:7.1f} s  {name}\n")


if __name__ == "__main__":
    main()
