"""`equimark import` and `equimark export`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.exchange.sources import write_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def equimark(settings, sqlite_url):
    def call(*arguments, status=0):
        command = [sys.executable, "-m", "app.cli", "--home", str(settings.home_dir), *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == status, done.stderr
        return done

    return call


def test_import_creates_a_project_and_export_writes_it(equimark, tmp_path):
    root = write_folder(tmp_path / "set", images={"a.jpg": b"broken"} | {"b.jpg": _jpeg()})

    taken = json.loads(equimark("import", root, "--project", "faces", "--create", "--json").stdout)
    again = equimark("import", root, "--project", "faces").stdout
    written = json.loads(
        equimark(
            "export", "--project", "faces", "--format", "coco", "--out", tmp_path / "x.zip", "--json"
        ).stdout
    )

    assert taken["counts"] == {"files": 2, "added": 1, "refused": 1}
    assert [each["code"] for each in taken["problems"]] == ["not_an_image"]
    assert "1 known, 1 refused" in again
    assert written["counts"]["images"] == 1
    assert (tmp_path / "x.zip").is_file()


def test_what_goes_wrong_is_one_line_with_a_code(equimark, tmp_path):
    missing = equimark("import", tmp_path / "nothing", "--project", "faces", "--create", status=1)
    unknown = equimark("export", "--project", "faces", "--out", tmp_path / "x.zip", status=1)

    assert missing.stderr.strip().endswith("[source_missing]")
    assert unknown.stderr.strip().endswith("[project_not_found]")


def _jpeg():
    from tests.factories import jpeg_bytes

    return jpeg_bytes()
