"""One cell of a table: a system trained with some losses on some labels and one seed, and its file."""

import fcntl
import json
import os
import shutil
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from ml.config import FitConfig
from ml.data.dataset import read_pool
from ml.data.folder import Folder
from ml.data.subset import Choice, with_labels_on
from ml.durable import write_durably
from ml.errors import LearningError
from ml.fitted import Fitted
from ml.resume import FILE as RESUME_FILE
from ml.study.naming import names_found
from ml.study.overrides import Overrides, apply_overrides, short_digest, short_words
from ml.study.systems import get_system
from ml.train import Listener, evaluate, fit
from ml.types import Manifest, Progress, Sample, Scores

SHOWN = 8  # test images whose predictions are kept for the sheet


class CellTaken(LearningError):
    """Another process is running this cell in the same folder."""

    code = "cell_taken"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """What is trained, and on how much.

    losses     e.g. "L+ELT"
    percent    of the training images keep their landmarks
    seed       of the labelled subset and of the run
    choice     of the labelled subset by hand; None: the system's own
    """

    system: str
    losses: str
    percent: float
    seed: int
    overrides: Overrides = ()
    choice: Choice | None = None

    @property
    def key(self) -> str:
        """Name of its file; tells apart everything that a command can ask for."""
        digest = short_digest(self.overrides)
        parts = (self.system, self.losses, f"{self.percent:g}", f"seed{self.seed}", digest, self.choice)
        return "_".join(part for part in parts if part)

    @property
    def title(self) -> str:
        """Title of its row, as in the paper; settings and a choice by hand are added."""
        title = f"{get_system(self.system).title} ({self.losses})"
        chosen = f", {self.choice}" if self.choice else ""
        return f"{title}{chosen} {short_words(self.overrides)}".rstrip()

    def pool(self, folder: Folder) -> Manifest:
        """The folder's pool with landmarks on the cell's images only."""
        choice = self.choice or get_system(self.system).choice
        return with_labels_on(folder.manifest(), self.percent, self.seed, choice)

    def config(self, manifest: Manifest, *, threads: int = 0) -> FitConfig:
        """Settings of the run. Raises UnknownSystem, LossesNotOffered."""
        config = get_system(self.system).config(self.losses, manifest, seed=self.seed)
        return replace(apply_overrides(config, self.overrides), threads=threads)

    @classmethod
    def from_json(cls, cell: Mapping[str, Any]) -> Self:
        """Inverse of `dataclasses.asdict` after JSON."""
        return cls(**{**cell, "overrides": tuple((name, value) for name, value in cell["overrides"])})


class Watch:
    """A listener that hands everything on and remembers steps and speed."""

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.last_step = 0
        self.speeds: list[float] = []

    def progressed(self, progress: Progress) -> None:
        """Reports with an evaluation in them say nothing about speed: its time is in there, too."""
        self.last_step = progress.step
        if progress.validation is None:
            self.speeds.append(progress.images_per_second)
        self.listener.progressed(progress)

    def wants_stop(self) -> bool:
        """As the listener."""
        return self.listener.wants_stop()


def cell_file(cell: Cell, out: Path) -> Path:
    """Where the result of a cell lies."""
    return out / "cells" / f"{cell.key}.json"


def read_cell(path: Path) -> dict[str, Any] | None:
    """The result in a file; None where there is none, or none that can be read."""
    try:
        result = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return result if isinstance(result, dict) and "config_digest" in result else None


def digest_of_test_side(folder: Folder) -> str:
    """sha256 of the answers on the test side."""
    return replace(folder.manifest(), train=folder.splits["test"], validation=()).digest()


