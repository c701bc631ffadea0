"""Case 18, blobs: what a power cut leaves of a folder store, if only what was synced stays.

Each step of a real `put` that reaches the disk is noted (mkdir, link, fsync). After a cut a file's bytes are
there if it was synced, and a name if its folder was synced after it was made: the least that POSIX promises.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from app import storage
from app.storage import FolderStorage

CONTENT = b"bytes of an image"


class Disk:
    """What is surely on the disk of one folder, and what is only in memory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.waiting: list[Path] = []  # names that were made
        self.lasting: set[Path] = {root}
        self.synced: set[int] = set()  # inodes whose bytes are on the disk

    def made(self, path: Path) -> None:
        self.waiting.append(path)

    def sync(self, descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        self.synced.add(path.stat().st_ino)
        if path.is_dir():
            done = [each for each in self.waiting if each.parent == path]
            self.lasting.update(done)
            self.waiting = [each for each in self.waiting if each not in done]

    def keeps(self, path: Path) -> bool:
        """Whether a file is whole after a cut: its name, those of the folders above it, and its bytes."""
        above = [each for each in path.parents if each == self.root or self.root in each.parents]
        names = {path, *above} <= self.lasting
        return names and path.exists() and path.stat().st_ino in self.synced


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk(tmp_path)
    fsync, link, mkdir = os.fsync, os.link, os.mkdir

    def noted_fsync(descriptor: int) -> None:
        fsync(descriptor)
        disk.sync(descriptor)

    def noted_link(source: Path, target: Path) -> None:
        link(source, target)
        disk.made(Path(target))

    def noted_mkdir(path: Path, mode: int = 0o777) -> None:
        mkdir(path, mode)
        disk.made(Path(path))

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "link", noted_link)
    monkeypatch.setattr(os, "mkdir", noted_mkdir)
    return disk


def _put(root: Path) -> Path:
    store = FolderStorage(root / "blobs")
    store.put("images/ab/one", CONTENT)
    return store.path_of("images/ab/one")


def _put_what_a_killed_one_left(root: Path) -> Path:
    """It had made the link, and was killed before it could sync the folder."""
    path = root / "blobs" / "images" / "ab" / "one"
    path.parent.mkdir(parents=True)
    with path.with_name("part").open("wb") as file:
        file.write(CONTENT)
        file.flush()
        os.fsync(file.fileno())
    os.link(path.with_name("part"), path)
    return _put(root)


@pytest.mark.parametrize("write", [_put, _put_what_a_killed_one_left])
def test_case_018_a_blob_that_was_put_survives_a_power_cut(tmp_path, disk, write: Callable[[Path], Path]):
    assert disk.keeps(write(tmp_path))


def _no_folder(*_: object) -> None:
    """The fsync of a folder is left out."""


def _plain_folders(_store: FolderStorage, folder: Path) -> None:
    """Folders are made, and those above them are not synced."""
    folder.mkdir(parents=True, exist_ok=True)


@pytest.mark.parametrize("left_out", ["folder", "folders above", "file"])
def test_case_018_each_sync_is_needed(tmp_path, disk, monkeypatch, left_out):
    if left_out == "folder":
        monkeypatch.setattr(storage, "_sync_folder", _no_folder)
    elif left_out == "folders above":
        monkeypatch.setattr(FolderStorage, "_make_folder", _plain_folders)
    else:
        noted = os.fsync
        monkeypatch.setattr(
            os, "fsync", lambda number: Path(f"/proc/self/fd/{number}").is_dir() and noted(number)
        )

    assert not disk.keeps(_put(tmp_path))
