"""Signs of life of background processes: one file each in the home folder, touched every few seconds.

A file, because it is there without a database, a broker or a program: `find -mmin -1` is a health check.
It says what its process does, so that `equimark doctor` can tell what nobody does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.doorbell import QUEUES

BEAT_SECONDS = 5.0
SILENT_AFTER = timedelta(seconds=60)  # a machine under load may miss some beats
FORGOTTEN_AFTER = timedelta(days=1)
UPKEEP = "upkeep"
DUTIES = (*QUEUES, UPKEEP)


@dataclass(frozen=True)
class Heartbeat:
    """A process, what it does, and when it was last heard of."""

    name: str
    does: tuple[str, ...]
    at: datetime

    def is_silent(self, now: datetime) -> bool:
        """Whether it has missed too many beats."""
        return now - self.at > SILENT_AFTER


class Pulse:
    """Of one process."""

    def __init__(self, work_dir: Path, name: str, *, does: Sequence[str]) -> None:
        self._path = _folder(work_dir) / name
        self._says = "\n".join(does)

    def beat(self) -> None:
        """Say that this process lives."""
        if self._path.exists() and self._path.read_text() == self._says:
            self._path.touch()
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(self._says)

    def stop(self) -> None:
        """Say that this process has ended as it should."""
        self._path.unlink(missing_ok=True)


def heard(work_dir: Path) -> list[Heartbeat]:
    """All that were heard of and did not say goodbye."""
    return [
        Heartbeat(
            path.name, tuple(path.read_text().split()), datetime.fromtimestamp(path.stat().st_mtime, UTC)
        )
        for path in sorted(_folder(work_dir).glob("*"))
    ]


def forget_old(work_dir: Path, *, now: datetime) -> None:
    """Remove those that will not come back."""
    for each in heard(work_dir):
        if now - each.at > FORGOTTEN_AFTER:
            (_folder(work_dir) / each.name).unlink(missing_ok=True)


def _folder(work_dir: Path) -> Path:
    return work_dir / "workers"
