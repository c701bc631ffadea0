import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from app.images.descriptor import DESCRIPTOR_LENGTH, descriptor_from, descriptor_of
from app.images.errors import REFUSALS, ImageTooLarge
from app.images.ingest import THUMB_LIMIT_BYTES, prepare, side_of
from app.images.names import NAME_LENGTH, clean_name
from app.images.pixels import open_upright
from app.images.tables import Side
from app.settings import Settings
from app.storage import sha256_hex
from tests.factories import encoded, jpeg_bytes, pixels, png_bytes

SETTINGS = Settings()


def noise(width_px, height_px):
    return Pillow.fromarray(
        np.random.default_rng(1).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)
    )


def test_a_prepared_image_is_measured_and_hashed():
    content = jpeg_bytes(640, 480)

    prepared = prepare(content, "a.jpg", SETTINGS)

    assert (prepared.width_px, prepared.height_px, prepared.exif_orientation) == (640, 480, 1)
    assert (prepared.sha256, prepared.byte_count) == (sha256_hex(content), len(content))
    assert (prepared.format, prepared.name, prepared.shown) == ("JPEG", "a.jpg", None)


@pytest.mark.parametrize("size", [(1, 1), (1, 60_000), (60_000, 1), (257, 3), (4000, 3000), (2, 256)])
def test_case_056_extreme_shapes_get_a_bounded_thumbnail(size):
    prepared = prepare(encoded(Pillow.new("RGB", size, "red"), "PNG"), "x.png", SETTINGS)

    thumb = Pillow.open(io.BytesIO(prepared.thumb))
    assert (prepared.width_px, prepared.height_px) == size
    assert max(thumb.size) <= 256
    assert min(thumb.size) >= 1


def test_even_noise_gets_a_small_thumbnail():
    prepared = prepare(encoded(noise(900, 900), "JPEG", quality=95), "x.jpg", SETTINGS)

    assert len(prepared.thumb) <= THUMB_LIMIT_BYTES


def test_too_many_bytes_are_refused():
    with pytest.raises(ImageTooLarge):
        prepare(jpeg_bytes(), "x.jpg", Settings(image_limit_bytes=100))


def test_a_turned_jpeg_gets_an_upright_copy_without_a_tag():
    exif = Pillow.Exif()
    exif[0x0112] = 6

    prepared = prepare(jpeg_bytes(64, 48, exif=exif), "x.jpg", SETTINGS)

    copy = Pillow.open(io.BytesIO(prepared.shown))
    assert (prepared.width_px, prepared.height_px, prepared.exif_orientation) == (48, 64, 6)
    assert (copy.format, copy.size, dict(copy.getexif())) == ("JPEG", (48, 64), {})


@pytest.mark.parametrize("mode", ["RGBA", "I;16", "LA"])
def test_the_copy_for_the_browser_has_the_very_pixels_that_the_network_sees(mode):
    stored = Pillow.fromarray(np.arange(4096, dtype="u2").reshape(64, 64)) if mode == "I;16" else None
    content = encoded(stored, "PNG") if stored else png_bytes(64, 64, mode=mode)

    prepared = prepare(content, "x.png", SETTINGS)

    copy = np.asarray(Pillow.open(io.BytesIO(prepared.shown)))
    assert np.array_equal(copy, np.asarray(open_upright(content)))


def test_one_image_in_ten_is_for_validation_and_always_the_same_ones():
    hashes = [sha256_hex(str(number).encode()) for number in range(5000)]

    sides = [side_of(each) for each in hashes]

    assert sides == [side_of(each) for each in hashes]
    assert sides.count(Side.VALIDATION) / len(sides) == pytest.approx(0.1, abs=0.015)


def test_a_descriptor_has_length_one_and_forgets_brightness():
    image = pixels(200, 150, seed=3)
    darker = image.point(lambda level: 40 + level // 2)

    one, other = (descriptor_from(descriptor_of(each)) for each in (image, darker))

    assert one.shape == (DESCRIPTOR_LENGTH,)
    assert np.linalg.norm(one) == pytest.approx(1, abs=1e-2)
    assert np.linalg.norm(one - other) < 0.05
    assert np.linalg.norm(one - descriptor_from(descriptor_of(pixels(200, 150, seed=4)))) > 0.5


def test_a_flat_grey_image_has_a_descriptor_of_zeros():
    assert not descriptor_from(descriptor_of(Pillow.new("RGB", (50, 50), "grey"))).any()


def test_the_refusal_names_the_file():
    for content in (b"", b"text", b"%PDF", jpeg_bytes()[:60]):
        with pytest.raises(REFUSALS, match=r"^holiday\.jpg "):
            prepare(content, "holiday.jpg", SETTINGS)


@given(st.text(max_size=700))
def test_case_059_any_text_becomes_a_name_that_can_be_stored(given_name):
    name = clean_name(given_name)

    assert 1 <= len(name) <= NAME_LENGTH
    name.encode("utf-8")
    assert not any(ord(each) < 32 or ord(each) == 127 for each in name)
    assert clean_name(name) == name


def test_case_059_long_names_that_differ_in_the_middle_stay_different():
    one, other = (clean_name("a" * 480 + middle + "b" * 100 + ".jpg") for middle in ("1", "2"))

    assert one != other
    assert one.endswith(".jpg")
