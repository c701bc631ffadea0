"""A run that two processes train together, on the CPU."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from app.db import Database, utc_now
from app.predictions import repository as predictions
from app.settings import Settings
from app.storage import Storage
from app.training import repository as runs
from app.training import service as training
from ml.types import AttributeSpec, Manifest, Normaliser, Sample
from tests.worker.conftest import TINY, find_run, make_rectangles, request_run
from tests.worker.running import until
from tests.worker.test_faults import working
from worker.lane import Lane, Workplace
from worker.loop import LONG
from worker.team import Task, process_count

ENDED = {"succeeded", "failed", "cancelled"}
LONG_RUN = replace(TINY, steps=100_000)
SOME_STEPS = replace(TINY, steps=100)  # 20 seconds of them after the kill, so that it never comes too late


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Two processes a run."""
    return settings.model_copy(update={"training_processes": 2, "job_lease_seconds": 20})


def members(parent: int) -> list[psutil.Process]:
    """Processes of a team below this process."""
    return [
        process
        for process in psutil.Process(parent).children(recursive=True)
        if any("worker.team" in word for word in _command(process))
    ]


def _command(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except psutil.Error:
        return []


def living(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files of every process that a worker starts."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_two_processes_train_one_network(
    database: Database, storage: Storage, work: Callable[[], int], temporary: Path
):
    project_id = make_rectangles(database, storage)
    run_id = request_run(database, project_id)

    work()

    run = find_run(database, run_id)
    assert (run.status, run.error_detail) == ("succeeded", None)
    assert members(os.getpid()) == []
    with database.reading() as session:
        network = predictions.find_current_network(session, project_id)
        assert network is not None
        assert len(predictions.predictions_of(session, network.id, after_image_id=0, limit=100)) == 15
        points = runs.points_of(session, run_id)
    assert [each.step for each in points if each.nme is not None] == [4, 8, 12]
    assert list(temporary.glob("torchelastic_*")) == []


def test_what_cannot_be_learnt_fails_with_its_code_and_is_not_tried_twice(
    database: Database, storage: Storage, work: Callable[[], int]
):
    project_id = make_rectangles(database, storage, train=2, validation=0, unlabelled=0)
    run_id = request_run(database, project_id)
    for key in list(storage.keys("images")):
        storage.path_of(key).unlink()

    work()

    run = find_run(database, run_id)
    assert (run.status, run.error_code) == ("failed", "not_enough_labels")
    assert members(os.getpid()) == []


def test_case_039_a_run_of_many_processes_is_cancelled_and_leaves_none(
    database: Database, storage: Storage, place: Workplace
):
    run_id = request_run(database, make_rectangles(database, storage), LONG_RUN)
    thread = threading.Thread(target=Lane(place, LONG).do_one, daemon=True)
    thread.start()
    until(lambda: find_run(database, run_id).step >= 10)
    team = members(os.getpid())

    with database.unit_of_work() as session:
        training.cancel(session, run_id, by=1, now=utc_now())
    until(lambda: find_run(database, run_id).status in ENDED)
    thread.join(30)

    assert find_run(database, run_id).status == "cancelled"
    assert len(team) == 3  # the launcher and two members
    assert living(team) == []


def test_case_024_a_killed_member_is_replaced_and_the_run_goes_on(
    database: Database, storage: Storage, settings: Settings
):
    run_id = request_run(database, make_rectangles(database, storage), SOME_STEPS)

    with working(settings, name="worker") as worker:
        until(lambda: find_run(database, run_id).step >= 8)  # and a state is saved
        killed_at = find_run(database, run_id).step
        os.kill(_members_alone(worker.pid)[0].pid, signal.SIGKILL)
        until(lambda: find_run(database, run_id).status in ENDED)
        left = members(worker.pid)

    run = find_run(database, run_id)
    assert (run.status, run.error_detail, run.attempt) == ("succeeded", None, 1)
    assert run.step == SOME_STEPS.steps
    assert killed_at < SOME_STEPS.steps
    assert left == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_case_027_a_worker_that_is_killed_or_sleeps_takes_its_team_along(
    database: Database, storage: Storage, settings: Settings, number: signal.Signals
):
    run_id = request_run(database, make_rectangles(database, storage), LONG_RUN)
    hasty = settings.model_copy(update={"job_lease_seconds": 4})

    with working(hasty, name="worker") as worker:
        until(lambda: find_run(database, run_id).step >= 10)
        team = members(worker.pid)
        os.kill(worker.pid, number)
        until(lambda: not living(team), seconds=60)

    assert len(team) == 3


def _members_alone(parent: int) -> list[psutil.Process]:
    return [each for each in members(parent) if any("team_member" in word for word in _command(each))]


def test_a_task_is_read_as_it_was_written(tmp_path: Path):
    manifest = Manifest(
        landmarks=("a", "b"),
        edges=(("a", "b"),),
        mirror_pairs=(("a", "b"),),
        attributes=(
            AttributeSpec(name="pose", classes=("x", "y")),
            AttributeSpec(name="yaw", minimum=0, maximum=9),
        ),
        normaliser=Normaliser(kind="landmarks", between=("a", "b")),
        train=(Sample(image=tmp_path / "1.jpg", landmarks={"a": (1.5, 2.25)}, attributes={"yaw": 3.0}),),
        validation=(Sample(image=tmp_path / "2.jpg"),),
    )
    task = Task(manifest=manifest, config=TINY, work_dir=tmp_path, cache_dir=tmp_path / "cache")

    task.write(tmp_path / "task.json")

    assert Task.read(tmp_path / "task.json") == task
    assert Task.read(tmp_path / "task.json").manifest.digest() == manifest.digest()


@pytest.mark.parametrize(("wanted", "processes"), [("auto", 1), (1, 1), (3, 3), (64, TINY.batch_size)])
def test_a_run_has_as_many_processes_as_asked_for_and_images_in_a_batch(
    settings: Settings, wanted: int | str, processes: int
):
    asked = Settings(home_dir=settings.home_dir, training_processes=str(wanted))

    assert process_count(asked, TINY) == processes
