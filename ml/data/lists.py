"""What the readers of published sets share: lines of lists, image paths, the validation side."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PureWindowsPath

from ml.data.folder import SPLITS
from ml.data.split import is_validation
from ml.data.values import can_name_a_file
from ml.errors import FolderRejected
from ml.types import Sample

VALIDATION_SHARE = 0.1
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp")

Splits = dict[str, tuple[Sample, ...]]
Named = tuple[str, Sample]  # path inside the folder, with slashes


def text_lines(path: Path, *, missing: str = "folder_file_missing") -> Iterator[tuple[str, str]]:
    """(place, stripped line) of a text file without its blank lines; the place names file and line.

    Raises FolderRejected: `missing` when there is no such file, `folder_file_invalid` when it is not text.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as reason:
        raise FolderRejected(missing, f"{path.parent.name} has no readable {path.name}") from reason
    except UnicodeDecodeError as reason:
        raise FolderRejected("folder_file_invalid", f"{path.name} is not UTF-8 text") from reason
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            yield f"{path.name} line {number}", line.strip()


def relative_name(text: str, where: str, seen: set[str]) -> str:
    """A list's image path with slashes, added to `seen`.

    Raises FolderRejected: `folder_name_invalid` when it leads out of the folder, `folder_image_repeated`.
    """
    path = PureWindowsPath(text)  # takes both kinds of slashes, as the published lists do
    name = path.as_posix()
    if path.anchor or not all(map(can_name_a_file, path.parts)):
        raise FolderRejected("folder_name_invalid", f"{where}: {text!r} is not a path inside the folder")
    if name in seen:
        raise FolderRejected("folder_image_repeated", f"{where}: {text!r} is repeated")
    seen.add(name)
    return name


def images_in(folder: Path) -> list[Path]:
    """The images of one folder by name. Two files that differ in the ending alone share one point file.

    Raises FolderRejected: `folder_file_missing` without the folder, `folder_image_repeated` for such a pair.
    """
    if not folder.is_dir():
        raise FolderRejected("folder_file_missing", f"{folder.parent.name} has no folder {folder.name}")
    images = sorted(path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES)
    stems: set[str] = set()
    for image in images:
        if image.stem in stems:
            raise FolderRejected("folder_image_repeated", f"{folder.name}: {image.stem!r} is there twice")
        stems.add(image.stem)
    return images


def points_in(folder: Path, suffix: str) -> dict[str, Path]:
    """The point files of one folder by stem; their ending, too, may be in capitals.

    Raises FolderRejected: `folder_points_repeated` for two files that differ in the ending alone.
    """
    points: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() != suffix:
            continue
        if path.stem in points:
            raise FolderRejected(
                "folder_points_repeated", f"{folder.name}: {path.stem!r} has two point files"
            )
        points[path.stem] = path
    return points


def without_image(points: Mapping[str, Path], images: Iterable[Path]) -> list[str]:
    """Names of the point files whose image is not there."""
    stems = {image.stem for image in images}
    return sorted(path.name for stem, path in points.items() if stem not in stems)


def split_by_name(train: Iterable[Named], test: Iterable[Named], *, seed: int) -> tuple[Splits, list[str]]:
    """(sides, names of images that are not there), given what is named on the train and the test side.

    A tenth of the train side becomes the validation side, drawn by a hash of seed and name: an image stays on
    its side when others come or go, and on every machine.
    """
    sides: dict[str, list[Sample]] = {split: [] for split in SPLITS}
    missing: list[str] = []
    for named, is_test in ((train, False), (test, True)):
        for name, sample in named:
            is_held_out = is_validation(f"{seed}:{name}", share=VALIDATION_SHARE)
            split = "test" if is_test else "valid" if is_held_out else "train"
            if sample.image.is_file():
                sides[split].append(sample)
            else:
                missing.append(name)
    return {split: tuple(samples) for split, samples in sides.items()}, missing


def check_any_image(folder: Path, splits: Splits, looked_for: Sequence[str]) -> None:
    """Raises FolderRejected with `folder_without_images` when no side has an image."""
    if not any(splits.values()):
        listed = ", ".join(looked_for)
        raise FolderRejected("folder_without_images", f"{folder.name}: no image is there ({listed})")
