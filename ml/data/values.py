"""Numbers and names in the text of a data set; what is none, or senseless, is refused with its place."""

import math

from ml.errors import FolderRejected
from ml.types import AttributeSpec

NAME_BYTES_MAX = 255
REACH_PX = 1e6  # no image is so large; what is further off is no place


def can_name_a_file(name: str) -> bool:
    """Whether a file system takes it; asked for another, it answers with errors of its own."""
    return name not in {"", ".", ".."} and "\0" not in name and len(name.encode()) <= NAME_BYTES_MAX


def finite_number(text: str, where: str) -> float:
    """The number in `text`. Raises FolderRejected with `folder_number_invalid`."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise FolderRejected("folder_number_invalid", f"{where}: {text!r} is not a finite number")
    return number


def coordinate(text: str, where: str) -> float:
    """The px in `text`, which may lie a little outside an image, but in the reach of one.

    Raises FolderRejected with `folder_number_invalid`.
    """
    number = finite_number(text, where)
    if abs(number) > REACH_PX:
        raise FolderRejected("folder_number_invalid", f"{where}: {text} px lies outside any image")
    return number


def on_scale(spec: AttributeSpec, text: str, where: str) -> float:
    """The answer in `text`. Raises FolderRejected with `folder_number_invalid`, also outside the scale."""
    number = finite_number(text, where)
    assert spec.minimum is not None
    assert spec.maximum is not None
    if not spec.minimum <= number <= spec.maximum:
        scale = f"{spec.minimum:g} to {spec.maximum:g}"
        raise FolderRejected("folder_number_invalid", f"{where}: {text} is not within {scale}")
    return number
