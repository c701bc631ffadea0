"""`equimark train` and `equimark predict` beside a running service."""

import json
import subprocess
import sys
from pathlib import Path

from app.db import Database
from app.settings import Settings
from app.storage import Storage
from tests.factories import jpeg_bytes
from tests.worker.conftest import make_rectangles
from tests.worker.running import environment, serving


def run_command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "app.cli", *arguments]
    return subprocess.run(command, env=environment(settings), capture_output=True, text=True, check=False)


def test_training_and_predicting_from_the_command_line(
    database: Database, storage: Storage, settings: Settings, tmp_path: Path
):
    project = str(make_rectangles(database, storage))
    picture = tmp_path / "a.jpg"
    picture.write_bytes(jpeg_bytes(96, 72))

    early = run_command(settings, "predict", "--project", project)
    with serving(settings):
        trained = run_command(settings, "train", "--project", project, "--steps", "2", "--wait", "--json")
        whole = run_command(settings, "predict", "--project", project)
    files = run_command(settings, "predict", "--project", project, "--json", str(picture))

    assert (early.returncode, "[no_network]" in early.stderr) == (1, True)
    assert trained.returncode == 0, trained.stderr
    assert json.loads(trained.stdout)["status"] == "succeeded"
    assert whole.returncode == 0, whole.stderr
    assert files.returncode == 0, files.stderr
    assert [point["name"] for point in json.loads(files.stdout)["points"]] == ["top_left", "bottom_right"]


def test_training_on_nothing_is_refused_in_one_line(database: Database, storage: Storage, settings: Settings):
    project = str(make_rectangles(database, storage, train=0, validation=0, unlabelled=2))

    refused = run_command(settings, "train", "--project", project)

    assert refused.returncode == 1
    assert refused.stderr.strip().endswith("[not_enough_labels]")
    assert len(refused.stderr.strip().splitlines()) == 1
