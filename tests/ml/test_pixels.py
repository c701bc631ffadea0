"""Any image becomes the same upright picture, and its points go along."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from ml.errors import PictureRejected
from ml.pixels import UPRIGHT, letterboxed, read_letterboxed


def dotted(width, height, dot, size=6):
    """Black, with a white dot centred on `dot` (x, y), px with corners at integers."""
    pixels = np.zeros((height, width, 3), dtype=np.uint8)
    x, y = dot
    pixels[round(y - size / 2) : round(y + size / 2), round(x - size / 2) : round(x + size / 2)] = 255
    return Image.fromarray(pixels)


def centre_of_light(picture):
    weights = picture.mean(axis=2)
    rows, columns = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]] + 0.5
    return np.array([(columns * weights).sum(), (rows * weights).sum()]) / weights.sum()


def encoded(image, image_format, **options):
    file = BytesIO()
    image.save(file, image_format, **options)
    return file.getvalue()


@pytest.mark.parametrize("wh", [(200, 120), (119, 203), (64, 64), (30, 17), (1500, 997)])
@pytest.mark.parametrize("source", ["image", "png", "jpeg"])
def test_a_dot_is_found_where_the_letterbox_says(wh, source):
    dot = (wh[0] * 0.7, wh[1] * 0.3)
    size = max(6, wh[0] // 20)
    image = dotted(*wh, dot, size)
    truth = centre_of_light(np.asarray(image))

    if source == "image":
        picture, box = letterboxed(image, 64)
    else:
        picture, box = read_letterboxed(encoded(image, source, quality=95), 64)

    np.testing.assert_allclose(box.to_image(centre_of_light(picture)), truth, atol=0.15 * max(wh) / 64)


@pytest.mark.parametrize("orientation", [1, *UPRIGHT])
def test_an_exif_turned_image_is_seen_upright_and_measured_upright(orientation):
    upright = dotted(160, 90, (120, 20), 10)
    back = {6: Image.Transpose.ROTATE_90, 8: Image.Transpose.ROTATE_270}
    stored = upright
    if orientation in UPRIGHT:
        stored = upright.transpose(back.get(orientation, UPRIGHT[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation

    picture, box = read_letterboxed(encoded(stored, "jpeg", exif=exif, quality=95), 96)

    np.testing.assert_allclose(box.to_image(centre_of_light(picture)), (120, 20), atol=0.4)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I", "I;16", "F"])
def test_every_mode_gives_the_same_place(mode):
    image = dotted(40, 30, (10, 20))
    image = image.convert("L").convert(mode) if mode in {"I", "I;16", "F", "LA"} else image.convert(mode)

    picture, box = letterboxed(image, 40)

    np.testing.assert_allclose(box.to_image(centre_of_light(picture)), (10, 20), atol=0.3)


def test_sixteen_bits_are_scaled_and_not_clipped():
    image = Image.fromarray(np.linspace(0, 65535, 64 * 64).reshape(64, 64).astype(np.uint16))

    picture, _ = letterboxed(image, 64)

    assert 100 < picture.mean() < 155


def test_an_image_given_decoded_stays_as_it_was():
    image = Image.open(BytesIO(encoded(dotted(800, 600, (400, 300)), "jpeg")))

    letterboxed(image, 32)
    again, box = letterboxed(image, 32)

    assert image.size == (800, 600)
    np.testing.assert_allclose(box.to_image(centre_of_light(again)), (400, 300), atol=3)


def test_a_photograph_decoded_small_looks_the_same(tmp_path):
    random = np.random.default_rng(0)
    coarse = Image.fromarray(random.integers(0, 256, (12, 16, 3)).astype(np.uint8))
    path = tmp_path / "large.jpg"
    coarse.resize((1601, 1199), Image.Resampling.BICUBIC).save(path, quality=95)

    fast, _ = read_letterboxed(path, 96)
    with Image.open(path) as image:
        image.load()
        whole, _ = letterboxed(image, 96)

    assert np.abs(fast.astype(int) - whole.astype(int)).mean() < 1.0


@pytest.mark.parametrize(
    "content",
    [b"", b"no image", encoded(dotted(90, 90, (40, 40)), "jpeg")[:300]],
    ids=["empty", "text", "cut"],
)
def test_what_does_not_decode_is_refused(content):
    with pytest.raises(PictureRejected):
        read_letterboxed(content, 32)


def test_a_missing_file_is_refused_by_name(tmp_path):
    with pytest.raises(PictureRejected, match=r"gone\.png"):
        read_letterboxed(tmp_path / "gone.png", 32)
