"""Folders for the time being, in the service's own work folder."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder(work_dir: Path) -> Iterator[Path]:
    """A new folder that is gone afterwards; a killed process leaves it, and `work_dir` is safe to empty."""
    work_dir.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="exchange-", dir=work_dir))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