def run_cell(
    cell: Cell, folder: Folder, out: Path, listener: Listener, *, threads: int = 0
) -> dict[str, Any]:
    """Train, score on the test side and write the result; takes up a run that was cut off.

    The result: `cell`, `key`, `test` and `validation` (Scores), `seconds` of this process (`is_resumed`: it
    may have done only the end of the run), `steps`, `pictures_per_second`, `config`, its digest and those of
    the data, counts of images, `torch`, `device` in words, and `shown`, the points of the first test images.
    Points that no loss L has named are scored under the names that fit the validation side best.

    Raises what `fit` raises, and CellTaken.
    """
    manifest = cell.pool(folder)
    config = cell.config(manifest, threads=threads)
    watch, started = Watch(listener), time.monotonic()
    with alone(out / "work" / cell.key) as work_dir:
        is_resumed = (work_dir / RESUME_FILE).exists()
        fitted = fit(manifest, config, watch, work_dir=work_dir, cache_dir=out / "pictures")
        seconds = time.monotonic() - started
        if not config.landmark_weight:
            found = predict_points(fitted, manifest.validation)
            fitted = replace(fitted, landmarks=names_found(fitted.landmarks, found, manifest.validation))
        samples = folder.splits["test"]
        result = {
            "key": cell.key,
            "cell": asdict(cell),
            "test": _scores(fitted, samples, manifest).to_json(),
            "validation": fitted.scores.to_json(),
            "seconds": round(seconds, 1),
            "is_resumed": is_resumed,
            "steps": watch.last_step,
            "pictures_per_second": round(statistics.median(watch.speeds), 1) if watch.speeds else None,
            **digests(config, manifest, folder),
            **counts(manifest, samples),
            "config": config.to_json(),
            "torch": torch.__version__,
            "device": device_words(config),
            "shown": _shown(fitted, samples[:SHOWN]),
        }
        path = cell_file(cell, out)
        write_durably(path, lambda file: _discard(file.write(json.dumps(result, indent=1).encode())))
    return result


def _discard(_written: int) -> None:
    """`write_durably` wants nothing back."""


@contextmanager
def alone(work_dir: Path) -> Iterator[Path]:
    """The cell's work folder, for one process at a time; it goes when all went well. Raises CellTaken."""
    work_dir.mkdir(parents=True, exist_ok=True)
    with (work_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # goes with the process, however it ends
        except BlockingIOError as reason:
            raise CellTaken(f"another process is running {work_dir.name}") from reason
        yield work_dir
        shutil.rmtree(work_dir, ignore_errors=True)


def digests(config: FitConfig, manifest: Manifest, folder: Folder) -> dict[str, str]:
    """What must be the same for a result to be still true."""
    return {
        "config_digest": config.digest(),
        "manifest_digest": manifest.digest(),
        "test_digest": digest_of_test_side(folder),
    }


def counts(manifest: Manifest, test: Sequence[Sample]) -> dict[str, int]:
    """How much there was to learn from, and to judge by."""
    return {
        "train_images": len(manifest.train),
        "labelled_images": sum(bool(sample.landmarks) for sample in manifest.train),
        "attribute_labels": sum(len(sample.attributes) for sample in manifest.train),
        "validation_images": len(manifest.validation),
        "test_images": len(test),
    }


def device_words(config: FitConfig) -> str:
    """The machine in words, e.g. "CPU, 2 cores, bfloat16"; never a name that it has."""
    device = torch.device(config.device)
    if device.type == "cuda":
        return f"{torch.cuda.get_device_name(device)}, {config.precision}"
    cores = len(os.sched_getaffinity(0))
    used = f", {config.threads} thread{'s' * (config.threads > 1)} a cell" if config.threads else ""
    return f"{device.type.upper()}, {cores} cores{used}, {config.precision}"


def _scores(fitted: Fitted, samples: Sequence[Sample], manifest: Manifest) -> Scores:
    return evaluate(
        fitted.net,
        samples,
        landmarks=fitted.landmarks,
        attributes=manifest.attributes,
        normaliser=manifest.normaliser,
        input_px=fitted.config.input_px,
        views=fitted.config.test_views,
    )


def _shown(fitted: Fitted, samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """File name, size, true and predicted points (image px, by landmark; null for no answer)."""
    points = predict_points(fitted, samples)
    return [
        {
            "image": sample.image.name,
            "true": [sample.landmarks.get(name) for name in fitted.landmarks],
            "predicted": None if xy is None else xy.round(2).tolist(),
        }
        for sample, xy in zip(samples, points, strict=True)
    ]


def predict_points(fitted: Fitted, samples: Sequence[Sample]) -> list[NDArray[np.float64] | None]:
    """(K, 2) image px by sample, as `ml.evaluate` finds them; None for a file that cannot be read."""
    pool = read_pool(
        samples,
        landmarks=fitted.landmarks,
        attributes=fitted.attributes,
        normaliser=fitted.normaliser,
        input_px=fitted.config.input_px,
    )
    if not len(pool):
        return [None] * len(samples)
    net = fitted.net.eval()
    pictures = torch.from_numpy(pool.pictures).to(next(net.parameters()).device)
    with torch.inference_mode():
        xy = net(pictures.permute(0, 3, 1, 2)).xy.cpu().double().numpy()
    found = iter(box.to_image(points) for box, points in zip(pool.letterboxes, xy, strict=True))
    skipped = set(pool.skipped)
    return [None if sample.image.name in skipped else next(found) for sample in samples]
