"""What every writer gets, and what it has to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True)
class ExportedImage:
    """One image with its current labels, in our frame.

    file_name   inside of the export, see file_names.py; `title` is what the image is called
    labels      kind -> body
    """

    image_id: int
    file_name: str
    title: str
    sha256: str
    width_px: int
    height_px: int
    side: str
    labels: Mapping[str, Mapping[str, Any]]


class Writer(Protocol):
    """Writes tables of labels into a scratch folder, image by image."""

    image_folder: str  # where images lie in the export, with a / at its end

    def add(self, image: ExportedImage) -> None:
        """One image with its labels."""

    def finish(self) -> Mapping[str, Path]:
        """The files by their names in the export."""

    def close(self) -> None:
        """Close the files, whole or not; once they are finished, nothing happens."""
