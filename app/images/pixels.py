"""From a file's bytes to upright RGB pixels: the one way in which any part of the service sees an image.

What happens to each kind of pixels:

* 1, L, P, RGB, YCbCr: converted as they are. CMYK and YCCK, Adobe's inverted ones too: Pillow's conversion.
* Transparency (LA, PA, RGBA, palette or colour key): laid on white, as paper and most pages are.
* 16 and 32 bit grey, float: stretched linearly so that the 0.5 and 99.5 percentiles become black and white,
  since cameras use 10 or 12 of the 16 bits and a plain cut would be black; a constant image becomes mid grey.
* 16 bit colour PNG: its high bytes. If they are all nearly black, the file is refused with words.
* Colour profiles are not applied: training and every browser copy that we make see the stored numbers.

Orientation: EXIF 1..8 is applied; anything else counts as 1.
"""

import io
import struct
import zlib

import numpy as np
from PIL import Image as Pillow

from app.images.errors import (
    FormatNotSupported,
    ImageAnimated,
    ImageEmpty,
    ImageTooManyPixels,
    ImageTruncated,
)
from app.images.formats import READ, detected, webp_size_px

ORIENTATION_TAG = 0x0112
# What each orientation needs to become upright: EXIF 2.32, table 6
UPRIGHT = {
    2: Pillow.Transpose.FLIP_LEFT_RIGHT,
    3: Pillow.Transpose.ROTATE_180,
    4: Pillow.Transpose.FLIP_TOP_BOTTOM,
    5: Pillow.Transpose.TRANSPOSE,
    6: Pillow.Transpose.ROTATE_270,
    7: Pillow.Transpose.TRANSVERSE,
    8: Pillow.Transpose.ROTATE_90,
}
PLAIN_MODES = {"1", "L", "P", "RGB", "YCbCr", "CMYK"}
DEEP_MODES = {"I", "F", "I;16", "I;16L", "I;16B", "I;16N"}
STRETCH_PERCENT = (0.5, 99.5)
NEARLY_BLACK = 32  # of 255: a 12 bit camera's values in 16 bit reach 15
# What Pillow's decoders raise on bytes that are not what they claim to be; found by flipping bytes
DECODER_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    AttributeError,
    struct.error,
    zlib.error,
)

Pillow.MAX_IMAGE_PIXELS = None  # `check_pixels` is stricter, has a setting, and raises instead of warning


def opened(content: bytes, name: str, *, limit_pixels: int) -> Pillow.Image:
    """The image with its header read and nothing decoded.

    Raises:
        NotAnImage, FormatNotSupported, ImageEmpty, ImageTruncated, ImageTooManyPixels, ImageAnimated.

    """
    if not content:
        raise ImageEmpty(name=name)
    kind = detected(content, name)
    if kind == "WEBP" and (size := webp_size_px(content)):
        check_pixels(*size, name=name, limit=limit_pixels)
    try:
        image = Pillow.open(io.BytesIO(content), formats=READ)
        frames = 1 if kind == "JPEG" else getattr(image, "n_frames", 1)  # a phone's JPEG carries previews
    except DECODER_ERRORS as error:
        if _says_no_pixels(content, kind):
            raise ImageEmpty(name=name) from error
        raise ImageTruncated(name=name) from error
    if 0 in image.size:
        raise ImageEmpty(name=name)
    check_pixels(*image.size, name=name, limit=limit_pixels)
    if frames > 1:
        raise ImageAnimated(name=name, frames=frames)
    return image


def check_pixels(width_px: int, height_px: int, *, name: str, limit: int) -> None:
    """Refuse a decompression bomb by what its header says.

    Raises:
        ImageTooManyPixels: more than `limit`.

    """
    if width_px * height_px > limit:
        raise ImageTooManyPixels(name=name, width_px=width_px, height_px=height_px, limit=limit)


def orientation_of(image: Pillow.Image) -> int:
    """EXIF orientation 1..8 of an image that is not decoded yet (decoding a TIFF turns it)."""
    try:
        value = image.getexif().get(ORIENTATION_TAG, 1)
    except DECODER_ERRORS:  # a broken EXIF block says nothing about how to hold the image
        return 1
    return value if isinstance(value, int) and value in UPRIGHT else 1


