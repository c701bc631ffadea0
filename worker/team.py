"""A run that several processes of this machine train together, e.g. one a GPU; this process leads the way.

This process (the worker's) starts `worker/team_launch.py`, which runs torchrun, which runs
`worker/team_member.py` in each of them. What they say to each other lies in one folder: the task, the
leader's progress, the wish to stop, and the outcome. Signs of life hold them together: where the worker is
killed, or stopped for longer than its job's lease may be, the launcher ends, and the members with it, so that
nobody goes on training a job that another worker has taken up.
"""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import psutil
import torch

from app.settings import Settings
from ml import checkpoint
from ml.config import FitConfig
from ml.errors import Stopped
from ml.fitted import Fitted
from ml.train import Listener
from ml.types import AttributeSpec, Manifest, Normaliser, Progress, Sample
from worker.context import JobFailed

LOOK_EVERY_SECONDS = 0.2
END_SECONDS = 15.0  # for a team that was asked to stop, or of which one has failed
LOST = "A training process ended without a word, more than once; the machine may be short of memory."


@dataclass(frozen=True)
class TeamFolder:
    """Where the processes of one run leave what the others must know."""

    root: Path

    @property
    def task(self) -> Path:
        """What is to be learnt, and how."""
        return self.root / "task.json"

    @property
    def progress(self) -> Path:
        """One line of JSON a report; the leader alone writes."""
        return self.root / "progress.jsonl"

    @property
    def stop(self) -> Path:
        """It is there: stop."""
        return self.root / "stop"

    @property
    def failure(self) -> Path:
        """Why it cannot go on, from whoever found out first."""
        return self.root / "failure.json"

    @property
    def network(self) -> Path:
        """What was learnt."""
        return self.root / "network.safetensors"

    @property
    def result(self) -> Path:
        """The rest of what was learnt; written last."""
        return self.root / "result.json"


@dataclass(frozen=True, kw_only=True)
class Task:
    """What each member is told."""

    manifest: Manifest
    config: FitConfig
    work_dir: Path
    cache_dir: Path

    def write(self, path: Path) -> None:
        """As JSON."""
        plain = {**asdict(self), "config": self.config.to_json()}
        path.write_text(json.dumps(plain, default=str))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Inverse of `write`."""
        plain = json.loads(path.read_text())
        return cls(
            manifest=_manifest_of(plain["manifest"]),
            config=FitConfig.from_json(plain["config"]),
            work_dir=Path(plain["work_dir"]),
            cache_dir=Path(plain["cache_dir"]),
        )


def process_count(settings: Settings, config: FitConfig) -> int:
    """How many processes train: by default one a GPU, and one where there is none."""
    wanted = settings.training_processes
    if wanted == "auto":
        wanted = torch.cuda.device_count() if config.device == "cuda" else 1
    return max(1, min(wanted, config.batch_size))


def fit_in_team(task: Task, listener: Listener, *, processes: int, silence_seconds: float) -> Fitted:
    """`ml.train.fit` by several processes. None of them is left when this returns or raises.

    silence_seconds   they end when they hear nothing of this process for so long

    Raises:
        Stopped, JobFailed.

    """
    folder = TeamFolder(task.work_dir / "team")
    shutil.rmtree(folder.root, ignore_errors=True)
    folder.root.mkdir(parents=True)
    task.write(folder.task)
    reports = _Reports(folder.progress)
    with _launched(folder, processes, silence_seconds) as launcher:
        _follow(launcher, folder, reports, listener)
    for progress in reports.new():
        listener.progressed(progress)
    return _outcome(folder, task)


def _follow(
    launcher: "subprocess.Popen[bytes]", folder: TeamFolder, reports: "_Reports", listener: Listener
) -> None:
    """Until they end, by themselves or because they were asked to."""
    assert launcher.stdin is not None
    ends_at: float | None = None
    while launcher.poll() is None and (ends_at is None or time.monotonic() < ends_at):
        with suppress(BrokenPipeError):
            launcher.stdin.write(b".")
            launcher.stdin.flush()
        for progress in reports.new():
            listener.progressed(progress)
        if ends_at is None and (listener.wants_stop() or folder.failure.exists()):
            folder.stop.touch()
            ends_at = time.monotonic() + END_SECONDS
        time.sleep(LOOK_EVERY_SECONDS)


@contextmanager
def _launched(
    folder: TeamFolder, processes: int, silence_seconds: float
) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, "-m", "worker.team_launch", str(folder.root)]
    command += ["--processes", str(processes), "--silence-seconds", str(silence_seconds)]
    launcher = subprocess.Popen(command, stdin=subprocess.PIPE)  # noqa: S603  # our own interpreter and arguments
    try:
        yield launcher
    finally:
        _end(launcher)


def _end(launcher: "subprocess.Popen[bytes]") -> None:
    """The launcher and whoever it started."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(launcher.pid)
        living = [*parent.children(recursive=True), parent]
        for process in living:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs([each for each in living if each.pid != launcher.pid], timeout=END_SECONDS)
    launcher.wait()
    if launcher.stdin is not None:
        with suppress(BrokenPipeError):
            launcher.stdin.close()


class _Reports:
    """The leader's progress, line by line as it comes."""

    def __init__(self, path: Path) -> None:
        self._path, self._read_bytes = path, 0

    def new(self) -> Iterator[Progress]:
        """Reports since the last call; half a line waits for its end."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._read_bytes += len(line)
                yield Progress.from_json(json.loads(line))


def _outcome(folder: TeamFolder, task: Task) -> Fitted:
    if folder.result.exists():
        loaded, result = checkpoint.load(folder.network), json.loads(folder.result.read_text())
        return Fitted(
            net=loaded.net,
            config=task.config,
            landmarks=loaded.landmarks,
            attributes=loaded.attributes,
            normaliser=loaded.normaliser,
            scores=loaded.scores,
            skipped_images=result["skipped_images"],
            skipped_names=tuple(result["skipped_names"]),
            manifest_digest=loaded.manifest_digest,
        )
    if folder.failure.exists():
        failure = json.loads(folder.failure.read_text())
        raise JobFailed(failure["code"], failure["detail"])
    if folder.stop.exists():
        raise Stopped("the run was stopped")
    raise JobFailed("training_process_lost", LOST)


def _manifest_of(plain: dict[str, Any]) -> Manifest:
    """Inverse of `asdict` and JSON, which knows no tuples and no paths."""
    sides = {
        side: tuple(
            Sample(
                image=Path(sample["image"]),
                landmarks={name: (xy[0], xy[1]) for name, xy in sample["landmarks"].items()},
                attributes=sample["attributes"],
            )
            for sample in plain[side]
        )
        for side in ("train", "validation")
    }
    return Manifest(
        landmarks=tuple(plain["landmarks"]),
        edges=tuple((first, second) for first, second in plain["edges"]),
        mirror_pairs=tuple((left, right) for left, right in plain["mirror_pairs"]),
        attributes=tuple(AttributeSpec.from_json(each) for each in plain["attributes"]),
        normaliser=Normaliser.from_json(plain["normaliser"]),
        train=sides["train"],
        validation=sides["validation"],
    )
