"""Steps: parts of a batch, teachers, several processes, and which losses a network takes."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import replace

import pytest
import torch

from ml import losses
from ml.data.batches import draw_batch
from ml.data.dataset import read_pool
from ml.errors import LossesNotOffered
from ml.learner import Learner
from ml.nets import build_net
from ml.team import Team
from ml.train import fit
from ml.types import Scores
from ml.weights import Best, Weights
from tests.source import ROOT

CPU = torch.device("cpu")


@pytest.fixture
def make_learner(pool):
    def make(config):
        arrays = read_pool(
            pool.train,
            landmarks=pool.landmarks,
            attributes=pool.attributes,
            normaliser=pool.normaliser,
            input_px=config.input_px,
        )
        torch.manual_seed(0)
        net = build_net(config.net, landmarks=5, attributes=pool.attributes, input_px=config.input_px)
        return Learner(arrays, Weights(net, CPU, config), config, Team())

    return make


def gradients(learner):
    return [p.grad.clone() for p in learner.weights.net.parameters() if p.grad is not None]


@pytest.mark.parametrize(("most", "wanted"), [(0.5, 0.5), (0.0, None), (1e9, None)])
def test_a_gradient_longer_than_the_settings_allow_is_shortened_and_no_other(
    make_learner, tiny, monkeypatch, most, wanted
):
    lengths = []
    for limit in (0.0, most):
        learner = make_learner(replace(tiny, gradient_norm=limit))
        monkeypatch.setattr(
            learner.weights.optimiser,
            "step",
            lambda: lengths.append(sum(each.square().sum() for each in gradients(learner)).sqrt().item()),  # noqa: B023
        )
        learner.step(0, 1e-3)

    as_it_is, shortened = lengths
    assert as_it_is > 0.5
    assert shortened == pytest.approx(wanted or as_it_is, rel=1e-4)


def test_gradients_of_the_parts_of_a_batch_add_up_to_their_mean(make_learner, tiny, monkeypatch):
    config = replace(tiny, batch_size=8, accumulate=2)
    learner = make_learner(config)
    seen = []
    monkeypatch.setattr(learner.weights, "descend", lambda _rate: seen.extend(gradients(learner)))

    learner.step(0, 1e-3)

    wanted = None
    for part in range(2):
        again = make_learner(config)
        batch = draw_batch(again.pool, config, 0, CPU, part=(part, 2))
        torch.manual_seed(part)
        torch.stack(list(again.terms(batch).values())).sum().backward()
        wanted = (
            gradients(again)
            if wanted is None
            else [a + b for a, b in zip(wanted, gradients(again), strict=True)]
        )
    for got, both in zip(seen, wanted, strict=True):
        torch.testing.assert_close(got, both / 2, atol=1e-3, rtol=1e-3)


def test_the_teacher_is_the_running_average_and_gets_no_gradient(make_learner, tiny):
    learner = make_learner(replace(tiny, equivariance_teacher="average"))
    batch = draw_batch(learner.pool, learner.config, 0, CPU)

    output, before = learner._look(batch)

    torch.testing.assert_close(before.xy, learner.weights.averaged.eval()(batch.before).xy)
    assert output.xy.requires_grad
    assert not before.xy.requires_grad


def test_a_stopped_equivariance_has_no_gradient_into_the_first_look(make_learner, tiny):
    for stops in (False, True):
        learner = make_learner(replace(tiny, equivariance_stops=stops))
        _, before = learner._look(draw_batch(learner.pool, learner.config, 0, CPU))
        assert before.xy.requires_grad is not stops


def test_a_loss_that_a_network_cannot_take_is_refused_before_it_runs(pool, tiny, watcher):
    for name in ("comm_mt_blocks", "heatmap_mt_blocks"):
        with pytest.raises(LossesNotOffered, match="ELT"):
            fit(pool, replace(tiny, net=name), watcher)
    without_attributes = replace(pool, attributes=())
    alone = replace(tiny, landmark_weight=0.0, equivariance_weight=0.0)
    with pytest.raises(LossesNotOffered, match="attributes"):
        fit(without_attributes, alone, watcher)
    assert watcher.seen == []


@pytest.mark.parametrize("name", ["comm_mt_blocks", "heatmap_mt_blocks", "heatmap_mt_soft_blocks"])
def test_the_papers_baselines_learn_by_l_and_a(pool, tiny, make_watcher, name):
    watcher = make_watcher()
    config = replace(tiny, net=name, steps=40, evaluate_every=40, equivariance_weight=0.0, learning_rate=3e-3)

    fit(pool, config, watcher)

    first, last = watcher.seen[0].losses, watcher.seen[-1].losses
    assert last["landmark"] < first["landmark"]
    assert last["attribute"] > 0


def test_a_run_by_attributes_alone_never_chooses_by_landmarks():
    net = torch.nn.Linear(1, 1)
    better_landmarks = Scores(nme=0.1, attribute_accuracy={"nearer": 0.5})
    better_attributes = Scores(nme=0.9, attribute_accuracy={"nearer": 0.8})
    best, by_landmarks = Best(by_attributes=True), Best()

    for each in (best, by_landmarks):
        each.consider(net, better_attributes)
        each.consider(net, better_landmarks)

    assert best.scores == better_attributes
    assert by_landmarks.scores == better_landmarks
    assert Best.from_plain(best.to_plain()).by_attributes


def test_the_robust_distance_is_squared_near_and_linear_far_away():
    target, answered = torch.zeros(1, 1, 2), torch.ones(1, 1, dtype=torch.bool)

    near, far = (
        losses.landmark_loss(torch.tensor([[[d, 0.0]]]), target, answered, "distance").item()
        for d in (0.01, 1000.0)
    )

    assert near == pytest.approx(0.01**2 / 2, rel=1e-2)
    assert far == pytest.approx(999, abs=0.01)


def test_the_pixel_loss_is_the_log_likelihood_of_the_true_pixel_where_answered():
    log_heat = torch.tensor([[[0.1, 0.7, 0.2], [0.5, 0.25, 0.25]]]).log().requires_grad_()
    cell = torch.tensor([[1, 99]])

    loss = losses.pixel_loss(log_heat, cell, torch.tensor([[True, False]]))
    loss.backward()

    assert loss.item() == pytest.approx(-torch.tensor(0.7).log().item())
    assert log_heat.grad[0, 0].tolist() == pytest.approx([0, -1, 0])
    assert (log_heat.grad[0, 1] == 0).all()


IN_A_TEAM = """
import json, os, sys
from pathlib import Path
from ml.config import FitConfig
from ml.data.folder import read_folder
from ml.train import fit
class Silent:
    def progressed(self, progress): pass
    def wants_stop(self): return False
