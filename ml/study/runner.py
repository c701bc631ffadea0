"""Runs cells in processes of their own, says how they get on, and survives those that fail."""

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ml.data.folder import Folder, read_folder
from ml.study.cells import Cell, run_cell
from ml.types import Progress

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Event

LOOK_EVERY_SECONDS = 0.2


@dataclass(frozen=True)
class News:
    """A moment of one cell. step 0: it has begun."""

    cell: Cell
    step: int = 0
    steps: int = 0
    loss: float | None = None
    error: float | None = None  # of the validation side, where it was just measured


class Audience(Protocol):
    """Who hears of the cells; always called in the process and thread that called `run_cells`."""

    def heard(self, news: News) -> None:
        """Every few steps of a running cell."""

    def finished(self, cell: Cell, result: dict[str, Any]) -> None:
        """The cell's file is there."""

    def failed(self, cell: Cell, reason: BaseException) -> None:
        """The cell has no result; the others go on."""


def run_cells(
    cells: Sequence[Cell], folder: Path, out: Path, audience: Audience, *, jobs: int, threads: int
) -> None:
    """Run all of them in this order, `jobs` at once, with `threads` each (0: torch's choice).

    SIGINT and SIGTERM let every running cell stop between two steps and raise KeyboardInterrupt here. When
    this process is killed, the others end at once. A process that dies takes its own cell along, no other.
    """
    left = list(cells)
    while left:
        left = _run_until_broken(left, folder, out, audience, jobs, threads)


def _run_until_broken(
    cells: Sequence[Cell], folder: Path, out: Path, audience: Audience, jobs: int, threads: int
) -> list[Cell]:
    """Run the cells. What is left to do when a process has died."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads that spin take the others' cores
    context = multiprocessing.get_context("spawn")
    stop, news = context.Event(), context.Queue()
    running: set[Cell] = set()
    left: list[Cell] = []
    with (
        _interruptible(stop),
        ProcessPoolExecutor(
            min(jobs, len(cells)), context, initializer=_begin, initargs=(stop, news)
        ) as pool,
    ):
        futures = {pool.submit(_work, cell, folder, out, threads): cell for cell in cells}
        try:
            for future in _completed(futures, lambda: _tell(news, audience, running)):
                cell, reason = futures[future], future.exception()
                if reason is None:
                    audience.finished(cell, future.result())
                elif not isinstance(reason, BrokenProcessPool):
                    audience.failed(cell, reason)
                elif cell in running:
                    audience.failed(cell, RuntimeError("its process died, perhaps for lack of memory"))
                else:
                    left.append(cell)
                running.discard(cell)
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return left if len(left) < len(cells) else _give_up(left, audience)


def _give_up(cells: list[Cell], audience: Audience) -> list[Cell]:
    """No process lived long enough to begin a cell: another round would be no better."""
    for cell in cells:
        audience.failed(cell, RuntimeError("its process could not start"))
    return []


def _completed(
    futures: dict[Future[dict[str, Any]], Cell], meanwhile: Callable[[], None]
) -> Iterator[Future[dict[str, Any]]]:
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=LOOK_EVERY_SECONDS, return_when=FIRST_COMPLETED)
        meanwhile()
        yield from done


def _tell(news: "Queue[News]", audience: Audience, running: set[Cell]) -> None:
    while True:
        try:
            moment = news.get_nowait()
        except queue.Empty:
            return
        running.add(moment.cell)
        audience.heard(moment)


@contextmanager
def _interruptible(stop: "Event") -> Iterator[None]:
    """SIGINT and SIGTERM end the study in good order; a second one does not disturb that."""

    def interrupt(_number: int, _frame: object) -> None:
        for each in before:
            signal.signal(each, signal.SIG_IGN)
        stop.set()
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# in the worker process: what `_begin` was given
_shared: dict[str, Any] = {}


def _begin(stop: "Event", news: "Queue[News]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells, so that a cell stops between two steps
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    news.cancel_join_thread()  # what nobody reads any more must not hold the process
    _shared.update(stop=stop, news=news)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@dataclass(frozen=True)
class _Reporter:
    """The listener of a cell in its worker process."""

    cell: Cell

    def progressed(self, progress: Progress) -> None:
        scores = progress.validation
        loss = sum(progress.losses.values())
        error = scores.nme if scores else None
        _shared["news"].put(News(self.cell, progress.step, progress.steps, loss, error))

    def wants_stop(self) -> bool:
        return bool(_shared["stop"].is_set())


@lru_cache(maxsize=1)
def _folder(path: Path) -> Folder:
    return read_folder(path)


def _work(cell: Cell, path: Path, out: Path, threads: int) -> dict[str, Any]:
    reporter = _Reporter(cell)
    _shared["news"].put(News(cell))
    return run_cell(cell, _folder(path), out, reporter, threads=threads)
