"""What a study that was killed leaves in its folder, removed by the next one that is alone there."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ml.resume import FILE as RESUME_FILE
from ml.study.cells import CellTaken, alone
from ml.study.sets import GENERATED


@contextmanager
def shared_folder(out: Path) -> Iterator[None]:
    """The folder of a study while it runs; several may run in one.

    The lock goes with the process, however it ends. Where a file system has none for folders, nothing is
    removed.
    """
    out.mkdir(parents=True, exist_ok=True)
    folder = os.open(out, os.O_RDONLY)
    try:
        with suppress(OSError):  # BlockingIOError: another study is at work
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove_leftovers(out)
        with suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_SH)
        yield
    finally:
        os.close(folder)
        with suppress(OSError):  # not empty: something came of it
            out.rmdir()


def _remove_leftovers(out: Path) -> None:
    """Files and sets that were half written, and work folders without a state to go on from."""
    for folder in (out, out / "cells"):
        for half in folder.glob(".*.tmp"):
            half.unlink(missing_ok=True)
    for name in GENERATED:
        for half in (out / "data").glob(f".{name}-*"):
            shutil.rmtree(half, ignore_errors=True)
    for work in (out / "work").glob("*"):
        if not (work / RESUME_FILE).exists():
            with suppress(CellTaken), alone(work):
                pass  # the folder goes with the end of its cell
