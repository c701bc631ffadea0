"""Whole imports on a real database."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from app.annotations import service as annotations
from app.annotations.schemas import AttributeAnswer
from app.audit import AuditEntry
from app.errors import DomainError
from app.exchange.errors import (
    FolderNotAllowed,
    FormatUnknown,
    LandmarksDiffer,
    NothingToImport,
    SchemaMissing,
    SourceMissing,
)
from app.exchange.service import allowed_folder, schema_from
from app.images import service as images
from app.jobs import Job
from app.queue.tables import Ask, AskStatus
from tests.exchange.sources import COLUMNS, META, POINTS, Bench, write_folder, zipped
from tests.factories import FACE, NOW, attribute_body, jpeg_bytes, png_bytes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bench(database, storage, settings):
    return Bench(database, storage, settings)


@pytest.fixture
def any_bench(any_database, storage, settings):
    return Bench(any_database, storage, settings)


def test_a_folder_becomes_images_labels_and_answered_asks(any_bench, tmp_path):
    row = any_bench.take(write_folder(tmp_path / "set", images=3))

    assert (row.status, row.format, row.file_count, row.outcome_counts) == ("done", "folder", 3, {"added": 3})
    assert any_bench.labels()["1.jpg"] == {
        "landmarks": {"points": [
            {"name": "eye_l", "state": "visible", "x": 10.5, "y": 12.0},
            {"name": "eye_r", "state": "hidden", "x": 20.75, "y": 11.5},
        ]},
        "pose": {"value": "front"},
        "yaw": {"value": 12.5},
    }  # fmt: skip
    with any_bench.database.reading() as session:
        assert {ask.status for ask in session.scalars(select(Ask))} == {AskStatus.ANSWERED}
        assert [job.kind for job in session.scalars(select(Job))] == ["prepare", "rank"]


def test_images_without_labels_keep_their_asks_open(bench, tmp_path):
    bench.take(write_folder(tmp_path / "set", landmarks=[COLUMNS, ["0.jpg", *POINTS]]))

    with bench.database.reading() as session:
        open_asks = session.execute(select(Ask.image_id, Ask.kind).where(Ask.status == AskStatus.OPEN)).all()
    assert open_asks == [(2, "landmarks")]


def test_case_113_the_same_import_again_changes_nothing(any_bench, tmp_path):
    root = write_folder(tmp_path / "set", images=3)
    any_bench.take(root)
    before = (any_bench.labels(), any_bench.revision_count(), len(any_bench.images()))

    again = any_bench.take(root)

    assert again.outcome_counts == {"known": 3}
    assert (any_bench.labels(), any_bench.revision_count(), len(any_bench.images())) == before


def test_a_changed_label_is_a_new_revision(bench, tmp_path):
    bench.take(write_folder(tmp_path / "set"))
    changed = [["image", "pose", "yaw"], ["0.jpg", "side", "12.5"], ["1.jpg", "front", "12.5"]]

    row = bench.take(write_folder(tmp_path / "other", attributes=changed))

    assert bench.outcomes(row) == {"0.jpg": ("updated", None), "1.jpg": ("known", None)}
    assert bench.labels()["0.jpg"]["pose"] == {"value": "side"}
    assert bench.revision_count() == 7


def test_an_annotators_label_is_never_overwritten(any_bench, tmp_path):
    root = write_folder(tmp_path / "set", images=1)
    any_bench.take(root / "images")
    with any_bench.database.unit_of_work() as session:
        annotations.submit(
            session,
            image_id=next(iter(any_bench.images().values())).id,
            kind="pose",
            answer=AttributeAnswer.model_validate(attribute_body("side")),
            by=any_bench.owner_id,
            is_late=False,
            now=NOW,
        )

    row = any_bench.take(root, "folder")

    [labels] = any_bench.labels().values()
    assert labels["pose"] == {"value": "side"}
    assert labels["yaw"] == {"value": 12.5}
    assert row.outcome_counts == {"updated": 1}


def test_every_imported_label_has_one_audit_row(bench, tmp_path):
    bench.take(write_folder(tmp_path / "set"))

    with bench.database.reading() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "revision.added")).all()
    assert len(entries) == bench.revision_count() == 6
    assert {entry.subject for entry in entries} == {"image:1", "image:2"}


def test_what_is_wrong_with_one_file_does_not_keep_the_others_out(bench, tmp_path):
    files = {"a.jpg": jpeg_bytes(seed=1), "b.svg": b"<svg/>", "c.jpg": jpeg_bytes(seed=2)[:100], "d.jpg": b"",
             "e.png": png_bytes(seed=3)}  # fmt: skip
    rows = [
        COLUMNS,
        ["a.jpg", "500", "10", "1", *[""] * 6],
        ["gone.jpg", *POINTS],
        ["e.png", "x", *POINTS[1:]],
    ]
    values = [["image", "pose", "yaw"], ["a.jpg", "upside", "500"]]
    splits = [["image", "split"], ["e.png", "valid"]]

    row = bench.take(
        write_folder(tmp_path / "set", images=files, landmarks=rows, attributes=values, splits=splits)
    )

    assert bench.outcomes(row) == {
        "a.jpg": ("added", "landmark_outside_image"),
        "b.svg": ("refused", "format_not_supported"),
        "c.jpg": ("refused", "image_truncated"),
        "d.jpg": ("refused", "image_empty"),
        "e.png": ("added", "number_invalid"),
        "gone.jpg": ("refused", "file_missing"),
    }
    assert row.outcome_counts == {"added": 2, "refused": 4}
    assert "no class upside" in bench.detail(row, "a.jpg")
    assert "between -90 and 90" in bench.detail(row, "a.jpg")
    assert bench.labels() == {}
    assert bench.images()["e.png"].side == "validation"


def test_an_image_too_large_is_refused(database, storage, settings, tmp_path):
    bench = Bench(database, storage, settings.model_copy(update={"image_limit_bytes": 500}))

    row = bench.take(write_folder(tmp_path / "set", images=1))

    assert bench.outcomes(row) == {"0.jpg": ("refused", "image_too_large")}


def test_the_same_content_under_two_names_is_one_image_with_the_first_ones_labels(bench, tmp_path):
    files = {"a.jpg": jpeg_bytes(seed=1), "b.jpg": jpeg_bytes(seed=1)}
    values = [["image", "pose", "yaw"], ["a.jpg", "front", ""], ["b.jpg", "side", ""]]
    root = write_folder(tmp_path / "set", images=files, attributes=values)

    first, again = bench.take(root), bench.take(root)

    assert bench.outcomes(first) == {"a.jpg": ("added", None), "b.jpg": ("known", "content_repeated")}
    assert bench.outcomes(again) == {"a.jpg": ("known", None), "b.jpg": ("known", "content_repeated")}
    assert bench.labels()["a.jpg"]["pose"] == {"value": "front"}
    assert list(bench.images()) == ["a.jpg"]


def test_an_archived_image_stays_archived(bench, tmp_path):
    root = write_folder(tmp_path / "set", images=1)
    bench.take(root / "images")
    with bench.database.unit_of_work() as session:
        images.archive(session, 1, by=bench.owner_id, now=NOW)

    row = bench.take(root)

    assert bench.outcomes(row)["0.jpg"] == ("known", "image_archived")
    assert bench.labels() == {}


def test_landmarks_that_the_project_does_not_have_end_the_import(bench, tmp_path):
    meta = META | {"landmark_names": ["eye_l", "eye_r", "chin"], "skeleton_edges": [], "flip_pairs": []}
    columns = [name.replace("mouth", "chin") for name in COLUMNS]
    import_id = bench.start(write_folder(tmp_path / "set", meta=meta, landmarks=[columns]))

    with pytest.raises(LandmarksDiffer, match="chin"):
        bench.run(import_id)

    assert bench.images() == {}


def test_attributes_that_the_project_does_not_ask_for_are_left_out_and_said(bench, tmp_path):
    meta = META | {
        "attribute_classes": {"pose": ["front", "side"], "hat": ["no", "yes"]},
        "attribute_scales": {},
    }
    values = [["image", "pose", "hat"], ["0.jpg", "side", "yes"]]

    row = bench.take(write_folder(tmp_path / "set", images=1, meta=meta, attributes=values))

    assert bench.outcomes(row)["attributes.csv"] == ("refused", "attribute_not_asked")
    assert "hat" in bench.detail(row, "attributes.csv")
    assert bench.labels()["0.jpg"]["pose"] == {"value": "side"}


def test_a_failed_import_says_why_and_can_be_run_again(bench, tmp_path):
    root = write_folder(tmp_path / "set", splits=[["image"]])
    import_id = bench.start(root)
    with pytest.raises(DomainError):
        bench.run(import_id)
    with bench.database.reading() as session:
        from app.exchange.service import get_import

        failed = get_import(session, import_id)
    (root / "splits.csv").write_text("image,split\n")

    done = bench.run(import_id)

    assert (failed.status, failed.error_code) == ("failed", "columns_missing")
    assert (done.status, done.error_code, done.outcome_counts) == ("done", None, {"added": 2})


@pytest.mark.parametrize("stop_after", [1, 40, 119])
def test_case_064_an_import_that_was_stopped_goes_on_where_it_was(bench, tmp_path, stop_after):
    root = write_folder(tmp_path / "set", images=120)
    import_id = bench.start(root)

    stopped = bench.run(import_id, stop_after=stop_after)
    between = len(bench.images())
    done = bench.run(import_id)
    once_more = bench.run(import_id)

    assert stopped.status == "running"
    assert 0 < between <= 120
    assert (done.status, done.outcome_counts) == ("done", {"added": 120})
    assert once_more.outcome_counts == {"added": 120}
    assert len(bench.images()) == 120
    assert bench.revision_count() == 360


KILLED = """
import sys
from pathlib import Path
from app.db import Database, utc_now
from app.exchange import service
from app.settings import Settings
from app.storage import open_storage
settings = Settings(home_dir=Path(sys.argv[1]))
def report(done, total):
    print(done, flush=True)
