r"""MTFL faces (paper, section 4 and supplement): the lists training.txt and testing.txt, one face a line.

    lfw_5590\Aaron_Eckhart_0001.jpg x1 x2 x3 x4 x5 y1 y2 y3 y4 y5 gender smile glasses pose

Left and right are the image's. Assumed, since the readme does not say: coordinates count from the centre of
the top-left pixel, so 0.5 is added once.
"""

from collections.abc import Iterator
from pathlib import Path

from ml.data.folder import CENTRE_TO_CORNER_PX, Folder
from ml.data.lists import Named, check_any_image, relative_name, split_by_name, text_lines
from ml.data.values import coordinate
from ml.errors import FolderRejected
from ml.types import AttributeSpec, Normaliser, Sample

TRAIN_LIST, TEST_LIST = "training.txt", "testing.txt"
LANDMARKS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
EDGES = (
    ("left_eye", "right_eye"),
    ("left_eye", "nose"),
    ("right_eye", "nose"),
    ("nose", "mouth_left"),
    ("nose", "mouth_right"),
    ("mouth_left", "mouth_right"),
)
MIRROR_PAIRS = (("left_eye", "right_eye"), ("mouth_left", "mouth_right"))
# the lists number the classes from 1, in this order
ATTRIBUTES = (
    AttributeSpec(name="gender", classes=("male", "female")),
    AttributeSpec(name="smile", classes=("smiling", "not_smiling")),
    AttributeSpec(name="glasses", classes=("glasses", "no_glasses")),
    AttributeSpec(name="pose", classes=("left_profile", "left", "frontal", "right", "right_profile")),
)
COLUMNS = 1 + 2 * len(LANDMARKS) + len(ATTRIBUTES)


def read_mtfl(folder: Path, *, seed: int = 0) -> Folder:
    """MTFL; a tenth of the train side, drawn by `seed` and the images' names, is the validation side.

    Listed images that are not there are left out and named in `missing_images`. The error is divided by the
    distance of the eyes.

    Raises FolderRejected: `folder_file_missing` (a list), `folder_file_invalid` (not text),
    `folder_columns_wrong`, `folder_number_invalid`, `folder_attribute_unknown`, `folder_name_invalid`,
    `folder_image_repeated`, `folder_without_images`.
    """
    seen: set[str] = set()
    train, test = (_faces(folder, name, seen) for name in (TRAIN_LIST, TEST_LIST))
    splits, missing = split_by_name(train, test, seed=seed)
    check_any_image(folder, splits, (TRAIN_LIST, TEST_LIST))
    return Folder(
        name="mtfl",
        landmarks=LANDMARKS,
        edges=EDGES,
        mirror_pairs=MIRROR_PAIRS,
        attributes=ATTRIBUTES,
        normaliser=Normaliser(kind="landmarks", between=("left_eye", "right_eye")),
        splits=splits,
        missing_images=tuple(missing),
    )


def _faces(folder: Path, name: str, seen: set[str]) -> Iterator[Named]:
    """What every line of a list says."""
    for where, line in text_lines(folder / name):
        columns = line.split()
        if len(columns) != COLUMNS:
            raise FolderRejected("folder_columns_wrong", f"{where}: {len(columns)} columns, not {COLUMNS}")
        face = relative_name(columns[0], where, seen)
        count = len(LANDMARKS)
        numbers = [coordinate(text, where) + CENTRE_TO_CORNER_PX for text in columns[1 : 1 + 2 * count]]
        points = zip(numbers[:count], numbers[count:], strict=True)
        answers = zip(ATTRIBUTES, columns[1 + 2 * count :], strict=True)
        yield (
            face,
            Sample(
                image=folder / face,
                landmarks=dict(zip(LANDMARKS, points, strict=True)),
                attributes={spec.name: _class(spec, text, where) for spec, text in answers},
            ),
        )


def _class(spec: AttributeSpec, text: str, where: str) -> str:
    by_number = {str(number): value for number, value in enumerate(spec.classes, start=1)}
    if text not in by_number:
        raise FolderRejected(
            "folder_attribute_unknown", f"{where}, {spec.name}: {text!r} is not one of {', '.join(by_number)}"
        )
    return by_number[text]
