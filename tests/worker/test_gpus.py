"""How busy the GPUs are, as the driver's program says it."""

import os
from pathlib import Path

import pytest

from app.heartbeats import GpuUse
from tests.worker.running import until
from worker.gpus import GpuWatch, parse


def test_a_table_of_the_driver_is_read():
    assert parse("0, 93, 1024, 16384\n1, 0, 0, 16384\n") == (
        GpuUse(0, 0.93, 2**30, 2**34),
        GpuUse(1, 0.0, 0, 2**34),
    )


def test_a_gpu_that_does_not_measure_itself_is_none():
    with pytest.raises(ValueError, match="could not convert"):
        parse("0, [N/A], [N/A], [N/A]\n")


def test_a_machine_without_a_driver_has_no_gpus(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    watch = GpuWatch()

    watch.start()

    assert watch.seen == ()


def test_the_drivers_program_is_asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho '0, 50, 512, 1024'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    watch = GpuWatch()

    watch.start()
    until(lambda: watch.seen)
    watch.stop()

    assert watch.seen == (GpuUse(0, 0.5, 2**29, 2**30),)