def upright_size_px(image: Pillow.Image, orientation: int) -> tuple[int, int]:
    """Width and height after turning, of an image that is not decoded yet; a TIFF's is turned already."""
    width, height = image.size
    return (height, width) if orientation >= 5 and image.format != "TIFF" else (width, height)


def upright_rgb(image: Pillow.Image, name: str, orientation: int) -> Pillow.Image:
    """Decode, convert to RGB and turn.

    Raises:
        ImageTruncated: the pixels cannot be decoded.
        FormatNotSupported: pixels of a kind that has no meaning as RGB.

    """
    is_turned = image.format == "TIFF"
    is_deep_colour = _stores_16_bit(image) and image.mode not in DEEP_MODES
    try:
        image.load()
    except (*DECODER_ERRORS, MemoryError) as error:
        raise ImageTruncated(name=name) from error
    rgb = _to_rgb(image, name)
    if is_deep_colour and np.asarray(rgb).max() < NEARLY_BLACK:
        raise FormatNotSupported(name=name, kind="a 16 bit colour image of which only the low bits are used")
    return rgb if is_turned or orientation == 1 else rgb.transpose(UPRIGHT[orientation])


def open_upright(content: bytes, *, name: str = "the image", limit_pixels: int = 120_000_000) -> Pillow.Image:
    """The whole image as upright RGB.

    Raises:
        app.images.errors: one of REFUSALS.

    """
    image = opened(content, name, limit_pixels=limit_pixels)
    return upright_rgb(image, name, orientation_of(image))


def is_shown_alike(image: Pillow.Image, orientation: int) -> bool:
    """Whether every browser shows the file itself just as `upright_rgb` gives it; of an undecoded image.

    Turned images are no: browsers differ on EXIF in PNG, in WebP and inside SVG.
    """
    is_plain = image.mode in {"1", "L", "P", "RGB"} and "transparency" not in image.info
    return is_plain and orientation == 1 and image.format != "TIFF" and not _stores_16_bit(image)


def _to_rgb(image: Pillow.Image, name: str) -> Pillow.Image:
    if image.mode in DEEP_MODES:
        return Pillow.fromarray(_stretched(np.asarray(image))).convert("RGB")
    try:
        if image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info:
            clear = image.convert("RGBA")
            white = Pillow.new("RGBA", clear.size, "white")
            return Pillow.alpha_composite(white, clear).convert("RGB")
        if image.mode in PLAIN_MODES:
            return image.convert("RGB")
    except DECODER_ERRORS as error:
        raise ImageTruncated(name=name) from error
    raise FormatNotSupported(name=name, kind=f"an image of {image.mode} pixels")


def _stretched(grey: np.ndarray) -> np.ndarray:
    """(H, W) numbers of any range -> (H, W) uint8, see the module's text."""
    finite = np.nan_to_num(grey.astype(np.float64), posinf=0.0, neginf=0.0)
    low, high = np.percentile(finite, STRETCH_PERCENT)
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    if high <= low:
        return np.full(grey.shape, 128, np.uint8)
    levels = np.clip((finite - low) * (255 / (high - low)), 0, 255).round()
    return np.asarray(levels, np.uint8)


def _stores_16_bit(image: Pillow.Image) -> bool:
    """Whether the file has 16 bits a channel, by the decoder's raw mode: `RGB;16B`; `BGR;16` is 5-6-5."""
    tiles = getattr(image, "tile", None)
    arguments = tiles[0][3] if tiles else None
    raw_mode = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
    return isinstance(raw_mode, str) and raw_mode.endswith((";16B", ";16L", ";16N"))


def _says_no_pixels(content: bytes, kind: str) -> bool:
    """Whether a header that Pillow refuses says 0 columns or rows."""
    if kind == "PNG" and content[12:16] == b"IHDR":
        return b"\0\0\0\0" in (content[16:20], content[20:24])
    return kind == "GIF" and b"\0\0" in (content[6:8], content[8:10])
