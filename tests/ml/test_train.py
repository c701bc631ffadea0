"""A run: what it learns from, what it refuses, how it stops and goes on."""

import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from ml import losses
from ml.config import FitConfig, auto_config
from ml.data import augment
from ml.errors import Diverged, NoSpace, NotEnoughLabels, Stopped
from ml.evaluate import evaluate
from ml.nets import build_net
from ml.resume import FILE
from ml.train import fit, learning_rate_at
from ml.types import AttributeSpec, Manifest, Normaliser, Progress, Sample


def weights_of(fitted):
    return torch.cat([p.detach().flatten() for p in fitted.net.state_dict().values()])


def only(manifest, **changes):
    return replace(manifest, **changes)


def test_a_run_reports_every_loss_and_ends_with_scores(pool, tiny, watcher):
    fitted = fit(pool, tiny, watcher)

    assert [progress.step for progress in watcher.seen] == [3, 6]
    assert set(watcher.seen[0].losses) == {"landmark", "attribute", "equivariance"}
    assert all(value > 0 for value in watcher.seen[0].losses.values())
    assert fitted.scores.nme is not None
    assert fitted.scores.images == 6
    assert fitted.scores.basis == "best"
    assert set(fitted.scores.per_landmark) == set(pool.landmarks)
    assert set(fitted.scores.attribute_accuracy) == {"shape"}
    assert fitted.manifest_digest == pool.digest()


def test_in_the_form_of_heat_only_landmarks_that_the_network_is_sure_of_count(pool, tiny, make_watcher):
    config = replace(tiny, equivariance_form="heat", heat_weight=10.0)
    unsure, sure = make_watcher(), make_watcher()

    fit(pool, replace(config, equivariance_confidence=1.0), unsure)
    fit(pool, replace(config, equivariance_confidence=0.0), sure)

    assert [progress.losses["equivariance"] for progress in unsure.seen] == [0.0, 0.0]
    assert all(progress.losses["equivariance"] > 0 for progress in sure.seen)


def test_learning_brings_the_training_error_down(pool, tiny, watcher):
    config = replace(tiny, steps=150, evaluate_every=150, learning_rate=5e-3, batch_size=8)

    fit(pool, config, watcher)

    landmark = [progress.losses["landmark"] for progress in watcher.seen]
    assert landmark[-1] < 0.7 * landmark[0]


def test_the_same_seed_gives_the_same_network_and_another_seed_another(pool, tiny, watcher):
    first, again = fit(pool, tiny, watcher), fit(pool, tiny, watcher)
    other = fit(pool, replace(tiny, seed=1), watcher)

    assert torch.equal(weights_of(first), weights_of(again))
    assert not torch.equal(weights_of(first), weights_of(other))


def test_a_run_is_deterministic_when_asked(pool, tiny, make_watcher):
    class Asks(make_watcher):
        def wants_stop(self):
            self.modes = {*getattr(self, "modes", ()), torch.are_deterministic_algorithms_enabled()}
            return False

    plain, asking = Asks(), Asks()
    fit(pool, tiny, plain)
    fit(pool, replace(tiny, deterministic=True), asking)

    assert (plain.modes, asking.modes) == ({False}, {True})
    assert not torch.are_deterministic_algorithms_enabled()


def test_the_callers_random_numbers_and_threads_are_left_alone(pool, tiny, watcher):
    torch.manual_seed(11)
    wanted = torch.rand(3)
    threads = torch.get_num_threads()
    torch.manual_seed(11)

    fit(pool, replace(tiny, threads=1), watcher)

    assert torch.equal(torch.rand(3), wanted)
    assert torch.get_num_threads() == threads


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_both_precisions_train(pool, tiny, watcher, precision):
    assert fit(pool, replace(tiny, precision=precision), watcher).scores.nme is not None


def test_an_empty_pool_is_refused(pool, tiny, watcher):
    with pytest.raises(NotEnoughLabels) as caught:
        fit(only(pool, train=()), tiny, watcher)

    assert caught.value.code == "not_enough_labels"


