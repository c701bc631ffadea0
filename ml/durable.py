"""Files that are whole or not there: write beside, flush to disk, rename."""

import contextlib
import errno
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from ml.errors import NoSpace


def write_durably(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Put what `write` writes at `path`, all or nothing, also if the machine stops half-way.

    Raises NoSpace when the disk is full; then, as after any error, the old file stands and nothing else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with full_disk_is_no_space(path.name):
            with os.fdopen(descriptor, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(path)
            _flush_folder(path.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def full_disk_is_no_space(what: str) -> Iterator[None]:
    """Raises NoSpace for a disk that is full, in place of the system's error."""
    try:
        yield
    except OSError as reason:
        if reason.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:  # the last: the process's own limit
            raise NoSpace(f"no space left on the disk for {what}") from reason
        raise


def remove_leftovers(path: Path) -> None:
    """Remove temporary files that a killed process left beside `path`; only for a file with one writer."""
    for leftover in path.parent.glob(f".{path.name}.*.tmp"):
        leftover.unlink(missing_ok=True)


def _flush_folder(folder: Path) -> None:
    # without it the rename itself may be lost; some systems refuse to open a folder, there it is not needed
    with contextlib.suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
