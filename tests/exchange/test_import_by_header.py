"""What an import records from a header alone, and what it has to decode at once."""

import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageFile
from sqlalchemy import select

from app.db import Database
from app.exchange import service
from app.images.errors import ImageTruncated
from app.images.ingest import measure
from app.images.service import original_key, thumb_key
from app.jobs import Job
from app.settings import Settings
from app.storage import Storage, sha256_hex
from tests.exchange.sources import Bench, write_folder
from tests.factories import NOW, encoded, jpeg_bytes, pixels, png_bytes


@pytest.fixture
def bench(database: Database, storage: Storage, settings: Settings) -> Bench:
    return Bench(database, storage, settings)


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever decodes an image fails the test."""

    def refuse(_image: object) -> None:
        pytest.fail("an image was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", refuse)


def plain_folder(root: Path, **files: bytes) -> Path:
    root.mkdir()
    for name, content in files.items():
        (root / name.replace("_", ".")).write_bytes(content)
    return root


def test_a_plain_image_is_recorded_without_being_decoded(
    any_database: Database, storage: Storage, settings: Settings, tmp_path: Path, undecoded: None
):
    bench = Bench(any_database, storage, settings)

    row = bench.take(write_folder(tmp_path / "set", images=3))

    image = bench.images()["0.jpg"]
    assert row.outcome_counts == {"added": 3}
    assert (image.width_px, image.height_px, image.format) == (64, 48, "JPEG")
    assert (image.is_waiting, image.problem) == (True, None)
    assert storage.get(original_key(image.sha256)) == jpeg_bytes(seed=0)
    assert not storage.has(thumb_key(image.sha256))
    assert len(bench.labels()) == 3


def test_many_batches_ask_for_one_job(bench: Bench, tmp_path: Path):
    bench.take(write_folder(tmp_path / "set", images=60))

    with bench.database.reading() as session:
        kinds = session.scalars(select(Job.kind)).all()
    assert sorted(kinds) == ["prepare", "rank"]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
def test_the_end_of_a_file_says_that_it_is_whole(kind: str, settings: Settings):
    content = encoded(pixels(64, 48), kind)

    whole = measure(content, "a", settings, sha256=sha256_hex(content))

    assert whole is not None
    assert (whole.width_px, whole.height_px, whole.byte_count) == (64, 48, len(content))
    for kept in range(len(content) - 40, len(content)):
        with suppress(ImageTruncated):  # a WebP is refused from its header
            assert measure(content[:kept], "a", settings, sha256="") is None
    assert measure(content + bytes(512), "a", settings, sha256="") is not None


def turned(exif_orientation: int) -> bytes:
    exif = Pillow.Exif()
    exif[0x0112] = exif_orientation
    return jpeg_bytes(exif=exif)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(turned(6), id="turned"),
        pytest.param(png_bytes(mode="RGBA"), id="transparent"),
        pytest.param(encoded(pixels(64, 48).convert("CMYK"), "JPEG"), id="cmyk"),
        pytest.param(encoded(pixels(64, 48), "TIFF"), id="tiff"),
        pytest.param(encoded(pixels(64, 48), "BMP"), id="bmp"),
    ],
)
def test_what_browsers_show_differently_is_decoded_before_anybody_can_look(
    bench: Bench, tmp_path: Path, content: bytes
):
    row = bench.take(plain_folder(tmp_path / "set", a_img=content))

    assert row.outcome_counts == {"added": 1}
    (image,) = bench.images().values()
    assert not image.is_waiting
    assert bench.storage.has(thumb_key(image.sha256))


def png_of(width_px: int, height_px: int) -> bytes:
    """A whole file whose header promises this size, over a few bytes of pixels."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    pixels_of_it = chunk(b"IDAT", zlib.compress(bytes(100)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + pixels_of_it + chunk(b"IEND", b"")


def test_a_bomb_and_a_broken_header_are_refused_without_being_decoded(
    bench: Bench, tmp_path: Path, undecoded: None
):
    files = {
        "a_png": png_of(60_000, 60_000),
        "b_jpg": b"\xff\xd8\xff\xe0" + b"nothing of a header" * 9 + b"\xff\xd9",
        "c_jpg": b"\xff\xd8\xff\xd9",
        "d_png": png_of(0, 5),
        "e_jpg": b"<html>",
        "f_jpg": jpeg_bytes(),
    }

    row = bench.take(plain_folder(tmp_path / "set", **files), named="images")

    assert bench.outcomes(row) == {
        "a.png": ("refused", "image_too_many_pixels"),
        "b.jpg": ("refused", "image_truncated"),
        "c.jpg": ("refused", "image_truncated"),
        "d.png": ("refused", "image_empty"),
        "e.jpg": ("refused", "not_an_image"),
        "f.jpg": ("added", None),
    }


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (FileNotFoundError(2, "No such file or directory"), "file_missing", "not there"),
        (PermissionError(13, "Permission denied"), "file_unreadable", "Permission denied"),
        (OSError(5, "Input/output error"), "file_unreadable", "Input/output error"),
    ],
)
def test_case_066_a_file_that_goes_away_meanwhile_is_named_and_the_others_are_taken(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, code: str, words: str
):
    root = write_folder(tmp_path / "set", images=3)
    open_file = Path.open

    def open_if_there(path: Path, *how: Any, **more: Any) -> Any:
        if path.name == "1.jpg":
            raise error
        return open_file(path, *how, **more)

    monkeypatch.setattr(Path, "open", open_if_there)

    row = bench.take(root)

    assert bench.outcomes(row) == {
        "0.jpg": ("added", None),
        "1.jpg": ("refused", code),
        "2.jpg": ("added", None),
    }
    assert words in (bench.detail(row, "1.jpg") or "")


def test_case_066_a_file_that_vanished_since_the_folder_was_listed_is_named(bench: Bench, tmp_path: Path):
    root = write_folder(tmp_path / "set", images=3)
    import_id = bench.start(root)

    def remove(done: int, _total: int) -> None:
        if done == 0:
            (root / "images" / "1.jpg").unlink()

    service.run_import(
        database=bench.database,
        storage=bench.storage,
        settings=bench.settings,
        import_id=import_id,
        now=lambda: NOW,
        on_progress=remove,
    )

    with bench.database.reading() as session:
        row = service.get_import(session, import_id)
    assert bench.outcomes(row)["1.jpg"] == ("refused", "file_missing")
    assert row.outcome_counts == {"added": 2, "refused": 1}


def test_case_066_a_file_that_changes_afterwards_changes_nothing_here(bench: Bench, tmp_path: Path):
    root = plain_folder(tmp_path / "set", a_jpg=jpeg_bytes(seed=1))
    bench.take(root)

    (root / "a.jpg").write_bytes(jpeg_bytes(seed=2))
    bench.take(root)

    first, second = bench.images_by_id().values()
    assert [bench.storage.get(original_key(image.sha256)) for image in (first, second)] == [
        jpeg_bytes(seed=1),
        jpeg_bytes(seed=2),
    ]