def test_a_pool_without_any_landmark_is_refused(pool, tiny, watcher):
    bare = tuple(replace(sample, landmarks={}) for sample in pool.train)

    with pytest.raises(NotEnoughLabels):
        fit(only(pool, train=bare), tiny, watcher)


def test_case_066_missing_image_files_are_skipped_and_counted(pool, tiny, watcher, tmp_path):
    gone = Sample(image=tmp_path / "gone.png", landmarks={"square_1": (1.0, 1.0)})

    fitted = fit(only(pool, train=(gone, *pool.train), validation=(*pool.validation, gone)), tiny, watcher)

    assert fitted.skipped_images == 2
    assert fitted.skipped_names == ("gone.png", "gone.png")


def test_case_066_a_pool_of_which_every_image_is_gone_is_refused(pool, tiny, watcher, tmp_path):
    gone = tuple(replace(sample, image=tmp_path / sample.image.name) for sample in pool.train)

    with pytest.raises(NotEnoughLabels):
        fit(only(pool, train=gone), tiny, watcher)


def test_one_labelled_image_is_enough_to_run(pool, tiny, watcher):
    fitted = fit(only(pool, train=pool.train[:1]), tiny, watcher)

    assert fitted.scores.nme is not None


def test_one_landmark_on_one_image_is_enough_to_run(pool, tiny, watcher):
    single = replace(pool.train[0], landmarks={"square_2": (30.0, 30.0)}, attributes={})

    fitted = fit(only(pool, train=(single, *pool.train[4:])), tiny, watcher)

    assert math.isfinite(fitted.scores.nme)


def test_without_a_validation_side_the_last_weights_are_kept_and_it_says_so(pool, tiny, watcher):
    fitted = fit(only(pool, validation=()), tiny, watcher)

    assert (fitted.scores.basis, fitted.scores.nme, fitted.scores.images) == ("last", None, 0)


def test_a_validation_side_without_landmarks_still_scores_attributes(pool, tiny, watcher):
    bare = tuple(replace(sample, landmarks={}) for sample in pool.validation)

    fitted = fit(only(pool, validation=bare), tiny, watcher)

    assert (fitted.scores.basis, fitted.scores.nme) == ("last", None)
    assert set(fitted.scores.attribute_accuracy) == {"shape"}


def test_a_class_never_seen_and_an_attribute_never_answered_do_no_harm(pool, tiny, watcher):
    extra = (
        AttributeSpec(name="mood", classes=("calm", "wild")),
        AttributeSpec(name="age", minimum=0.0, maximum=9.0),
    )

    fitted = fit(only(pool, attributes=(*pool.attributes, *extra)), tiny, watcher)

    assert set(fitted.scores.attribute_accuracy) == {"shape"}
    assert fitted.scores.attribute_error == {}


def test_a_pool_without_attributes_trains(pool, tiny, watcher):
    assert fit(only(pool, attributes=()), tiny, watcher).scores.nme is not None


def test_a_numeric_attribute_is_learnt_and_scored_in_its_unit(pool, tiny, watcher):
    age = AttributeSpec(name="age", minimum=0.0, maximum=9.0)
    validation = tuple(replace(sample, attributes={"age": 4.5}) for sample in pool.validation)
    train = tuple(replace(sample, attributes={"age": 4.5}) for sample in pool.train)

    fitted = fit(only(pool, attributes=(age,), train=train, validation=validation), tiny, watcher)

    assert 0 <= fitted.scores.attribute_error["age"] < 9


@pytest.mark.parametrize("stop_after", [0, 5, 20])
def test_a_run_stops_when_asked_while_reading_and_while_training(pool, tiny, make_watcher, stop_after):
    with pytest.raises(Stopped) as caught:
        fit(pool, tiny, make_watcher(stop_after))

    assert caught.value.code == "stopped"


