"""Folders for the time being, in the service's own work folder."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.errors import InsufficientStorage
from app.storage import NO_SPACE


@contextmanager
def scratch_folder(work_dir: Path) -> Iterator[Path]:
    """A new folder that is gone afterwards; a killed process leaves it, and `work_dir` is safe to empty.

    Raises:
        InsufficientStorage: the disk was full, for whatever was written inside of the block.

    """
    folder: Path | None = None
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="exchange-", dir=work_dir))
        yield folder
    except OSError as error:
        if error.errno in NO_SPACE:
            raise InsufficientStorage from error
        raise
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
