"""Networks see the pixels that annotators see."""

import io

import numpy as np
import pytest
from PIL import Image as Pixels

from app.db import Database
from app.images import service as images
from app.settings import Settings
from app.storage import Storage
from app.training import pool
from ml.pixels import read_letterboxed
from tests.factories import NOW, encoded, jpeg_bytes, make_project, make_user
from worker.manifest import manifest_of


def deep_png() -> bytes:
    """16 bit grey whose values lie in a narrow range: shown stretched, else nearly black."""
    ramp = np.linspace(300, 900, 64 * 64).reshape(64, 64).astype(np.uint16)
    return encoded(Pixels.fromarray(ramp), "PNG")


def turned_jpeg() -> bytes:
    """A JPEG on its side with the EXIF tag that says so."""
    upright = Pixels.open(io.BytesIO(jpeg_bytes(48, 64, seed=3)))
    exif = Pixels.Exif()
    exif[0x0112] = 6
    return encoded(upright.rotate(90, expand=True), "JPEG", exif=exif, quality=95)


@pytest.mark.parametrize(
    "content", [deep_png(), turned_jpeg(), jpeg_bytes()], ids=["deep", "turned", "plain"]
)
def test_a_manifest_names_the_file_that_the_page_shows(
    database: Database, storage: Storage, settings: Settings, content: bytes
):
    received = images.receive(storage, settings, file=io.BytesIO(content), name="a")
    with database.unit_of_work() as session:
        project, user = make_project(session), make_user(session)
        (added,) = images.add_images(
            session, project_id=project.id, prepared=[received.prepared], sides=["train"], by=user.id, now=NOW
        )
        frozen = pool.parse(pool.freeze(session, project.id).content)

        manifest = manifest_of(
            session, frozen, {added.image.sha256: images.seen_path(storage, added.image.sha256)}
        )

    (sample,) = manifest.train
    assert sample.image == images.shown_file(storage, added.image).path
    seen, _ = read_letterboxed(sample.image, 64)
    assert seen.max() - seen.min() > 100
