"""The export job: counts, missing files, full disks."""

import json
import resource
import zipfile
from contextlib import contextmanager

import pytest

from app.errors import InsufficientStorage
from app.exchange import service
from app.exchange.errors import ExportFormatUnknown, ExportNotReady, ExportTargetExists
from app.exchange.exporting import Exporting
from app.images import service as images
from app.storage import BlobMissing
from tests.exchange.sources import Bench, write_folder
from tests.factories import NOW


@pytest.fixture
def bench(any_database, storage, settings, tmp_path):
    bench = Bench(any_database, storage, settings)
    bench.take(write_folder(tmp_path / "set", images=4))
    return bench


def start(bench, format_name="folder"):
    with bench.database.unit_of_work() as session:
        return service.start_export(
            session, project_id=bench.project_id, format_name=format_name, by=bench.owner_id, now=NOW
        ).id


def run(bench, export_id):
    service.run_export(
        database=bench.database, storage=bench.storage, settings=bench.settings, export_id=export_id,
        now=lambda: NOW, on_progress=lambda *_: None,
    )  # fmt: skip
    return get(bench, export_id)


def get(bench, export_id):
    with bench.database.reading() as session:
        return service.get_export(session, export_id)


@contextmanager
def files_limited_to(byte_count):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (byte_count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("format_name", ["folder", "coco"])
def test_case_109_the_manifest_counts_what_the_project_has(bench, format_name):
    with bench.database.unit_of_work() as session:
        images.archive(session, 2, by=bench.owner_id, now=NOW)

    row = run(bench, start(bench, format_name))

    with zipfile.ZipFile(service.export_file(bench.storage, row)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.testzip() is None
        assert sum(name.startswith("images/") for name in archive.namelist()) == 3
    assert row.status == "done"
    assert row.counts == manifest["counts"] == {
        "images": 3, "labels": {"landmarks": 3, "pose": 3, "yaw": 3}, "image_files": 3,
    }  # fmt: skip


def test_case_066_a_missing_or_damaged_image_is_named_and_the_others_are_written(bench):
    first, second, *_ = bench.images().values()
    bench.storage.path_of(images.original_key(first.sha256)).unlink()
    bench.storage.path_of(images.original_key(second.sha256)).write_bytes(b"damaged")

    row = run(bench, start(bench))

    with zipfile.ZipFile(service.export_file(bench.storage, row)) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert [each["code"] for each in manifest["missing_images"]] == ["blob_missing", "blob_corrupt"]
    assert (row.counts["images"], row.counts["image_files"]) == (4, 2)


def test_an_export_that_is_done_is_not_written_again(bench):
    export_id = start(bench)

    first, again = run(bench, export_id), run(bench, export_id)

    assert first.blob_key == again.blob_key
    assert len(list(bench.storage.keys("exports"))) == 1


@pytest.mark.parametrize("limit", [100, 3000])
def test_case_117_a_full_disk_leaves_no_file_and_says_so(database, storage, settings, tmp_path, limit):
    bench = Bench(database, storage, settings)
    bench.take(write_folder(tmp_path / "set", images=4))
    earlier = run(bench, start(bench))
    export_id = start(bench)

    with pytest.raises(InsufficientStorage):
        run_with_little_space(bench, export_id, limit)

    assert list(storage.keys("exports")) == [earlier.blob_key]
    assert list(settings.home_dir.rglob("*.part")) == []
    assert list(settings.work_dir.iterdir()) == []
    assert run(bench, export_id).status == "done"


def run_with_little_space(bench, export_id, limit):
    class Stop(Exception):
        pass

    # the database may grow: only the export's own files are limited
    exporting = Exporting(
        bench.database, bench.storage, bench.settings.work_dir, bench.project_id, "folder", NOW
    )
    with files_limited_to(limit):
        service.export_to_path(exporting, bench.settings.home_dir / "out.zip", lambda *_: True)


def test_nothing_is_ever_written_over(bench, tmp_path):
    exporting = Exporting(
        bench.database, bench.storage, bench.settings.work_dir, bench.project_id, "folder", NOW
    )
    (tmp_path / "out.zip").write_bytes(b"mine")

    with pytest.raises(ExportTargetExists):
        service.export_to_path(exporting, tmp_path / "out.zip", lambda *_: True)

    assert (tmp_path / "out.zip").read_bytes() == b"mine"


def test_a_format_that_does_not_exist_is_refused(bench):
    with pytest.raises(ExportFormatUnknown):
        start(bench, "yolo")


def test_a_file_that_is_not_there_yet_or_any_more_is_said(bench):
    export_id = start(bench)
    with pytest.raises(ExportNotReady):
        service.export_file(bench.storage, get(bench, export_id))
    row = run(bench, export_id)
    bench.storage.discard(row.blob_key)

    with pytest.raises(BlobMissing):
        service.export_file(bench.storage, row)
