"""Any data set that `ml` can read, recognised by its files; and its conversion to the common layout."""

import argparse
import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from ml.data import aflw, hgr1, mtfl, pts300w
from ml.data.folder import Folder, read_folder, write_folder
from ml.errors import FolderRejected, NoSpace

COMPLETE = "splits.csv"  # arrives last: a folder without it was never finished
TABLES = ("meta.json", "landmarks.csv", "attributes.csv", COMPLETE)


@dataclass(frozen=True)
class Layout:
    """One kind of folder. Any one of its `marks` (files or folders inside) gives it away."""

    name: str
    marks: tuple[str, ...]
    read: Callable[[Path], Folder]


# one mark is enough, so that its reader can say which of the others is missing
LAYOUTS = (
    Layout("common layout", ("meta.json", "landmarks.csv", COMPLETE), read_folder),
    Layout("HGR1", hgr1.IMAGE_FOLDERS, hgr1.read_hgr1),
    Layout("300W", (*pts300w.TRAIN_FOLDERS, *pts300w.TEST_FOLDERS), pts300w.read_300w),
    Layout("MTFL", (mtfl.TRAIN_LIST, mtfl.TEST_LIST), mtfl.read_mtfl),
    Layout("AFLW", (aflw.TRAIN_LIST, aflw.TEST_LIST), aflw.read_aflw),
)


def read_source(folder: Path) -> Folder:
    """Read a folder in any of the known layouts; of several in one folder the first in LAYOUTS counts.

    Raises FolderRejected: `folder_file_missing` when there is no such folder, `folder_layout_unknown` with
    what was looked for, and all that the layout's reader raises.
    """
    if not folder.is_dir():
        raise FolderRejected("folder_file_missing", f"there is no folder {folder}")
    for layout in LAYOUTS:
        if any((folder / mark).exists() for mark in layout.marks):
            return layout.read(folder)
    looked_for = "; ".join(f"{layout.name}: {', '.join(layout.marks)}" for layout in LAYOUTS)
    raise FolderRejected("folder_layout_unknown", f"{folder.name} has none of these: {looked_for}")


def convert(content: Folder, out: Path) -> Folder:
    """Copy a data set's images to `out`/images and write its tables; gives the set as it lies there.

    Images keep their path below their common folder, with "__" for each separator. The tables come last and
    each of them at once, so an interrupted copy is never taken for a whole one; a second run finishes it.

    Raises FolderRejected: `folder_exists` when `out` holds a whole set, `folder_image_repeated` when two
    images would get the same name. Raises NoSpace when the disk is full.
    """
    if (out / COMPLETE).exists():
        raise FolderRejected("folder_exists", f"{out} holds a data set already")
    names = _flat_names([sample.image for samples in content.splits.values() for sample in samples])
    moved = {
        split: tuple(replace(s, image=out / "images" / names[s.image]) for s in samples)
        for split, samples in content.splits.items()
    }
    converted = replace(content, splits=moved, missing_images=())
    try:
        (out / "images").mkdir(parents=True, exist_ok=True)
        for image, name in names.items():
            shutil.copyfile(image, out / "images" / name)
        with tempfile.TemporaryDirectory(dir=out, prefix=".tables.") as aside:
            write_folder(Path(aside), converted)
            for table in TABLES:
                (Path(aside) / table).replace(out / table)
    except OSError as reason:
        if reason.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise NoSpace(f"no space left on the disk for {out}") from reason
        raise
    return converted


def _flat_names(images: Iterable[Path]) -> dict[Path, str]:
    """A file name for each image, from its path below the folder that all of them share."""
    paths = list(images)
    root = os.path.commonpath([path.parent for path in paths]) if paths else ""
    names: dict[Path, str] = {}
    taken: set[str] = set()
    for path in paths:
        name = "__".join(path.relative_to(root).parts)
        if name in taken:
            raise FolderRejected("folder_image_repeated", f"two images would be called {name!r}")
        taken.add(name)
        names[path] = name
    return names


def add_convert(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `convert FOLDER --out OUT` to the commands of `python -m ml`."""
    parser = commands.add_parser("convert", help="write a published data set in the common layout")
    parser.add_argument("folder", type=Path, help="a set as published: HGR1, 300W, MTFL or AFLW lists")
    parser.add_argument("--out", type=Path, required=True)
    parser.set_defaults(command=_convert)


def _convert(options: argparse.Namespace) -> None:
    content = read_source(options.folder)
    converted = convert(content, options.out)
    counts = ", ".join(f"{len(samples)} {split}" for split, samples in converted.splits.items())
    absent = f"; {len(content.missing_images)} images were not there" if content.missing_images else ""
    Console().print(f"{content.name}: {counts} in {options.out}{absent}", highlight=False)
