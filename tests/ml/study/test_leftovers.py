"""A study that was killed leaves nothing behind once the same command has gone on."""

import signal
import subprocess
import sys

from ml.study.leftovers import shared_folder
from tests.ml.study.test_table import ONE_CELL, children, has_ended, wait_for
from tests.source import ROOT

DYING = """
import os, signal, sys
from ml import durable
from ml.__main__ import main
from ml.study import cells

fsync = os.fsync

def dies(descriptor):
    # in the middle of a file: written, neither flushed to the disk nor renamed
    if {name!r} in os.readlink(f"/proc/self/fd/{{descriptor}}"):
        os.kill(os.getpid(), signal.SIGKILL)
    fsync(descriptor)

durable.os.fsync = dies
{run}
"""
STUDY = "main(['study', 'table', *sys.argv[1:]])"
# in this process, where the others of a study have their own
CELL = """
from ml.study import table
def run_cells(cells, folder, out, audience, **more):
    from ml.data.folder import read_folder
    from tests.ml.study.test_table import Quiet
    for cell in cells:
        audience.finished(cell, table_run(cell, read_folder(folder), out, Quiet(), threads=1))
from ml.study.cells import run_cell as table_run
table.run_cells = run_cells
"""


def hidden(out):
    return sorted(path.name for path in out.rglob(".*"))


def die_at(name, given, *, run=STUDY):
    """Run a study in a process that dies in the middle of a file."""
    program = DYING.format(name=name, run=run)
    done = subprocess.run(
        [sys.executable, "-c", program, *given], cwd=ROOT, check=False, stderr=subprocess.PIPE, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_files_and_work_of_killed_studies_are_gone_when_the_command_has_gone_on(
    tmp_path, run_study, small_settings
):
    given = [*ONE_CELL, "--threads", "1", "--out", str(tmp_path), *small_settings("steps=4")]
    die_at("/cells/.", given, run=CELL + STUDY)
    [work] = (tmp_path / "work").iterdir()
    assert hidden(tmp_path / "cells") != []
    die_at("/.table.md.", given)
    assert hidden(tmp_path) != []
    work.mkdir(parents=True, exist_ok=True)  # the second was killed when its cell was done

    assert run_study(*given) is None

    assert hidden(tmp_path) == []
    assert list((tmp_path / "work").iterdir()) == []
    assert len(list((tmp_path / "cells").iterdir())) == 1


def test_a_half_generated_set_is_removed_by_the_next_study(tmp_path, run_study, small_settings):
    given = [*ONE_CELL, "--threads", "1", "--out", str(tmp_path), *small_settings("steps=4")]
    many = [word if word != "24" else "100000" for word in given]
    child = subprocess.Popen([sys.executable, "-m", "ml", "study", "table", *many], cwd=ROOT)
    wait_for(lambda: list((tmp_path / "data").glob(".blocks-*/images/*.png")))
    workers = children(child.pid)
    child.kill()
    child.wait()
    assert all(has_ended(worker) for worker in workers)

    assert run_study(*given) is None

    assert [path.name for path in (tmp_path / "data").iterdir()] == ["blocks-24"]


def test_what_another_study_is_writing_in_the_same_folder_stays(tmp_path):
    with shared_folder(tmp_path):
        half = tmp_path / ".table.md.abc.tmp"
        half.write_text("half")
        (tmp_path / "work" / "cell").mkdir(parents=True)
        with shared_folder(tmp_path):
            pass

        assert half.exists()
        assert (tmp_path / "work" / "cell").exists()


def test_a_state_to_go_on_from_stays_and_an_unused_folder_goes(tmp_path):
    state = tmp_path / "study" / "work" / "cell" / "resume.pt"
    state.parent.mkdir(parents=True)
    state.write_bytes(b"state")

    with shared_folder(tmp_path / "study"), shared_folder(tmp_path / "other"):
        pass

    assert state.exists()
    assert not (tmp_path / "other").exists()
