"""One image file, measured and made ready to be stored; pure, no database and no disk."""

import io
from dataclasses import dataclass

from PIL import Image as Pillow

from app.images import pixels
from app.images.descriptor import descriptor_of
from app.images.errors import ImageTooLarge
from app.images.formats import ends_whole
from app.images.names import clean_name
from app.images.tables import Side
from app.settings import Settings
from app.storage import sha256_hex

THUMB_SIDE_PX = 256
THUMB_LIMIT_BYTES = 20_000
THUMB_QUALITIES = (75, 50, 25, 5)  # the first that fits; only noise needs the last
SHOWN_JPEG_QUALITY = 95
VALIDATION_IN_TEN = 1


@dataclass(frozen=True)
class MeasuredImage:
    """What the row of an image is made of.

    width_px, height_px   upright
    """

    name: str
    sha256: str
    format: str
    byte_count: int
    width_px: int
    height_px: int
    exif_orientation: int


@dataclass(frozen=True)
class PreparedImage(MeasuredImage):
    """One that was decoded, with what that gives.

    shown        an upright copy for the browser (JPEG of a JPEG, else PNG), or None where the file itself
                 looks the same in every browser
    descriptor   see app.images.descriptor
    """

    thumb: bytes
    shown: bytes | None
    descriptor: bytes


def measure(content: bytes, name: str, settings: Settings, *, sha256: str) -> MeasuredImage | None:
    """What the header says, where that is enough for now; None where the file has to be decoded first.

    It has to be where the file's end does not say that it is whole, and where browsers would not show it as
    networks see it, so that a copy comes before anybody looks.

    Raises:
        app.images.errors: one of REFUSALS, each with the name.

    """
    image, measured = _measured(content, name, settings, sha256=sha256)
    is_plain = pixels.is_shown_alike(image, measured.exif_orientation)
    return measured if is_plain and ends_whole(content, measured.format) else None


def prepare(content: bytes, name: str, settings: Settings) -> PreparedImage:
    """Detect, measure and decode one file. The original bytes are never changed.

    A JPEG is decoded at the smallest eighth that still fills the thumbnail; its whole stream is read all the
    same, so a file that is cut off is found.

    Raises:
        app.images.errors: one of REFUSALS, each with the name.

    """
    image, measured = _measured(content, name, settings, sha256=sha256_hex(content))
    is_shown_alike = pixels.is_shown_alike(image, measured.exif_orientation)
    if is_shown_alike:
        image.draft("RGB", _thumb_size_px(*image.size))
    rgb = pixels.upright_rgb(image, measured.name, measured.exif_orientation)
    shown = None if is_shown_alike else _shown(rgb, measured.format)
    rgb.thumbnail((THUMB_SIDE_PX, THUMB_SIDE_PX), Pillow.Resampling.BICUBIC, reducing_gap=2.0)
    return PreparedImage(
        **vars(measured), thumb=_thumb_bytes(rgb), shown=shown, descriptor=descriptor_of(rgb)
    )


def _measured(
    content: bytes, name: str, settings: Settings, *, sha256: str
) -> tuple[Pillow.Image, MeasuredImage]:
    """The image with nothing decoded, and its measures."""
    name = clean_name(name)
    if len(content) > settings.image_limit_bytes:
        raise ImageTooLarge(name=name, byte_count=len(content), limit=settings.image_limit_bytes)
    image = pixels.opened(content, name, limit_pixels=settings.image_limit_pixels)
    orientation = pixels.orientation_of(image)
    width_px, height_px = pixels.upright_size_px(image, orientation)
    return image, MeasuredImage(
        name=name,
        sha256=sha256,
        format="JPEG" if image.format == "MPO" else str(image.format),
        byte_count=len(content),
        width_px=width_px,
        height_px=height_px,
        exif_orientation=orientation,
    )


def side_of(sha256: str) -> Side:
    """Train or, for one image in ten, validation: by content, so an image is always on the same side."""
    return Side.VALIDATION if int(sha256[:8], 16) % 10 < VALIDATION_IN_TEN else Side.TRAIN


def _thumb_size_px(width_px: int, height_px: int) -> tuple[int, int]:
    """Of the thumbnail: its longer side is given, no side is nothing."""
    share = min(1.0, THUMB_SIDE_PX / max(width_px, height_px))
    return max(1, round(width_px * share)), max(1, round(height_px * share))


def _thumb_bytes(thumb: Pillow.Image) -> bytes:
    encoded = b""
    for quality in THUMB_QUALITIES:
        file = io.BytesIO()
        thumb.save(file, "WEBP", quality=quality, method=2)
        encoded = file.getvalue()
        if len(encoded) <= THUMB_LIMIT_BYTES:
            break
    return encoded


def _shown(rgb: Pillow.Image, file_format: str) -> bytes:
    file = io.BytesIO()
    if file_format == "JPEG":
        rgb.save(file, "JPEG", quality=SHOWN_JPEG_QUALITY, subsampling=0)
    else:
        rgb.save(file, "PNG", compress_level=3)
    return file.getvalue()
