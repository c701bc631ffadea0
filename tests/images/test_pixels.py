import io

import numpy as np
import pytest
from PIL import Image as Pillow

from app.images import pixels
from app.images.errors import (
    REFUSALS,
    FormatNotSupported,
    ImageAnimated,
    ImageEmpty,
    ImageTooManyPixels,
    ImageTruncated,
    NotAnImage,
)
from app.images.pixels import open_upright
from tests.factories import encoded, jpeg_bytes, png_bytes
from tests.factories import pixels as pattern

RED, WHITE = (255, 0, 0), (255, 255, 255)


def marked(width_px: int, height_px: int, x: int, y: int) -> Pillow.Image:
    """A black picture with one red block of 8 x 8 px at (x, y)."""
    image = Pillow.new("RGB", (width_px, height_px))
    image.paste(RED, (x, y, x + 8, y + 8))
    return image


def with_orientation(upright: Pillow.Image, orientation: int, file_format: str) -> bytes:
    """The picture as a camera held otherwise would have stored it, with the tag that says so."""
    undo = {5: 5, 6: 8, 7: 7, 8: 6}.get(orientation, orientation)
    stored = upright.transpose(pixels.UPRIGHT[undo]) if undo != 1 else upright
    if file_format == "TIFF":
        return encoded(stored, "TIFF", tiffinfo={pixels.ORIENTATION_TAG: orientation})
    exif = Pillow.Exif()
    exif[pixels.ORIENTATION_TAG] = orientation
    options = {"quality": 95, "subsampling": 0} if file_format == "JPEG" else {}
    return encoded(stored, file_format, exif=exif, **options)


def mean_colour(image: Pillow.Image) -> tuple[int, ...]:
    return tuple(round(value) for value in np.asarray(image, float).mean(axis=(0, 1)))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_case_053_every_orientation_becomes_upright_with_the_marker_in_its_place(orientation, file_format):
    content = with_orientation(marked(64, 48, 8, 32), orientation, file_format)

    image = open_upright(content)

    assert image.size == (64, 48)
    crop = np.asarray(image.crop((9, 33, 15, 39)), float).mean(axis=(0, 1))
    assert crop == pytest.approx(RED, abs=30)
    assert np.asarray(image.crop((24, 0, 64, 48))).max() < 30


@pytest.mark.parametrize("tag", [0, 9, 65535])
def test_case_053_an_orientation_that_does_not_exist_turns_nothing(tag):
    exif = Pillow.Exif()
    exif[pixels.ORIENTATION_TAG] = tag

    image = open_upright(encoded(marked(64, 48, 8, 32), "JPEG", exif=exif))

    assert image.size == (64, 48)


@pytest.mark.parametrize(
    ("mode", "file_format"),
    [("1", "PNG"), ("L", "PNG"), ("P", "PNG"), ("RGB", "PNG"), ("CMYK", "JPEG"), ("CMYK", "TIFF"),
     ("L", "JPEG"), ("RGB", "BMP"), ("RGB", "WEBP"), ("P", "GIF"), ("YCbCr", "JPEG")],
)  # fmt: skip
def test_case_054_plain_modes_keep_their_grey(mode, file_format):
    grey = Pillow.new("RGB", (32, 32), (255, 255, 255)).convert(mode)

    image = open_upright(encoded(grey, file_format))

    assert image.mode == "RGB"
    assert mean_colour(image) == pytest.approx(WHITE, abs=2)


@pytest.mark.parametrize("mode", ["LA", "RGBA", "P"])
def test_case_054_transparency_is_laid_on_white(mode):
    clear = Pillow.new("RGBA", (32, 32), (255, 0, 0, 0)).convert(mode)
    options = {"transparency": 0} if mode == "P" else {}

    image = open_upright(encoded(clear, "PNG", **options))

    assert mean_colour(image) == WHITE


@pytest.mark.parametrize("dtype", ["<u2", ">u2"])
def test_case_054_sixteen_bits_are_stretched_and_never_black(dtype):
    ramp = np.tile(np.linspace(0, 1023, 64), (64, 1)).astype(dtype)  # a 10 bit camera in 16 bits
    mode = "I;16" if dtype == "<u2" else "I;16B"
    file_format = "PNG" if dtype == "<u2" else "TIFF"
    stored = Pillow.frombytes(mode, (64, 64), ramp.tobytes())

    image = np.asarray(open_upright(encoded(stored, file_format)))

    assert image[:, 0].max() == 0
    assert image[:, -1].min() == 255
    assert image.mean() == pytest.approx(127.5, abs=2)


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_case_054_a_constant_deep_image_is_mid_grey(mode):
    stored = Pillow.fromarray(np.full((8, 8), 7, {"I;16": "u2", "I": "i4", "F": "f4"}[mode]))

    image = open_upright(encoded(stored, "TIFF"))

    assert mean_colour(image) == (128, 128, 128)


def test_case_054_not_a_number_among_floats_is_no_trouble():
    values = np.linspace(0, 1, 64, dtype="f4").reshape(8, 8)
    values[0, 0], values[0, 1] = np.nan, np.inf

    image = open_upright(encoded(Pillow.fromarray(values), "TIFF"))

    assert np.asarray(image).max() == 255


