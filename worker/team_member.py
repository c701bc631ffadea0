"""`python -m worker.team_member FOLDER`, started by torchrun: one of several that train a network together.

Only the first of them reports and saves. A failure that would come again is written down, and the process
ends well, so that torchrun does not begin anew; any other end is one that torchrun mends from the last
checkpoint.
"""

import json
import os
import sys
import threading
import time
from dataclasses import asdict
from pathlib import Path

import torch

from ml import checkpoint
from ml.errors import LearningError, Stopped
from ml.fitted import Fitted
from ml.train import fit
from ml.types import Progress
from worker.team import Task, TeamFolder

LOOK_EVERY_SECONDS = 0.5  # whether the launcher lives


class Reporter:
    """A listener that speaks to the worker by the team's folder."""

    def __init__(self, folder: TeamFolder) -> None:
        self._folder = folder

    def progressed(self, progress: Progress) -> None:
        """One line, whole."""
        with self._folder.progress.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(progress)) + "\n")

    def wants_stop(self) -> bool:
        """Whether the worker asked to stop, or another member cannot go on."""
        return self._folder.stop.exists()


def main() -> None:
    """Learn, together with the others."""
    threading.Thread(target=_end_with_launcher, args=(os.getppid(),), daemon=True).start()
    folder = TeamFolder(Path(sys.argv[1]))
    task = Task.read(folder.task)
    if task.config.device == "cuda":
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    try:
        fitted = fit(
            task.manifest, task.config, Reporter(folder), work_dir=task.work_dir, cache_dir=task.cache_dir
        )
        if os.environ["RANK"] == "0":
            _leave(folder, fitted)
    except Stopped:
        return
    except LearningError as error:
        _say_failure(folder, error.code, str(error))
    except (MemoryError, torch.OutOfMemoryError) as error:
        _say_failure(folder, "out_of_memory", str(error))


def _leave(folder: TeamFolder, fitted: Fitted) -> None:
    checkpoint.save(fitted, folder.network)
    about = {"skipped_images": fitted.skipped_images, "skipped_names": fitted.skipped_names}
    part = folder.result.with_suffix(".part")
    part.write_text(json.dumps(about))
    part.replace(folder.result)


def _say_failure(folder: TeamFolder, code: str, detail: str) -> None:
    """The first one counts: what the others meet then is that this one is gone."""
    part = folder.root / f"failure-{os.getpid()}.part"
    part.write_text(json.dumps({"code": code, "detail": detail[:500]}))
    try:
        os.link(part, folder.failure)
    except FileExistsError:
        pass
    finally:
        part.unlink()


def _end_with_launcher(launcher: int) -> None:
    """In the middle of whatever this process does: it may wait for the others for ever."""
    while os.getppid() == launcher:
        time.sleep(LOOK_EVERY_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
