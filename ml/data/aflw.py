"""AFLW faces (paper, section 4) as text lists, one face a line: aflw_train.txt and aflw_test.txt.

    path x1 y1 ... xK yK face_size [yaw pitch roll]        K = 5 or 19, the same on every line

The publisher gives a database, and every user of it writes lists; this layout is ours. Coordinates are px
from the centre of the top-left pixel, so 0.5 is added once; `- -` in place of a pair says that the landmark
has no answer. The angles are degrees.

The paper divides the error by the face size. No Normaliser can carry a length for each image, so the error is
divided by the box round the landmarks (`box`) instead, and numbers are not comparable with the paper's; the
face size is only checked to be a length.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ml.data.folder import CENTRE_TO_CORNER_PX, Folder
from ml.data.lists import Named, check_any_image, relative_name, split_by_name, text_lines
from ml.data.mtfl import EDGES, MIRROR_PAIRS
from ml.data.mtfl import LANDMARKS as FIVE
from ml.data.values import coordinate, finite_number, on_scale
from ml.errors import FolderRejected
from ml.types import AttributeSpec, Normaliser, Sample

TRAIN_LIST, TEST_LIST = "aflw_train.txt", "aflw_test.txt"
NO_ANSWER = "-"
# the whole range of each angle: AFLW has yaws beyond 90 degrees
ANGLES = (
    AttributeSpec(name="yaw", minimum=-180.0, maximum=180.0),
    AttributeSpec(name="pitch", minimum=-90.0, maximum=90.0),
    AttributeSpec(name="roll", minimum=-180.0, maximum=180.0),
)


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """The landmarks of a list."""

    landmarks: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    mirror_pairs: tuple[tuple[str, str], ...]


def _nineteen() -> Scheme:
    """AFLW's 21 without the ears; numbers from 1: brows 1-6, eyes 7-12, nose 13-15, mouth 16-18, chin 19."""
    names = tuple(f"point_{number}" for number in range(1, 20))
    lines = ((1, 2, 3), (4, 5, 6), (7, 8, 9), (10, 11, 12), (13, 14, 15), (16, 17, 18))
    mirrored = ((1, 6), (2, 5), (3, 4), (7, 12), (8, 11), (9, 10), (13, 15), (16, 18))
    return Scheme(
        landmarks=names,
        edges=tuple((names[a - 1], names[b - 1]) for line in lines for a, b in pairwise(line)),
        mirror_pairs=tuple((names[a - 1], names[b - 1]) for a, b in mirrored),
    )


SCHEMES = (Scheme(landmarks=FIVE, edges=EDGES, mirror_pairs=MIRROR_PAIRS), _nineteen())


@dataclass(frozen=True)
class Layout:
    """What the columns of a list are."""

    scheme: Scheme
    angles: tuple[AttributeSpec, ...]

    @property
    def columns(self) -> int:
        """Path, pairs, face size, angles."""
        return 2 + 2 * len(self.scheme.landmarks) + len(self.angles)


LAYOUTS = {layout.columns: layout for layout in (Layout(s, a) for s in SCHEMES for a in ((), ANGLES))}


def read_aflw(folder: Path, *, seed: int = 0) -> Folder:
    """AFLW; a tenth of the train side, drawn by `seed` and the images' names, is the validation side.

    Listed images that are not there are left out and named in `missing_images`. Angles become numeric
    attributes where the first line has them.

    Raises FolderRejected: `folder_file_missing` (a list), `folder_file_invalid` (not text),
    `folder_columns_wrong`, `folder_points_wrong` (as many columns as the other layouts have, not as the first
    line), `folder_number_invalid`, `folder_name_invalid`, `folder_image_repeated`, `folder_without_images`.
    """
    train, test = (list(text_lines(folder / name)) for name in (TRAIN_LIST, TEST_LIST))
    if not train + test:
        raise FolderRejected("folder_without_images", f"{folder.name}: both lists are empty")
    layout = _layout(*(train + test)[0])
    seen: set[str] = set()
    faces = ((_face(folder, row, layout, seen) for row in rows) for rows in (train, test))
    splits, missing = split_by_name(*faces, seed=seed)
    check_any_image(folder, splits, (TRAIN_LIST, TEST_LIST))
    return Folder(
        name="aflw",
        landmarks=layout.scheme.landmarks,
        edges=layout.scheme.edges,
        mirror_pairs=layout.scheme.mirror_pairs,
        attributes=layout.angles,
        normaliser=Normaliser(kind="box"),
        splits=splits,
        missing_images=tuple(missing),
    )


def _layout(where: str, line: str) -> Layout:
    columns = len(line.split())
    if columns not in LAYOUTS:
        listed = ", ".join(map(str, LAYOUTS))
        raise FolderRejected("folder_columns_wrong", f"{where}: {columns} columns, not one of {listed}")
    return LAYOUTS[columns]


def _face(folder: Path, row: tuple[str, str], layout: Layout, seen: set[str]) -> Named:
    """What one line of a list says."""
    where, line = row
    if _layout(where, line) is not layout:
        raise FolderRejected(
            "folder_points_wrong",
            f"{where}: {len(line.split())} columns, the first line has {layout.columns}",
        )
    path, *columns = line.split()
    name = relative_name(path, where, seen)
    ends = 2 * len(layout.scheme.landmarks)
    if finite_number(columns[ends], f"{where}, face size") <= 0:
        raise FolderRejected("folder_number_invalid", f"{where}: the face size must be above 0")
    angles = zip(layout.angles, columns[ends + 1 :], strict=True)
    sample = Sample(
        image=folder / name,
        landmarks=dict(_points(layout, columns[:ends], where)),
        attributes={spec.name: on_scale(spec, text, f"{where}, {spec.name}") for spec, text in angles},
    )
    return name, sample


def _points(layout: Layout, columns: list[str], where: str) -> Iterator[tuple[str, tuple[float, float]]]:
    """Name and point of each landmark that has an answer."""
    for landmark, pair in zip(
        layout.scheme.landmarks, zip(columns[::2], columns[1::2], strict=True), strict=True
    ):
        if pair == (NO_ANSWER, NO_ANSWER):
            continue
        x, y = (coordinate(text, f"{where}, {landmark}") + CENTRE_TO_CORNER_PX for text in pair)
        yield landmark, (x, y)