def test_a_loss_that_is_no_number_ends_the_run(pool, tiny, watcher):
    with pytest.raises(Diverged) as caught:
        fit(pool, replace(tiny, landmark_weight=math.inf), watcher)

    assert caught.value.code == "diverged"


def test_case_024_a_run_cut_off_goes_on_and_ends_as_if_it_never_stopped(
    pool, tiny, watcher, make_watcher, tmp_path
):
    whole = fit(pool, tiny, watcher)
    questions = watcher.asked

    with pytest.raises(Stopped):
        fit(pool, tiny, make_watcher(questions - 2), work_dir=tmp_path)
    assert (tmp_path / FILE).exists()
    second = make_watcher()
    resumed = fit(pool, tiny, second, work_dir=tmp_path)

    assert [progress.step for progress in second.seen] == [6]
    assert torch.equal(weights_of(whole), weights_of(resumed))
    assert [p.step for p in resumed.history] == [p.step for p in whole.history]
    assert resumed.scores == whole.scores
    assert list(tmp_path.iterdir()) == []


def test_a_state_of_another_config_or_pool_is_not_taken_up(pool, tiny, make_watcher, tmp_path):
    with pytest.raises(Stopped):
        fit(pool, tiny, make_watcher(24), work_dir=tmp_path)
    assert (tmp_path / FILE).exists()

    again = make_watcher()
    fit(pool, replace(tiny, seed=9), again, work_dir=tmp_path)

    assert [progress.step for progress in again.seen] == [3, 6]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a state", None], ids=["empty", "junk", "cut"])
def test_case_044_a_damaged_state_or_a_leftover_is_no_obstacle(pool, tiny, make_watcher, tmp_path, content):
    with pytest.raises(Stopped):
        fit(pool, tiny, make_watcher(24), work_dir=tmp_path)
    state = tmp_path / FILE
    state.write_bytes(state.read_bytes()[:5000] if content is None else content)
    (tmp_path / f".{FILE}.killed.tmp").write_bytes(b"half")

    again = make_watcher()
    fit(pool, tiny, again, work_dir=tmp_path)

    assert [progress.step for progress in again.seen] == [3, 6]
    assert list(tmp_path.iterdir()) == []


def test_case_037_a_full_disk_during_a_run_is_said_in_so_many_words(pool, tiny, watcher, tmp_path, full_disk):
    with pytest.raises(NoSpace) as caught:
        fit(pool, tiny, watcher, work_dir=tmp_path)

    assert caught.value.code == "no_space"
    assert list(tmp_path.iterdir()) == []


def test_a_network_can_be_scored_by_its_landmarks_alone(pool, tiny, watcher):
    fitted = fit(pool, tiny, watcher)

    scores = evaluate(
        fitted.net,
        pool.validation,
        landmarks=pool.landmarks,
        attributes=(),
        normaliser=pool.normaliser,
        input_px=tiny.input_px,
    )

    assert scores.nme == pytest.approx(fitted.scores.nme, rel=1e-5)
    assert scores.attribute_accuracy == {}


def test_patience_ends_a_run_that_gets_no_better(pool, tiny, watcher):
    still = replace(tiny, net="seq_mt_blocks", learning_rate=0.0)  # no batch norm, so nothing changes at all
    config = replace(still, steps=60, evaluate_every=1, patience=2)

    fit(pool, config, watcher)

    assert watcher.seen[-1].step == 3


def test_the_best_weights_are_kept_and_not_the_last(pool, tiny, watcher):
    config = replace(tiny, steps=12, evaluate_every=1, learning_rate=0.05)

    fitted = fit(pool, config, watcher)

    assert fitted.scores.nme == min(progress.validation.nme for progress in watcher.seen)
    again = evaluate(
        fitted.net,
        pool.validation,
        landmarks=pool.landmarks,
        attributes=pool.attributes,
        normaliser=pool.normaliser,
        input_px=config.input_px,
    )
    assert again.nme == pytest.approx(fitted.scores.nme, rel=1e-5)


