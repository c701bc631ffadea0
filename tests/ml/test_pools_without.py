"""Runs on pools without landmarks or answers, and on the state of another version."""

from dataclasses import replace

import pytest

from ml.errors import LossesNotOffered, NotEnoughLabels, Stopped
from ml.nets.registry import NETS
from ml.resume import FILE
from ml.train import fit


def test_attributes_alone_are_learnt_without_any_landmark(pool, tiny, watcher):
    bare = replace(pool, train=tuple(replace(sample, landmarks={}) for sample in pool.train))

    fitted = fit(bare, replace(tiny, landmark_weight=0.0, equivariance_weight=0.0), watcher)

    assert set(fitted.scores.attribute_accuracy) == {"shape"}


def test_neither_landmarks_nor_answers_to_learn_from_are_refused(pool, tiny, watcher):
    without = replace(pool, train=tuple(replace(sample, attributes={}) for sample in pool.train))

    for manifest in (without, replace(pool, train=())):
        with pytest.raises(NotEnoughLabels):
            fit(manifest, replace(tiny, landmark_weight=0.0), watcher)


def test_neither_loss_l_nor_loss_a_is_refused(pool, tiny, watcher):
    with pytest.raises(LossesNotOffered, match="ELT alone"):
        fit(pool, replace(tiny, landmark_weight=0.0, attribute_weight=0.0), watcher)


def test_a_state_of_a_network_that_is_built_otherwise_today_is_not_taken_up(
    pool, tiny, make_watcher, watcher, tmp_path, monkeypatch
):
    with pytest.raises(Stopped):
        fit(pool, tiny, make_watcher(stop_after=23), work_dir=tmp_path)
    assert (tmp_path / FILE).exists()
    monkeypatch.setitem(NETS, "unet_tiny", NETS["seq_mt_blocks"])

    fitted = fit(pool, tiny, watcher, work_dir=tmp_path)

    assert [progress.step for progress in fitted.history] == [3, 6]
