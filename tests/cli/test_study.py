"""`equimark study table`: the same as `python -m ml study table`, as a child."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.source import ROOT

COMMAND = [sys.executable, "-m", "app.cli", "study", "table", "--data", "blocks"]
SMALL = ("net=unet_tiny", "input_px=32", "batch_size=8", "precision=float32", "save_every=5")


def test_a_refusal_of_the_child_is_the_commands_own(tmp_path: Path) -> None:
    command = [*COMMAND, "--systems", "nothing", "--out", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert "unknown_system" in done.stderr


@pytest.mark.parametrize("study", ["table", "ablation"])
def test_the_options_are_those_of_the_learning_core(study: str) -> None:
    said = [
        subprocess.run(
            [*command, "study", study, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for command in ([sys.executable, "-m", "app.cli"], [sys.executable, "-m", "ml"])
    ]

    assert said[0].stdout == said[1].stdout
    assert said[0].stdout.startswith(f"usage: equimark study {study} ")
    assert "--seed-list" in said[0].stdout


def test_a_wrong_option_is_refused_by_its_name(tmp_path: Path) -> None:
    command = [*COMMAND, "--systems", "unet", "--out", str(tmp_path), "--percent", "many"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "argument --percent: not numbers with commas between: 'many'" in done.stderr


def test_an_interrupt_reaches_the_child_which_ends_in_good_order(tmp_path: Path) -> None:
    settings = [f"--set={pair}" for pair in (*SMALL, "steps=1000000")]
    given = ["--count", "24", "--systems", "unet", "--losses", "L", "--percent", "50", *settings]
    child = subprocess.Popen(
        [*COMMAND, *given, "--threads", "1", "--out", str(tmp_path)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + 60
    while not list((tmp_path / "work").glob("*/resume.pt")):
        assert time.monotonic() < end
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=60)

    assert child.returncode == 130
    assert "The same command goes on from here." in said