service.run_import(database=Database(settings.sqlalchemy_url), storage=open_storage(settings),
                   settings=settings, import_id=int(sys.argv[2]), now=utc_now, on_progress=report)
"""


def test_case_064_and_113_an_import_killed_at_any_moment_ends_whole(bench, tmp_path, settings):
    root = write_folder(tmp_path / "set", images=150)
    import_id = bench.start(root)

    for delay_seconds in (0.0, 0.05, 0.1, 0.2):
        command = [sys.executable, "-c", KILLED, str(settings.home_dir), str(import_id)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        process.stdout.readline()  # it is at work
        time.sleep(delay_seconds)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        for image in bench.images().values():  # no row without its whole file
            assert len(bench.storage.get(images.original_key(image.sha256))) == image.byte_count
    done = bench.run(import_id)

    assert (done.status, done.outcome_counts) == ("done", {"added": 150})
    assert len(bench.images()) == 150
    assert bench.revision_count() == 450


@pytest.mark.parametrize(("percent", "kept"), [(0, 0), (5, 2), (50, 20), (100, 40)])
def test_a_share_of_the_training_images_keeps_its_landmarks(bench, tmp_path, percent, kept):
    splits = [
        ["image", "split"],
        *([f"{n}.jpg", "train" if n < 40 else "valid" if n < 50 else "test"] for n in range(60)),
    ]
    root = write_folder(tmp_path / "set", images=60, splits=splits)

    bench.take(root, keep_landmarks_percent=percent, keep_test_landmarks=False, seed=3)

    sides = {name: image.side for name, image in bench.images().items()}
    labels = bench.labels()
    with_landmarks = [sides[name] for name, kinds in labels.items() if "landmarks" in kinds]
    assert with_landmarks.count("train") == kept
    assert with_landmarks.count("validation") == 10
    assert with_landmarks.count("test") == 0
    assert all("pose" in labels[name] for name in sides)


def test_the_seed_chooses_which_landmarks_are_kept(database, storage, settings, tmp_path):
    root = write_folder(tmp_path / "set", images=30)

    def kept(seed):
        bench = Bench(database, storage, settings)
        bench.take(root, keep_landmarks_percent=20, seed=seed)
        return {name for name, kinds in bench.labels().items() if "landmarks" in kinds}

    assert kept(1) == kept(1)
    assert kept(1) != kept(2)


def test_plain_images_of_nested_folders_keep_their_relative_names(bench, tmp_path):
    (tmp_path / "set" / "day 1").mkdir(parents=True)
    (tmp_path / "set" / ".hidden").mkdir()
    for name in ("a.jpg", "day 1/b.jpg", ".hidden/c.jpg", "notes.txt"):
        (tmp_path / "set" / name).write_bytes(
            b"notes" if name.endswith("txt") else jpeg_bytes(seed=len(name))
        )

    row = bench.take(tmp_path / "set")

    assert row.format == "images"
    assert bench.outcomes(row) == {
        "a.jpg": ("added", None),
        "day 1/b.jpg": ("added", None),
        "notes.txt": ("refused", "not_an_image"),
    }


def test_one_image_is_a_source_too(bench, tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes())

    assert bench.outcomes(bench.take(tmp_path / "a.jpg")) == {"a.jpg": ("added", None)}


def test_an_archive_with_one_folder_in_it_is_read_as_that_folder(bench, settings, tmp_path):
    archive = zipped(write_folder(tmp_path / "set"), tmp_path / "set.zip")

    row = bench.take(archive)

    assert (row.format, row.outcome_counts) == ("folder", {"added": 2})
    assert list(settings.work_dir.iterdir()) == []


def test_case_118_an_unsafe_archive_fails_the_import(bench, settings, tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.writestr("../../x.jpg", jpeg_bytes())
    import_id = bench.start(tmp_path / "a.zip")

    with pytest.raises(DomainError, match="leads out"):
        bench.run(import_id)

    assert list(settings.work_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("named", "error"), [("auto", NothingToImport), ("folder", FormatUnknown), ("coco", FormatUnknown)]
)
def test_an_empty_folder_is_refused(bench, tmp_path, named, error):
    (tmp_path / "empty").mkdir()

    with pytest.raises(error):
        bench.take(tmp_path / "empty", named)


def test_what_is_not_there_and_what_is_no_format_is_refused(bench, tmp_path):
    with pytest.raises(SourceMissing):
        bench.take(tmp_path / "nothing")
    with pytest.raises(FormatUnknown):
        bench.start(tmp_path, "yolo")


def test_a_schema_comes_from_a_source_that_has_one(tmp_path, settings):
    root = write_folder(tmp_path / "set")

    assert schema_from(root, settings=settings).landmarks == tuple(FACE["landmarks"])
    with pytest.raises(SchemaMissing):
        schema_from(root / "images", settings=settings)


@pytest.mark.parametrize(
    "name", ["/etc", "relative", "", "/", "{root}/allowed/../other", "{root}/allowed/link", "a\0b"]
)
def test_case_118_only_the_operators_import_folders_may_be_read(settings, tmp_path, name):
    for folder in ("allowed/inner", "other"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "allowed" / "link").symlink_to(tmp_path / "other")
    settings = settings.model_copy(update={"import_dirs": (tmp_path / "allowed",)})

    with pytest.raises(FolderNotAllowed):
        allowed_folder(settings, name.format(root=tmp_path))

    assert allowed_folder(settings, str(tmp_path / "allowed" / "inner")) == tmp_path / "allowed" / "inner"
