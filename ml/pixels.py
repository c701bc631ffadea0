"""From an image of any kind to the square picture that a network sees. Numpy and Pillow only.

Training and serving share this file, so that they cannot drift apart.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from ml.coords import Letterbox
from ml.errors import PictureRejected

Picture = NDArray[np.uint8]  # (S, S, 3) RGB

ORIENTATION = 0x0112  # EXIF tag
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = {5, 6, 7, 8}
# 3 leaves the result within one grey level of a full resize, and a photograph costs a third of the time
REDUCING_GAP = 3.0


def letterboxed(image: Image.Image, network_px: int) -> tuple[Picture, Letterbox]:
    """The upright RGB picture of `image` in a black square of `network_px`, and the map into it.

    The image stays as it was. Raises PictureRejected when it cannot be decoded.
    """
    return _letterboxed(image, image.size, image.size, network_px)


def read_letterboxed(source: Path | bytes, network_px: int) -> tuple[Picture, Letterbox]:
    """As `letterboxed`, from a file or its bytes; a JPEG far larger than needed is decoded at a reduced size.

    Raises PictureRejected when it is missing or not an image.
    """
    try:
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source) as image:
            stored_wh = image.size
            # twice the size needed on the shorter side: the reduced decoding stays invisible in the result
            side = 2 * network_px * min(stored_wh) // max(stored_wh)
            reduced = image.draft("RGB", (side, side)) if side else None
            # a reduced JPEG has ceil(width / factor) pixels; draft's exact size leaves out the excess
            exact_wh = reduced[1][2:] if reduced else stored_wh
            return _letterboxed(image, stored_wh, exact_wh, network_px)
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError, SyntaxError) as reason:
        name = "" if isinstance(source, bytes) else f"{source.name}: "
        raise PictureRejected(f"{name}{reason}") from reason


def _letterboxed(
    image: Image.Image, stored_wh: tuple[int, int], exact_wh: tuple[float, float], network_px: int
) -> tuple[Picture, Letterbox]:
    """`stored_wh` is the full size before EXIF, `exact_wh` what it comes to in the decoded picture."""
    if min(stored_wh) < 1:
        raise PictureRejected("the image has no pixels")
    orientation = image.getexif().get(ORIENTATION, 1)
    is_sideways = orientation in SIDEWAYS
    letterbox = Letterbox.fitting(stored_wh[::-1] if is_sideways else stored_wh, network_px)
    (left, top), (width, height) = letterbox.shift_px, letterbox.content_px
    content_wh = (height, width) if is_sideways else (width, height)
    try:
        small = _rgb(image).resize(
            content_wh, Image.Resampling.BILINEAR, box=(0.0, 0.0, *exact_wh), reducing_gap=REDUCING_GAP
        )
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as reason:
        raise PictureRejected(f"the image cannot be decoded: {reason}") from reason
    if orientation in UPRIGHT:
        small = small.transpose(UPRIGHT[orientation])
    square = np.zeros((network_px, network_px, 3), dtype=np.uint8)
    square[top : top + height, left : left + width] = np.asarray(small)
    return square, letterbox


def _rgb(image: Image.Image) -> Image.Image:
    """Any mode -> RGB. 16-bit and float pictures are scaled to 8 bits, where Pillow alone would clip."""
    if image.mode.startswith("I;16") or image.mode in {"I", "F"}:
        values = np.asarray(image, dtype=np.float64)
        top = 65535.0 if values.max() > 255 else 255.0
        return Image.fromarray((values * (255.0 / top)).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.mode in {"P", "PA"}:  # through RGBA, so that transparent palette entries do not warn
        return image.convert("RGBA").convert("RGB")
    return image.convert("RGB")
