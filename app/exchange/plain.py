"""A folder of images, or one image, without labels."""

from pathlib import Path

from app.exchange.errors import FileOutsideFolder
from app.exchange.files import files_below, path_below
from app.exchange.source import Problem, SourceImage
from app.projects.schemas import Schema


class PlainSource:
    """Every file below a folder; what is no image is refused one by one."""

    format = "images"

    def __init__(self, root: Path, *, is_confined: bool) -> None:
        self._root = root if root.is_dir() else root.parent
        self._is_confined = is_confined
        self.names = tuple(files_below(root)) if root.is_dir() else (root.name,)

    def find_schema(self) -> Schema | None:
        """Plain images say nothing of what to label."""
        return None

    def image(self, name: str) -> SourceImage:
        """One file."""
        try:
            return SourceImage(name, path_below(self._root, name, is_confined=self._is_confined))
        except FileOutsideFolder as error:
            return SourceImage(name, None, refusal=Problem.of(error))
