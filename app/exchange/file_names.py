"""File names inside an export: safe on every system, and one for each image."""

import re
import unicodedata

from app.images.formats import MEDIA_TYPES

SAFE_LENGTH = 100
_UNSAFE = re.compile(r"[^\w.\- ]+", re.ASCII)
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
SUFFIXES = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "PNG": (".png",),
    "WEBP": (".webp",),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "TIFF": (".tif", ".tiff"),
}
assert set(SUFFIXES) == set(MEDIA_TYPES)


class FileNames:
    """Gives each image of an export its file name: its own where that is safe and free, else a like one."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, title: str, *, sha256: str, image_format: str) -> str:
        """A name that no other image of this export has, on file systems without case either."""
        name = title if _is_safe(title, image_format) else _made_safe(title, image_format)
        if name.casefold() in self._taken:
            stem, dot, suffix = name.rpartition(".")
            name = f"{stem}-{sha256[:16]}{dot}{suffix}"
        self._taken.add(name.casefold())
        return name


def _is_safe(name: str, image_format: str) -> bool:
    return (
        len(name) <= SAFE_LENGTH
        and not _UNSAFE.search(name)
        and not _RESERVED.match(name)
        and name.casefold().endswith(SUFFIXES[image_format])
        and name[0] not in "-. "
    )


def _made_safe(title: str, image_format: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    stem = plain.rpartition(".")[0] or plain
    stem = _UNSAFE.sub("_", stem).strip("-. _")[: SAFE_LENGTH - 10]
    if not stem or _RESERVED.match(stem):
        stem = f"image_{stem}".rstrip("_")
    return stem + SUFFIXES[image_format][0]