config = FitConfig(**json.loads(sys.argv[2]))
fitted = fit(read_folder(Path(sys.argv[1])).manifest(), config, Silent())
sums = [float(p.double().sum()) for p in fitted.net.parameters()]
said = json.dumps({"rank": os.environ["RANK"], "sums": sums, "nme": fitted.scores.nme})
os.write(1, f"{said}{os.linesep}".encode())  # in one piece: both write to one pipe
"""


def in_a_team(count, arguments):
    """What `count` processes printed, a JSON object each."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count)]
    with tempfile.TemporaryDirectory() as logs:  # torchrun leaves them where it puts them
        done = subprocess.run(
            [*launcher, "--log-dir", logs, *arguments],
            cwd=ROOT,
            check=False,
            capture_output=True,
            text=True,
            timeout=240,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_two_processes_learn_the_same_weights_as_one_in_two_parts(blocks, tiny, tmp_path):
    folder = blocks.splits["train"][0].image.parent.parent
    program = tmp_path / "program.py"
    program.write_text(IN_A_TEAM)
    config = replace(tiny, steps=20, evaluate_every=20, batch_size=8, equivariance_weight=0.0)

    one = in_a_team(1, [program, folder, json.dumps(replace(config, accumulate=2).to_json())])
    two = in_a_team(2, [program, folder, json.dumps(config.to_json())])

    assert sorted(said["rank"] for said in two) == ["0", "1"]
    assert two[0]["sums"] == two[1]["sums"]
    # the sums of gradients are the same; the batch norm's running means are of one process's part
    assert two[0]["nme"] == pytest.approx(one[0]["nme"], rel=0.1)


def test_of_two_processes_only_the_first_prints(blocks):
    folder = blocks.splits["train"][0].image.parent.parent
    command = f"-m ml fit {folder} --net unet_tiny --input-px 32 --steps 10 --percent 50 --threads 1 --json"

    assert len(in_a_team(2, command.split())) == 1
