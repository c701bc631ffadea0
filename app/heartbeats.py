"""Signs of life of background processes: one file each in the home folder, touched every few seconds.

A file, because it is there without a database, a broker or a program: `find -mmin -1` is a health check.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEAT_SECONDS = 5.0
SILENT_AFTER = timedelta(seconds=60)  # a machine under load may miss some beats
FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Heartbeat:
    """A process and when it was last heard of."""

    name: str
    at: datetime

    def is_silent(self, now: datetime) -> bool:
        """Whether it has missed too many beats."""
        return now - self.at > SILENT_AFTER


def beat(work_dir: Path, name: str) -> None:
    """Say that this process lives."""
    folder = _folder(work_dir)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).touch()


def stop(work_dir: Path, name: str) -> None:
    """Say that this process has ended as it should."""
    (_folder(work_dir) / name).unlink(missing_ok=True)


def heard(work_dir: Path) -> list[Heartbeat]:
    """All that were heard of and did not say goodbye."""
    return [
        Heartbeat(path.name, datetime.fromtimestamp(path.stat().st_mtime, UTC))
        for path in sorted(_folder(work_dir).glob("*"))
    ]


def forget_old(work_dir: Path, *, now: datetime) -> None:
    """Remove those that will not come back."""
    for each in heard(work_dir):
        if now - each.at > FORGOTTEN_AFTER:
            stop(work_dir, each.name)


def _folder(work_dir: Path) -> Path:
    return work_dir / "workers"
