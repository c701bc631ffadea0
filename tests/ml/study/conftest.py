"""A small study on generated Blocks, run once for all tests that read its files."""

import argparse
import json

import pytest

from ml.errors import LearningError
from ml.study.command import add_study

SMALL = (
    "input_px=32",
    "batch_size=8",
    "warmup_steps=2",
    "precision=float32",
    "save_every=5",
)


def study(*arguments):
    """`python -m ml study table ARGUMENTS`: the expected failure, or None."""
    parser = argparse.ArgumentParser()
    add_study(parser.add_subparsers())
    options = parser.parse_args(["study", "table", *map(str, arguments)])
    try:
        options.command(options)
    except LearningError as failure:
        return failure
    return None


def settings(*more):
    """`--set` for a network that learns in a moment and these settings."""
    return pairs("net=unet_tiny", *SMALL, *more)


def pairs(*settings_by_hand):
    """`--set` before each."""
    return [word for pair in settings_by_hand for word in ("--set", pair)]


class Small:
    """A finished study: 24 images a side, Seq-MT with L, L+A and L+ELT on half and all labels, two seeds."""

    def __init__(self, out):
        self.out = out
        self.arguments = [
            *("--data", "blocks", "--count", 24, "--systems", "seq_mt_blocks", "--losses", "L,L+A,L+ELT"),
            *("--percent", "50,100", "--seeds", 2, "--threads", 1, "--out", out),
            *pairs(*SMALL, "steps=4"),  # the paper's own network, so that its numbers stand beside ours
        ]

    @property
    def table(self):
        return json.loads((self.out / "table.json").read_text())

    @property
    def cells(self):
        return [json.loads(path.read_text()) for path in sorted((self.out / "cells").glob("*.json"))]


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    finished = Small(tmp_path_factory.mktemp("study") / "small")
    assert study(*finished.arguments) is None
    return finished


@pytest.fixture
def run_study():
    return study


@pytest.fixture
def small_settings():
    return settings
