"""The data of a study: Blocks or Shapes, generated once and whole, or a folder in the common layout."""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ml.data.folder import Folder, read_folder
from ml.study.paper import PAPER

GENERATED = ("blocks", "shapes")
PAPER_COUNT = 3200  # images a side, section 4.1
SEED = 0


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """What is studied.

    path          folder in the common layout
    paper_name    the paper's set that this is, a key of `paper.PAPER`; None where it is none of them
    """

    name: str
    path: Path
    folder: Folder
    paper_name: str | None

    @property
    def unit(self) -> str:
        """Unit of the errors in a table."""
        return "px" if self.folder.normaliser.kind == "pixels" else "% of the normaliser"

    @property
    def factor(self) -> float:
        """Table error over NME as `evaluate` gives it."""
        return 1.0 if self.folder.normaliser.kind == "pixels" else 100.0


def open_set(data: str, out: Path, *, count: int) -> DataSet:
    """The set `blocks` or `shapes` with `count` images a side below `out`/data, or the folder `data`.

    Raises FolderRejected, and NoSpace or OSError where the set cannot be written.
    """
    if data in GENERATED:
        path = out / "data" / f"{data}-{count}"
        if not path.exists():
            _generate(path, _writer(data), count)
        return DataSet(name=data, path=path, folder=read_folder(path), paper_name=_paper_name(data))
    path = Path(data)
    folder = read_folder(path)
    known = PAPER.get(folder.name)
    is_known = known is not None and known.landmarks == len(folder.landmarks)
    return DataSet(
        name=folder.name,
        path=path,
        folder=folder,
        paper_name=folder.name if is_known else None,
    )


def _paper_name(data: str) -> str | None:
    return data if data in PAPER else None


def _writer(data: str) -> Callable[..., Folder]:
    if data == "shapes":
        from ml.data.shapes import write_shapes  # noqa: PLC0415  # only where it is asked for

        return write_shapes
    from ml.data.blocks import write_blocks  # noqa: PLC0415  # as above

    return write_blocks


def _generate(path: Path, write: Callable[..., Folder], count: int) -> None:
    """Write beside and rename, so that a set is whole or not there, whenever the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}-"))
    try:
        write(beside, train=count, validation=count, test=count, seed=SEED)
        os.sync()  # thousands of small files: one flush of all is quicker than one of each
        beside.rename(path)
    except OSError:
        if not path.exists():  # else another study of the same folder was quicker
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
