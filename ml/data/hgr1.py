"""HGR1 hands as published (paper, section 4): 25 landmarks, 27 gestures.

    original_images/A_P_hgr1_id02_8.jpg    gesture A of the Polish signs, person 2, repetition 8
    feature_pts/A_P_hgr1_id02_8.xml        its landmarks

The published archives unpack to hgr1_images/original_images and hgr1_feature_pts/feature_points; both namings
are read. A point file looks like this; other elements and attributes are ignored:

    <IMAGE WIDTH="640" HEIGHT="480">
      <hand>
        <FeaturePoint category="Wrist" x="214" y="398"/>   25 of them, in landmark order
      </hand>
    </IMAGE>

Assumed, since the data set has no written specification: the order of the points in the file is the paper's
numbering; where there are several `hand` elements the first one with points is the hand; x and y count from
the centre of the top-left pixel, so 0.5 is added once. The order is checked as far as the file allows: the
points of category Wrist must be landmarks 1 and 25, since the error is divided by their distance.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from ml.data.folder import CENTRE_TO_CORNER_PX, Folder
from ml.data.lists import Splits, check_any_image, images_in, points_in, without_image
from ml.data.values import coordinate
from ml.errors import FolderRejected
from ml.types import AttributeSpec, Normaliser, Sample

SUFFIX = ".xml"
IMAGE_FOLDERS = ("original_images", "hgr1_images/original_images")
POINT_FOLDERS = ("feature_pts", "feature_points", "hgr1_feature_pts/feature_points", "hgr1_feature_pts")
LANDMARKS = tuple(f"point_{number}" for number in range(1, 26))
WRIST = (LANDMARKS[0], LANDMARKS[24])
NAME = re.compile(r"(?P<gesture>[0-9A-Z]+_[A-Z])_hgr1_id(?P<person>\d\d)_(?P<repetition>\d+)")
SIDES = {"train": range(1, 9), "valid": range(11, 13), "test": range(9, 11)}  # by person

Xy = tuple[float, float]


def read_hgr1(folder: Path) -> Folder:
    """HGR1, split by person as in the paper: train 1-8, validation 11-12, test 9-10.

    The classes of `gesture` are the ones found, sorted, so a part of the data set can be read too. The error
    is divided by the wrist's width, the distance of landmarks 1 and 25. Point files without their image are
    named in `missing_images`.

    Raises FolderRejected: `folder_file_missing` (a folder), `folder_points_missing` (a point file),
    `folder_points_repeated`,
    `folder_name_invalid`, `folder_file_invalid` (not XML), `folder_points_wrong` (not 25, or the wrist is
    elsewhere), `folder_number_invalid`, `folder_image_repeated`, `folder_without_images`.
    """
    images, points = _existing(folder, IMAGE_FOLDERS), _existing(folder, POINT_FOLDERS)
    files = points_in(points, SUFFIX)
    found = list(_read_images(images, points, files))
    splits: Splits = {split: tuple(s for side, s in found if side == split) for split in SIDES}
    check_any_image(folder, splits, IMAGE_FOLDERS)
    gestures = sorted({str(sample.attributes["gesture"]) for _, sample in found})
    return Folder(
        name="hgr1",
        landmarks=LANDMARKS,
        edges=(),  # the numbering of the fingers is nowhere written down
        mirror_pairs=(),
        attributes=(AttributeSpec(name="gesture", classes=tuple(gestures)),),
        normaliser=Normaliser(kind="landmarks", between=WRIST),
        splits=splits,
        missing_images=tuple(without_image(files, (sample.image for _, sample in found))),
    )


def _existing(folder: Path, candidates: tuple[str, ...]) -> Path:
    for candidate in candidates:
        if (folder / candidate).is_dir():
            return folder / candidate
    raise FolderRejected("folder_file_missing", f"{folder.name} has no folder {' or '.join(candidates)}")


def _read_images(images: Path, points: Path, files: Mapping[str, Path]) -> Iterator[tuple[str, Sample]]:
    """(split, sample) of every image."""
    for image in images_in(images):
        name = NAME.fullmatch(image.stem)
        split = next((s for s, persons in SIDES.items() if name and int(name["person"]) in persons), None)
        if name is None or split is None:
            raise FolderRejected(
                "folder_name_invalid",
                f"{image.name}: not gesture_set_hgr1_idPERSON_REPETITION with a person from 1 to 12",
            )
        placed = _read_points(files.get(image.stem, points / f"{image.stem}{SUFFIX}"))
        landmarks = dict(zip(LANDMARKS, placed, strict=True))
        yield split, Sample(image=image, landmarks=landmarks, attributes={"gesture": name["gesture"]})


def _read_points(path: Path) -> list[Xy]:
    """25 points in our frame."""
    try:
        root = ET.fromstring(path.read_bytes())  # noqa: S314  # expat bounds entity expansion since 2.4.1
    except OSError as reason:
        raise FolderRejected("folder_points_missing", f"there is no readable {path.name}") from reason
    except (ET.ParseError, ValueError, LookupError) as reason:  # the last two: encodings that expat has not
        raise FolderRejected("folder_file_invalid", f"{path.name} is not XML: {reason}") from reason
    hands = [list(hand.iter("FeaturePoint")) for hand in root.iter("hand")]
    points = next((hand for hand in hands if hand), [])
    if len(points) != len(LANDMARKS):
        raise FolderRejected("folder_points_wrong", f"{path.name} has {len(points)} points, not 25")
    wrist = [number for number, point in enumerate(points, start=1) if point.get("category") == "Wrist"]
    if wrist not in ([], [1, 25]):
        raise FolderRejected(
            "folder_points_wrong", f"{path.name}: points {wrist} are the wrist's, expected 1 and 25"
        )
    return [_xy(point, f"{path.name} point {number}") for number, point in enumerate(points, start=1)]


def _xy(point: ET.Element, where: str) -> Xy:
    x, y = (coordinate(point.get(axis, ""), f"{where}, {axis}") + CENTRE_TO_CORNER_PX for axis in "xy")
    return x, y
