"""Decoding afterwards what an import recorded from headers."""

import threading
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import select

from app import jobs
from app.audit import AuditEntry
from app.db import Database, utc_now
from app.images import service as images
from app.images import waiting
from app.images.descriptor import DESCRIPTOR_LENGTH, descriptor_from
from app.images.repository import Waiting
from app.images.tables import Image
from app.jobs import Claim, Job, JobKind
from app.predictions import service as predictions
from app.projects.tables import Project
from app.queue import ranking
from app.queue.tables import Ask
from app.settings import Settings
from app.storage import FolderStorage, Storage
from app.training.targets import targets_of
from tests.exchange.sources import Bench
from tests.exchange.test_import_by_header import png_of
from tests.factories import NOW, jpeg_bytes
from tests.predictions.test_predictions_service import make_network
from worker import prepare
from worker.context import FenceLost, JobContext
from worker.lane import Lane, Workplace
from worker.upkeep import Upkeep

Decoder = Callable[..., object]


@pytest.fixture
def bench(any_database: Database, storage: Storage, settings: Settings) -> Bench:
    return Bench(any_database, storage, settings)


@pytest.fixture
def place(any_database: Database, storage: Storage, settings: Settings) -> Workplace:
    return Workplace(
        name="test",
        database=any_database,
        storage=storage,
        settings=settings,
        clock=utc_now,
        is_stopping=threading.Event(),
    )


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the images that are decoded, in any order."""
    names: list[str] = []
    decode: Decoder = waiting.decoded

    def note(storage: Storage, sha256: str, name: str, settings: Settings) -> object:
        names.append(name)
        return decode(storage, sha256, name, settings)

    monkeypatch.setattr(waiting, "decoded", note)
    return names


def take(bench: Bench, **files: bytes) -> None:
    """Import these files, of which nothing is decoded."""
    folder = bench.settings.home_dir / "folder"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content)
    bench.take(folder, named="images")


def take_plain(bench: Bench, count: int) -> None:
    take(bench, **{f"{number}_jpg": jpeg_bytes(seed=number) for number in range(count)})


def kinds_waiting(database: Database) -> list[str]:
    with database.reading() as session:
        return sorted(session.scalars(select(Job.kind).where(Job.status == "queued")))


def descriptor_lengths(bench: Bench) -> list[int]:
    with bench.database.reading() as session:
        stored = session.scalars(select(Image.descriptor).order_by(Image.id)).all()
    return [len(descriptor_from(each)) if each else 0 for each in stored]


def test_every_image_gets_its_thumbnail_and_its_descriptor(bench: Bench, place: Workplace):
    take_plain(bench, 3)

    Lane(place, [JobKind.PREPARE]).do_one()

    assert [image.is_waiting for image in bench.images().values()] == [False] * 3
    assert descriptor_lengths(bench) == [DESCRIPTOR_LENGTH] * 3
    for image in bench.images().values():
        assert place.storage.has(images.thumb_key(image.sha256))
    assert kinds_waiting(bench.database) == ["rank"]


def test_an_image_that_does_not_decode_is_marked_and_the_queue_goes_past_it(bench: Bench, place: Workplace):
    take(bench, a_png=png_of(64, 48), b_jpg=jpeg_bytes())

    Lane(place, [JobKind.PREPARE]).do_one()

    broken, well = bench.images()["a.png"], bench.images()["b.jpg"]
    assert (broken.is_waiting, broken.problem) == (False, "image_truncated")
    assert (well.is_waiting, well.problem) == (False, None)
    with bench.database.unit_of_work() as session:
        asks = session.execute(select(Ask.image_id, Ask.status).distinct().order_by(Ask.image_id)).all()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "image.broken")).one()
        network = make_network(session, session.get_one(Project, bench.project_id))
        predictions.promote(session, network.id, by=None, now=NOW)
        targets = [target.image_id for target in targets_of(session, network)]
        ranking.open_missing_asks(session, bench.project_id, ["a kind that came later"])
        later = session.scalars(select(Ask.image_id).where(Ask.kind == "a kind that came later")).all()
    assert asks == [(broken.id, "set_aside"), (well.id, "open")]
    assert (entry.subject, entry.user_id) == (f"image:{broken.id}", None)
    assert "a.png" in entry.detail["why"]
    assert (targets, list(later)) == ([well.id], [well.id])


@pytest.mark.parametrize("happens", ["gone", "damaged"])
def test_case_066_a_file_that_is_gone_or_damaged_waits_until_it_is_back(
    bench: Bench, place: Workplace, happens: str
):
    take_plain(bench, 2)
    missed = bench.images()["0.jpg"]
    path = place.storage.path_of(images.original_key(missed.sha256))
    content = path.read_bytes()
    if happens == "gone":
        path.unlink()
    else:
        path.write_bytes(jpeg_bytes(seed=7))

    Lane(place, [JobKind.PREPARE]).do_one()

    waits = {name: image.is_waiting for name, image in bench.images().items()}
    assert waits == {"0.jpg": True, "1.jpg": False}
    assert "prepare" not in kinds_waiting(bench.database)
    path.write_bytes(content)
    Upkeep(bench.database, bench.settings).run(utc_now())
    Lane(place, [JobKind.PREPARE]).do_one()
    assert not bench.images()["0.jpg"].is_waiting


def claim(bench: Bench, place: Workplace) -> Claim:
    """Take the job, with a lease that has run out already."""
    with bench.database.unit_of_work() as session:
        found = jobs.claim_next(
            session, worker="one", now=utc_now(), lease=-place.lease, kinds=[JobKind.PREPARE]
        )
    assert found is not None
    return found


def test_case_027_an_overtaken_attempt_records_nothing_and_the_next_one_does_the_rest(
    bench: Bench, place: Workplace, decoded: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(prepare, "IMAGES_AT_ONCE", 2)
    take_plain(bench, 5)
    context = JobContext(
        claim=claim(bench, place), database=place.database, storage=place.storage, settings=place.settings,
        clock=utc_now, is_stopping=place.is_stopping,
    )  # fmt: skip
    decode_all = prepare._decode_all

    def be_overtaken_at_the_second_chunk(context: JobContext, some: Sequence[Waiting]):
        if decoded:
            claim(bench, place)
        return decode_all(context, some)

    with monkeypatch.context() as patched:
        patched.setattr(prepare, "_decode_all", be_overtaken_at_the_second_chunk)
        with pytest.raises(FenceLost):
            prepare.prepare(context)
    between = [image.is_waiting for image in bench.images_by_id().values()]
    decoded.clear()
    prepare_again(bench)
    Lane(place, [JobKind.PREPARE]).do_one()

    assert between == [False] * 2 + [True] * 3
    assert sorted(decoded) == ["2.jpg", "3.jpg", "4.jpg"]
    assert not any(image.is_waiting for image in bench.images().values())


def prepare_again(bench: Bench) -> None:
    about = {"project_id": bench.project_id, "subject_id": bench.project_id}
    with bench.database.unit_of_work() as session:
        jobs.enqueue(session, JobKind.PREPARE, now=utc_now(), **about)


def test_a_long_job_gives_others_their_turn(bench: Bench, place: Workplace, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(prepare, "IMAGES_AT_ONCE", 1)
    monkeypatch.setattr(prepare, "SLICE_SECONDS", 0.0)
    take_plain(bench, 2)
    lane = Lane(place, [JobKind.PREPARE])

    lane.do_one()
    between = [image.is_waiting for image in bench.images_by_id().values()]
    while lane.do_one():
        pass

    assert between == [False, True]
    assert not any(image.is_waiting for image in bench.images().values())


def test_a_full_disk_fails_the_job_and_marks_no_image(
    bench: Bench, place: Workplace, monkeypatch: pytest.MonkeyPatch
):
    take_plain(bench, 1)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(FolderStorage, "put", full)
        Lane(place, [JobKind.PREPARE]).do_one()

    (image,) = bench.images().values()
    assert (image.is_waiting, image.problem) == (True, None)
    with bench.database.reading() as session:
        job = jobs.find_job(session, JobKind.PREPARE, bench.project_id)
        assert job is not None
        assert (job.status, job.error_code) == ("failed", "no_space")
