"""`study table`, as a person types it."""

import fcntl
import io
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.console import Console

from ml.data.folder import read_folder
from ml.study.cells import Cell, cell_file, read_cell, run_cell
from ml.study.overrides import parse_overrides
from ml.study.plan import Pools
from ml.study.report import Study, screen_table
from ml.study.rows import Row, rows_of
from ml.study.sets import open_set
from ml.study.table import Files, Request
from tests.source import ROOT

ONE_CELL = [
    "--data",
    "blocks",
    "--count",
    "24",
    "--systems",
    "seq_mt_blocks",
    "--losses",
    "L",
    "--percent",
    "50",
]
MODULE = [sys.executable, "-m", "ml", "study", "table"]


def stamps(folder):
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.glob("*.json")}


def wait_for(is_so, seconds=60):
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def has_ended(pid):
    try:
        # an orphan that nobody has waited for yet is at its end, too
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


def children(pid):
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_every_number_is_the_mean_and_deviation_of_its_cells(small):
    for row in small.table["rows"]:
        for percent, entry in row["percents"].items():
            errors = {
                str(result["cell"]["seed"]): result["test"]["nme"]
                for result in small.cells
                if result["cell"]["losses"] == row["losses"] and result["cell"]["percent"] == float(percent)
            }
            assert entry["values"] == errors
            assert entry["n"] == 2
            assert entry["mean"] == pytest.approx(statistics.fmean(errors.values()))
            assert entry["sd"] == pytest.approx(statistics.stdev(errors.values()))


def test_the_papers_number_stands_beside_ours_on_blocks(small):
    found = {row["losses"]: row["percents"] for row in small.table["rows"]}

    half = found["L+A"]["50"]
    assert half["paper"] == 1.05
    assert half["ratio"] == pytest.approx(half["mean"] / 1.05)
    assert f"*1.05 ({half['ratio']:.2f})*" in (small.out / "table.md").read_text()


def test_another_network_is_not_compared_with_the_papers(small):
    data = open_set("blocks", small.out, count=24)
    result = next(r for r in small.cells if r["cell"]["percent"] == 50)
    other = {**result, "cell": {**result["cell"], "overrides": [["net", "unet"]]}}

    papers, ours = (rows_of([each], data)[0].entries[50].paper for each in (result, other))

    assert papers is not None
    assert ours is None


def test_elt_without_an_unlabelled_image_is_left_out_as_in_the_paper(small):
    found = {row["losses"]: list(row["percents"]) for row in small.table["rows"]}

    assert found == {"L": ["50", "100"], "L+A": ["50", "100"], "L+ELT": ["50"]}


def test_a_cell_says_what_it_was_measured_with(small):
    result = next(r for r in small.cells if r["cell"]["percent"] == 50 and r["cell"]["losses"] == "L+A")

    assert (result["labelled_images"], result["train_images"], result["attribute_labels"]) == (12, 24, 24)
    assert result["config"]["equivariance_weight"] == 0
    assert result["steps"] == 4
    assert result["device"].endswith("float32")
    assert len(result["shown"]) == 8
    assert len(result["shown"][0]["predicted"]) == len(result["shown"][0]["true"]) == 5


def test_the_markdown_says_how_it_came_about_and_names_no_folder_of_this_machine(small):
    text = (small.out / "table.md").read_text()

    assert (
        "`equimark study table --data blocks --systems seq_mt_blocks --losses L,L+A --percent 50,100" in text
    )
    assert "`equimark study table --data blocks --systems seq_mt_blocks --losses L+ELT --percent 50" in text
    assert text.count("--seed-list 0,1 --count 24 --set batch_size=8") == 2
    assert "24 train, 24 valid, 24 test" in text
    assert "percentages are of 3200 images" in text
    assert str(small.out.parent) not in text


def test_the_same_command_runs_nothing_again(small, run_study, capfd):
    before = stamps(small.out / "cells")

    assert run_study(*small.arguments) is None

    assert "10 cells are there, 0 to run" in capfd.readouterr().err
    assert stamps(small.out / "cells") == before


def test_a_folder_with_a_study_of_another_set_is_refused_and_left_as_it_is(small, run_study):
    before = stamps(small.out / "cells")
    shapes = ["--data", "shapes", "--count", 4, "--systems", "unet", "--out", small.out]

    failure = run_study(*shapes)

    assert failure.code == "out_taken"
    assert "holds a study of blocks" in str(failure)
    assert stamps(small.out / "cells") == before


