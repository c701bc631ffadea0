"""Small pools of generated images."""

import errno
import os
from dataclasses import replace

import pytest

from ml.config import FitConfig
from ml.data.blocks import write_blocks

TINY = FitConfig(
    net="unet_tiny",
    input_px=32,
    steps=6,
    heat_weight=0.0,
    equivariance_form="coordinates",
    equivariance_weight=1.0,
    batch_size=4,
    labelled_share=0.5,
    learning_rate=2e-3,
    warmup_steps=2,
    evaluate_every=3,
    save_every=2,
    precision="float32",
    threads=1,
)


class Watcher:
    """A listener that remembers, and asks to stop when its patience in questions is over."""

    def __init__(self, stop_after=None):
        self.seen = []
        self.asked = 0
        self.stop_after = stop_after

    def progressed(self, progress):
        self.seen.append(progress)

    def wants_stop(self):
        self.asked += 1
        return self.stop_after is not None and self.asked > self.stop_after


@pytest.fixture(scope="session")
def blocks(tmp_path_factory):
    """12 training, 6 validation and 4 test images."""
    return write_blocks(tmp_path_factory.mktemp("blocks"), train=12, validation=6, test=4, seed=3)


@pytest.fixture
def pool(blocks):
    """A manifest of which the first four training images have landmarks."""
    manifest = blocks.manifest()
    train = tuple(s if i < 4 else replace(s, landmarks={}) for i, s in enumerate(manifest.train))
    return replace(manifest, train=train)


@pytest.fixture(scope="session")
def tiny():
    return TINY


@pytest.fixture
def watcher():
    return Watcher()


@pytest.fixture
def make_watcher():
    return Watcher


@pytest.fixture
def full_disk(monkeypatch):
    """A disk on which every flush finds no room, as a full one does."""

    def refuse(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
