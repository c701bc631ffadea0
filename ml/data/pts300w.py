"""300W faces (paper, section 4): `.pts` files with 68 points beside the images.

    lfpw/trainset  helen/trainset  afw     train and validation
    lfpw/testset   helen/testset   ibug    test, together the "full" test set

Published coordinates are Matlab's: (1, 1) is the centre of the top-left pixel. Ours has (0, 0) at that
pixel's corner, so a published p becomes p - 0.5.
"""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from ml.data.folder import Folder
from ml.data.lists import (
    Named,
    check_any_image,
    images_in,
    points_in,
    split_by_name,
    text_lines,
    without_image,
)
from ml.data.values import coordinate, finite_number
from ml.errors import FolderRejected
from ml.types import Normaliser, Sample

SUFFIX = ".pts"
ONE_BASED_TO_CORNER_PX = -0.5
TRAIN_FOLDERS = ("lfpw/trainset", "helen/trainset", "afw")
TEST_FOLDERS = ("lfpw/testset", "helen/testset", "ibug")
SIDES = (TRAIN_FOLDERS, TEST_FOLDERS)
LANDMARKS = tuple(f"point_{number}" for number in range(1, 69))
OUTER_EYE_CORNERS = (LANDMARKS[36], LANDMARKS[45])

# numbers of the 68-point scheme, from 1; left and right are the image's
JAW, LEFT_BROW, RIGHT_BROW = range(1, 18), range(18, 23), range(23, 28)
NOSE_RIDGE, NOSTRILS = range(28, 32), range(32, 37)
LEFT_EYE, RIGHT_EYE = range(37, 43), range(43, 49)  # from the left corner, clockwise
LIPS_OUTSIDE, LIPS_INSIDE = range(49, 61), range(61, 69)  # from the left corner, clockwise
LINES = (JAW, LEFT_BROW, RIGHT_BROW, NOSE_RIDGE, NOSTRILS)
RINGS = (LEFT_EYE, RIGHT_EYE, LIPS_OUTSIDE, LIPS_INSIDE)


def _named(pairs: Iterator[tuple[int, int]]) -> tuple[tuple[str, str], ...]:
    return tuple((LANDMARKS[a - 1], LANDMARKS[b - 1]) for a, b in pairs)


def _edges() -> Iterator[tuple[int, int]]:
    for line in LINES:
        yield from pairwise(line)
    for ring in RINGS:
        yield from pairwise((*ring, ring[0]))


def _mirror_pairs() -> Iterator[tuple[int, int]]:
    """Each pair once, the smaller number first."""
    for line in (JAW, NOSTRILS):
        yield from ((a, b) for a, b in zip(line, reversed(line), strict=True) if a < b)
    yield from zip(LEFT_BROW, reversed(RIGHT_BROW), strict=True)
    # upper lid: corner to corner; lower lid: the ring goes on clockwise, so it is mirrored apart
    yield from zip((37, 38, 39, 40, 41, 42), (46, 45, 44, 43, 48, 47), strict=True)
    yield from zip((49, 50, 51, 60, 59), (55, 54, 53, 56, 57), strict=True)
    yield from zip((61, 62, 68), (65, 64, 66), strict=True)


EDGES = _named(_edges())
MIRROR_PAIRS = _named(_mirror_pairs())


def read_300w(folder: Path, *, seed: int = 0) -> Folder:
    """300W; a tenth of the train side, drawn by `seed` and the images' names, is the validation side.

    The error is divided by the distance of the outer eye corners (points 37 and 46). Point files without
    their image are named in `missing_images`.

    Raises FolderRejected: `folder_file_missing` (one of the six folders), `folder_points_missing`,
    `folder_points_repeated`, `folder_points_wrong` (not 68), `folder_file_invalid` (not a .pts file),
    `folder_columns_wrong`, `folder_number_invalid`, `folder_image_repeated`, `folder_without_images`.
    """
    subsets = (*TRAIN_FOLDERS, *TEST_FOLDERS)
    images = {subset: images_in(folder / subset) for subset in subsets}
    points = {subset: points_in(folder / subset, SUFFIX) for subset in subsets}
    named = [
        [pair for subset in side for pair in _samples(subset, images[subset], points[subset])]
        for side in SIDES
    ]
    splits, _ = split_by_name(*named, seed=seed)
    check_any_image(folder, splits, subsets)
    return Folder(
        name="300w",
        landmarks=LANDMARKS,
        edges=EDGES,
        mirror_pairs=MIRROR_PAIRS,
        attributes=(),
        normaliser=Normaliser(kind="landmarks", between=OUTER_EYE_CORNERS),
        splits=splits,
        missing_images=tuple(
            f"{subset}/{name}" for subset in subsets for name in without_image(points[subset], images[subset])
        ),
    )


def _samples(subset: str, images: list[Path], points: Mapping[str, Path]) -> Iterator[Named]:
    for image in images:
        placed = read_pts(points.get(image.stem, image.with_suffix(SUFFIX)))
        landmarks = dict(zip(LANDMARKS, placed, strict=True))
        yield f"{subset}/{image.name}", Sample(image=image, landmarks=landmarks)


def read_pts(path: Path) -> list[tuple[float, float]]:
    """68 points in our frame, px.

    The file is `version: 1`, `n_points: 68`, then `x y` lines between braces. Raises FolderRejected as
    `read_300w` does.
    """
    lines = list(text_lines(path, missing="folder_points_missing"))
    texts = [line for _, line in lines]
    if texts.count("{") != 1 or texts[-1] != "}":
        raise FolderRejected("folder_file_invalid", f"{path.name}: the points must stand between {{ and }}")
    start = texts.index("{")
    for where, line in lines[:start]:
        key, _, value = line.partition(":")
        if key.strip() == "n_points" and finite_number(value.strip(), where) != len(LANDMARKS):
            raise FolderRejected("folder_points_wrong", f"{where}: {value.strip()} points, not 68")
    rows = lines[start + 1 : -1]
    if len(rows) != len(LANDMARKS):
        raise FolderRejected("folder_points_wrong", f"{path.name} has {len(rows)} points, not 68")
    return [_point(where, line) for where, line in rows]


def _point(where: str, line: str) -> tuple[float, float]:
    columns = line.split()
    if len(columns) != 2:
        raise FolderRejected("folder_columns_wrong", f"{where}: {len(columns)} columns, not x and y")
    x, y = (coordinate(column, where) + ONE_BASED_TO_CORNER_PX for column in columns)
    return x, y
