"""A process that is killed at any moment while it writes its state or its checkpoint."""

import multiprocessing
import random
import time
from pathlib import Path

from ml import checkpoint
from ml.config import FitConfig
from ml.fitted import Fitted
from ml.nets import build_net
from ml.resume import ResumeFile
from ml.types import Normaliser, Scores

KILLS = 25


def write_for_ever(folder: str, counter) -> None:
    """Save states and checkpoints until killed; `counter` grows with each pair."""
    net = build_net("unet", landmarks=2, attributes=(), input_px=32).eval()
    fitted = Fitted(
        net=net,
        config=FitConfig(input_px=32),
        landmarks=("a", "b"),
        attributes=(),
        normaliser=Normaliser(kind="box"),
        scores=Scores(),
    )
    state = ResumeFile(Path(folder), "key")
    while True:
        state.save({"step": counter.value, "net": net.state_dict()})
        checkpoint.save(fitted, Path(folder) / "network.safetensors")
        counter.value += 1


def test_case_044_after_a_kill_the_last_whole_state_and_checkpoint_are_there(tmp_path: Path):
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["ml.checkpoint", "ml.resume"]
    )  # torch is imported once, not for every kill
    random_delay = random.Random(0)
    # without a lock: a writer that is killed would keep it
    counter = context.Value("i", 0, lock=False)

    for _ in range(KILLS):
        before = counter.value
        writer = context.Process(target=write_for_ever, args=(str(tmp_path), counter))
        writer.start()
        while counter.value == before:
            time.sleep(0.001)
        time.sleep(random_delay.uniform(0, 0.1))
        writer.kill()
        writer.join()
        written = counter.value

        found = ResumeFile(tmp_path, "key").find()
        loaded = checkpoint.load(tmp_path / "network.safetensors")
        assert found is not None
        assert found["step"] >= written - 1
        assert loaded.landmarks == ("a", "b")
        assert [path for path in tmp_path.iterdir() if "resume" in path.name and path.suffix == ".tmp"] == []
