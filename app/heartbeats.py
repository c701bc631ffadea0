"""Signs of life of background processes: one file each in the home folder, touched every few seconds.

A file, because it is there without a database, a broker or a program: `find -mmin -1` is a health check.
It says what its process does, so that `equimark doctor` can tell what nobody does, and how busy its GPUs are.
"""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.doorbell import QUEUES

BEAT_SECONDS = 5.0
SILENT_AFTER = timedelta(seconds=60)  # a machine under load may miss some beats
FORGOTTEN_AFTER = timedelta(days=1)
UPKEEP = "upkeep"
WEB = "web"
DUTIES = (*QUEUES, UPKEEP)
GPU = "gpu"  # begins a line that is no duty


@dataclass(frozen=True)
class GpuUse:
    """How busy one GPU is; `use` is the share of time in which it worked."""

    index: int
    use: float
    memory_bytes: int
    memory_size_bytes: int


@dataclass(frozen=True)
class Heartbeat:
    """A process, what it does, and when it was last heard of."""

    name: str
    does: tuple[str, ...]
    at: datetime
    gpus: tuple[GpuUse, ...] = ()

    def is_silent(self, now: datetime) -> bool:
        """Whether it has missed too many beats."""
        return now - self.at > SILENT_AFTER


class Pulse:
    """Of one process."""

    def __init__(self, work_dir: Path, name: str, *, does: Sequence[str]) -> None:
        self._path = _folder(work_dir) / name
        self._unfinished = work_dir / f"{name}.beat"
        self._does = tuple(does)

    def beat(self, gpus: Sequence[GpuUse] = ()) -> None:
        """Say that this process lives, and how busy its GPUs are."""
        busy = [f"{GPU} {gpu.index} {gpu.use} {gpu.memory_bytes} {gpu.memory_size_bytes}" for gpu in gpus]
        says = "\n".join([*self._does, *busy])
        if self._path.exists() and self._path.read_text() == says:
            self._path.touch()
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._unfinished.write_text(says)
        self._unfinished.replace(self._path)  # nobody reads half of it

    def stop(self) -> None:
        """Say that this process has ended as it should."""
        self._path.unlink(missing_ok=True)


@contextmanager
def beating(pulse: Pulse, gpus: Callable[[], Sequence[GpuUse]] = tuple) -> Iterator[None]:
    """Let `pulse` beat in a thread of its own until the block ends."""
    has_ended = threading.Event()

    def beat() -> None:
        while not has_ended.is_set():
            with suppress(OSError):  # e.g. a full disk, which must not make a working process look dead
                pulse.beat(gpus())
            has_ended.wait(BEAT_SECONDS)

    thread = threading.Thread(target=beat, name="pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        has_ended.set()
        thread.join()
        pulse.stop()


def heard(work_dir: Path) -> list[Heartbeat]:
    """All that were heard of and did not say goodbye."""
    return [found for path in sorted(_folder(work_dir).glob("*")) if (found := _read(path))]


def _read(path: Path) -> Heartbeat | None:
    try:
        says, at = path.read_text().split("\n"), datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:  # it has said goodbye meanwhile
        return None
    lines = [line.split() for line in says if line]
    gpus = tuple(
        GpuUse(int(index), float(use), int(used), int(size))
        for kind, index, use, used, size in (line for line in lines if line[0] == GPU)
    )
    return Heartbeat(path.name, tuple(line[0] for line in lines if line[0] != GPU), at, gpus)


def forget_old(work_dir: Path, *, now: datetime) -> None:
    """Remove those that will not come back."""
    for each in heard(work_dir):
        if now - each.at > FORGOTTEN_AFTER:
            (_folder(work_dir) / each.name).unlink(missing_ok=True)


def _folder(work_dir: Path) -> Path:
    return work_dir / "workers"
