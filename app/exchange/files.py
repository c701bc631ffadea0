"""Finding the image files of a source, without ever following a name out of it."""

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from app.exchange.errors import FileMissing, FileOutsideFolder

IGNORED = {"__MACOSX", "Thumbs.db", "desktop.ini"}


def files_below(root: Path) -> Iterator[str]:
    """Relative names (with /) of all files below a folder, in order, without hidden ones."""
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(each for each in folders if _is_seen(each))
        below = Path(folder).relative_to(root)
        for each in sorted(files):
            if _is_seen(each):
                yield (below / each).as_posix()


def path_below(root: Path, name: str, *, is_confined: bool) -> Path:
    """Where the file of this name lies below `root`; it need not exist.

    Raises:
        FileOutsideFolder: the name leads out of the folder, or, where `is_confined`, a link does.

    """
    parts = PurePosixPath(name).parts
    if not parts or "\0" in name or "\\" in name or ".." in parts or PurePosixPath(name).is_absolute():
        raise FileOutsideFolder
    path = root.joinpath(*parts)
    if is_confined and not path.resolve().is_relative_to(root.resolve()):
        raise FileOutsideFolder
    return path


def check_is_there(path: Path) -> None:
    """Raise unless it is a file.

    Raises:
        FileMissing: it is not.

    """
    if not path.is_file():
        raise FileMissing


def _is_seen(name: str) -> bool:
    return not name.startswith(".") and name not in IGNORED