def test_case_054_an_interlaced_png_is_read():
    content = png_bytes(33, 17)

    assert open_upright(content).size == (33, 17)


@pytest.mark.parametrize(
    "content",
    [
        b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%PDF-1.7",
        b"8BPS\0\1",
        b"\0\0\0\x20ftypavif",
        b"\0\0\0\x20ftypheic",
        b"SIMPLE  =                    T",
        b"icns\0\0\0\0",
        b"DDS |\0\0\0",
        b"P6\n1 1\n255\n\0\0\0",
    ],
)
def test_case_051_and_057_other_formats_are_refused_by_name_of_the_kind(content):
    with pytest.raises(FormatNotSupported):
        open_upright(content)


@pytest.mark.parametrize(
    "content", [b"hello", b"<html><body>", b"\0" * 100, b"PK\3\4", b"GIF", b"RIFF1234WAVE"]
)
def test_case_051_what_is_no_image_is_refused(content):
    with pytest.raises(NotAnImage):
        open_upright(content)


@pytest.mark.parametrize("file_format", ["PPM", "TGA", "ICO", "PCX", "SGI", "DDS", "JPEG2000", "EPS", "ICNS"])
def test_case_051_no_other_decoder_is_ever_opened(file_format):
    with pytest.raises((FormatNotSupported, NotAnImage)):
        open_upright(encoded(pattern(32, 32), file_format))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.9])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_a_file_that_is_cut_off_is_refused(file_format, kept):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    content = encoded(Pillow.fromarray(noise), file_format)

    with pytest.raises(ImageTruncated):
        open_upright(content[: int(len(content) * kept)])


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_several_frames_are_refused(file_format):
    frames = [pattern(16, 16, seed=seed) for seed in range(3)]

    with pytest.raises(ImageAnimated) as refused:
        open_upright(encoded(frames[0], file_format, save_all=True, append_images=frames[1:]))

    assert refused.value.context["frames"] == 3


def test_a_gif_of_one_frame_is_taken():
    assert open_upright(encoded(pattern(16, 12).convert("P"), "GIF")).size == (16, 12)


def test_a_phone_picture_with_a_preview_behind_it_is_a_jpeg():
    content = encoded(pattern(32, 24), "MPO", save_all=True, append_images=[pattern(16, 12)])

    assert open_upright(content).size == (32, 24)


def test_no_bytes_are_no_image():
    with pytest.raises(ImageEmpty):
        open_upright(b"")


@pytest.mark.parametrize("at", [16, 20])
def test_no_columns_or_rows_are_no_image(at):
    content = bytearray(png_bytes(8, 8))
    content[at : at + 4] = b"\0\0\0\0"

    with pytest.raises(ImageEmpty):
        open_upright(bytes(content))


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "BMP", "GIF", "JPEG", "TIFF"])
def test_a_decompression_bomb_is_refused_from_its_header(file_format):
    content = encoded(Pillow.new("L", (2000, 1500)), file_format)

    with pytest.raises(ImageTooManyPixels) as refused:
        pixels.opened(content, "bomb", limit_pixels=2_999_999)

    assert refused.value.context["width_px"] == 2000
    assert pixels.opened(content, "no bomb", limit_pixels=3_000_000).size == (2000, 1500)


def test_a_header_that_claims_a_gigapixel_is_refused_at_once():
    content = bytearray(png_bytes(8, 8))
    content[16:24] = (60_000).to_bytes(4, "big") * 2

    with pytest.raises((ImageTooManyPixels, ImageTruncated)):
        open_upright(bytes(content))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_case_052_flipped_bytes_are_taken_or_refused_but_never_an_accident(file_format):
    random = np.random.default_rng(52)
    whole = np.frombuffer(
        encoded(pattern(40, 30).convert("P" if file_format == "GIF" else "RGB"), file_format), "u1"
    )

    for _ in range(300):
        broken = whole.copy()
        at = random.integers(0, len(broken), random.integers(1, 8))
        broken[at] = random.integers(0, 256, len(at))
        try:
            image = open_upright(broken.tobytes(), limit_pixels=1_000_000)
        except REFUSALS:
            continue
        assert image.mode == "RGB"


def test_a_polyglot_is_what_its_first_bytes_say():
    content = jpeg_bytes(16, 16) + b"<svg onload=alert(1)>"

    assert open_upright(content).size == (16, 16)


def test_the_file_is_shown_as_it_is_only_where_every_browser_agrees():
    def shown_alike(content: bytes) -> bool:
        image = Pillow.open(io.BytesIO(content))
        return pixels.is_shown_alike(image, pixels.orientation_of(image))

    assert shown_alike(jpeg_bytes())
    assert shown_alike(png_bytes(mode="P"))
    assert shown_alike(png_bytes(mode="L"))
    assert not shown_alike(png_bytes(mode="RGBA"))
    assert not shown_alike(encoded(pattern(8, 8).convert("CMYK"), "JPEG"))
    assert not shown_alike(encoded(pattern(8, 8), "TIFF"))
    assert not shown_alike(encoded(Pillow.fromarray(np.zeros((8, 8), "u2")), "PNG"))
    assert not shown_alike(with_orientation(pattern(8, 8), 6, "JPEG"))