def test_the_equivariance_loss_is_zero_for_a_network_that_is_equivariant(tiny):
    """A toy that finds the brightest place: move the picture, and the place moves along."""

    class Brightest(nn.Module):
        def forward(self, pictures):
            return pictures.mean(dim=1, keepdim=True) * 1000

    net = build_net("unet_tiny", landmarks=1, attributes=(), input_px=32)
    net.landmark_net, net.soft_argmax = Brightest(), type(net.soft_argmax)(beta=0.05, input_px=32, cells=32)
    centres = torch.arange(32) + 0.5
    distance = (centres[:, None] - 15).square() + (centres[None] - 18).square()
    pictures = (255 * torch.exp(-distance / 40)).expand(5, 3, 32, 32).contiguous()
    transforms = augment.draw_affines(5, tiny, torch.Generator().manual_seed(4))

    before = net(pictures).xy
    after = net(augment.move_pictures(transforms, pictures)).xy
    moved = augment.move_points(transforms, before)
    loss = losses.equivariance_loss(moved, after, augment.is_inside(moved, 32))

    assert (moved - before).square().sum(-1).mean() > 4
    assert loss < 0.01


def test_the_learning_rate_warms_up_and_fades(tiny):
    config = replace(tiny, steps=100, warmup_steps=10)

    rates = [learning_rate_at(step, config) for step in range(100)]

    assert rates[0] == pytest.approx(config.learning_rate / 10)
    assert max(rates) == rates[10] == config.learning_rate
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[-1] < 0.03 * config.learning_rate


def test_the_automatic_config_says_why_and_can_be_built(pool):
    config = auto_config(pool)

    assert "4 of 12 images" in config.reason
    assert "a short run" in config.reason
    assert f"network {config.net}, as exact as" in config.reason
    build_net(config.net, landmarks=5, attributes=pool.attributes, input_px=config.input_px)


def test_the_automatic_config_takes_its_time_once_there_are_labels(pool):
    many = only(pool, train=pool.train * 4)

    early, full = auto_config(pool), auto_config(many)

    assert "16 of 48 images" in full.reason
    assert full.steps > 3 * early.steps


def test_a_config_survives_json_and_its_digest_ignores_what_changes_nothing(tiny):
    again = FitConfig.from_json(tiny.to_json())

    assert again == tiny
    assert replace(tiny, threads=7, reason="other words", deterministic=True).digest() == tiny.digest()
    assert replace(tiny, steps=7).digest() != tiny.digest()


def test_a_moved_folder_is_the_same_pool_and_a_moved_landmark_is_not(pool, tmp_path):
    moved = tuple(replace(sample, image=tmp_path / sample.image.name) for sample in pool.train)
    first = replace(pool.train[0], landmarks={**pool.train[0].landmarks, "square_1": (0.0, 0.0)})

    assert only(pool, train=moved).digest() == pool.digest()
    assert only(pool, train=(first, *pool.train[1:])).digest() != pool.digest()


def test_progress_survives_plain_values(pool, tiny, watcher):
    from dataclasses import asdict

    fit(pool, tiny, watcher)

    assert [Progress.from_json(asdict(progress)) for progress in watcher.seen] == watcher.seen


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a"},
        {"name": "a", "classes": ("x",), "minimum": 0.0, "maximum": 1.0},
        {"name": "a", "minimum": 2.0, "maximum": 1.0},
    ],
)
def test_an_attribute_has_classes_or_a_scale_and_not_both(wrong):
    with pytest.raises(ValueError, match="'a'"):
        AttributeSpec(**wrong)


def test_a_normaliser_by_landmarks_needs_two():
    with pytest.raises(ValueError, match="between"):
        Normaliser(kind="landmarks")


def test_a_manifest_needs_no_more_than_names_and_samples():
    manifest = Manifest(landmarks=("a",), normaliser=Normaliser(kind="box"), train=(), validation=())

    assert len(manifest.digest()) == 64