def test_the_table_has_what_another_process_ran_in_the_same_folder_meanwhile(small, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(small.out / "data", out / "data")
    data = open_set("blocks", out, count=24)
    files = Files(Request(data="blocks", ask=None, out=out, count=24), data, Pools(data.folder), set())
    shutil.copytree(small.out / "cells", out / "cells")

    study = files.write()

    assert sum(entry.n for row in study.rows for entry in row.entries.values()) == len(small.cells)


def test_what_stands_in_brackets_in_a_title_is_shown_on_the_screen_too(small):
    data = open_set("blocks", small.out, count=24)
    # a digest that begins with a letter looks like markup
    row = Row(system="unet", title="U-Net (L) [ab12cd]", losses="L", overrides=(), entries={}, paper={})
    study = Study(data=data, rows=[row], worths=[], effects=[], commands=[], machines=[], failed=[])
    console = Console(width=100, record=True, file=io.StringIO())

    console.print(screen_table(study))

    assert row.title in console.export_text()


def test_a_killed_study_goes_on_where_it_was(tmp_path, run_study, small_settings):
    given = [
        *ONE_CELL,
        *("--seeds", "2", "--threads", "1", "--out", str(tmp_path), *small_settings("steps=150")),
    ]
    overrides = parse_overrides([*given[given.index("--set") + 1 :: 2]])
    cells = [
        Cell(system="seq_mt_blocks", losses="L", percent=50, seed=seed, overrides=overrides)
        for seed in (0, 1)
    ]
    killed = subprocess.Popen([*MODULE, *given], cwd=ROOT, stderr=subprocess.DEVNULL)
    wait_for((tmp_path / "work" / cells[1].key / "resume.pt").exists)
    workers = children(killed.pid)
    killed.kill()
    killed.wait()
    for worker in workers:
        wait_for(lambda worker=worker: has_ended(worker))
    first = stamps(tmp_path / "cells")

    assert run_study(*given) is None

    assert list(first) == [f"{cells[0].key}.json"]
    assert stamps(tmp_path / "cells").items() > first.items()
    resumed = read_cell(cell_file(cells[1], tmp_path))
    folder = read_folder(tmp_path / "data" / "blocks-24")
    in_one_go = run_cell(cells[1], folder, tmp_path / "whole", Quiet(), threads=1)
    assert resumed["is_resumed"]
    assert not in_one_go["is_resumed"]
    assert resumed["test"] == in_one_go["test"]


class Quiet:
    def progressed(self, progress):
        pass

    def wants_stop(self):
        return False


def test_a_cell_that_fails_is_reported_and_the_others_go_on(tmp_path, run_study, small_settings):
    key = "seq_mt_blocks_L_50_seed0_" + cell_digest(small_settings("steps=4"))
    (tmp_path / "work" / key).mkdir(parents=True)
    with (tmp_path / "work" / key / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        failure = run_study(
            *("--data", "blocks", "--count", 24, "--systems", "seq_mt_blocks", "--losses", "L,L+A"),
            *("--percent", 50, "--jobs", 2, "--out", tmp_path, *small_settings("steps=4")),
        )

    assert failure.code == "cells_failed"
    assert f"1 of 2 cells failed: {key}: cell_taken" in str(failure)
    assert [path.name for path in (tmp_path / "cells").iterdir()] == [f"{key.replace('L_', 'L+A_')}.json"]
    assert "cell_taken" in (tmp_path / "table.md").read_text()


def cell_digest(words):
    cell = Cell(system="s", losses="L", percent=50, seed=0, overrides=parse_overrides(words[1::2]))
    return cell.key.rpartition("_")[2]


def test_an_interrupted_study_stops_between_two_steps_and_says_so(tmp_path, small_settings):
    given = [
        *ONE_CELL,
        *("--threads", "1", "--out", str(tmp_path), *small_settings("steps=1000000")),
    ]
    child = subprocess.Popen([*MODULE, *given], cwd=ROOT, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: list((tmp_path / "work").glob("*/resume.pt")))
    workers = children(child.pid)
    os.kill(child.pid, signal.SIGINT)
    _, said = child.communicate(timeout=60)
    for worker in workers:
        wait_for(lambda worker=worker: has_ended(worker))

    assert child.returncode == 130
    assert "The same command goes on from here." in said
    assert len(list((tmp_path / "work").glob("*/resume.pt"))) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--systems", "nothing"], "unknown_system", "nothing"),
        (["--losses", "L+X"], "losses_not_offered", "seq_mt_blocks is trained with L, L+A"),
        (["--systems", "comm_mt_blocks", "--losses", "L+ELT"], "losses_not_offered", "comm_mt_blocks"),
        (["--set", "stepz=3"], "override_rejected", "no setting is called 'stepz'"),
        (["--set", "steps=many"], "override_rejected", "steps is a int, not 'many'"),
        (["--set", "seed=3"], "override_rejected", "--seed-list"),
    ],
)
def test_a_wrong_name_is_refused_before_anything_is_written(tmp_path, run_study, arguments, code, words):
    failure = run_study(
        *("--data", "blocks", "--systems", "seq_mt_blocks", "--out", tmp_path / "out", *arguments)
    )

    assert (failure.code, words in str(failure)) == (code, True)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("pair", "code"), [("net=nothing", "unknown_net"), ("input_px=33", "override_rejected")]
)
def test_a_network_that_cannot_be_built_is_refused_before_anything_runs(
    tmp_path, run_study, small_settings, pair, code
):
    failure = run_study(
        *("--data", "blocks", "--count", 4, "--systems", "seq_mt_blocks", "--percent", 50, "--out", tmp_path),
        *small_settings(pair),
    )

    assert failure.code == code
    assert not (tmp_path / "work").exists()
