"""Which cells run, and in which order."""

import json
import shutil
from dataclasses import asdict, replace

import pytest

from ml.data.folder import read_folder
from ml.errors import LossesNotOffered
from ml.study.cells import Cell, cell_file
from ml.study.overrides import OverrideRejected, parse_overrides
from ml.study.plan import Ask, Pools, make_plan, results_in

OVERRIDES = parse_overrides(["net=unet_tiny", "input_px=32", "steps=4"])


def ask(**changes):
    wanted = {"systems": ("seq_mt_blocks",), "losses": ("L",), "percents": (50.0,), "seeds": (0,)}
    return Ask(**{**wanted, "overrides": OVERRIDES, **changes})


@pytest.fixture(scope="module")
def pools(small):
    return Pools(read_folder(small.out / "data" / "blocks-24"))


def test_all_losses_that_a_system_offers_are_the_default():
    cells = ask(systems=("seq_mt_blocks", "comm_mt_blocks"), losses=()).cells()

    assert [cell.losses for cell in cells] == ["L", "L+A", "L+ELT", "L+ELT+A", "L", "L+A"]


def test_losses_without_landmarks_have_one_column():
    cells = ask(systems=("seq_mt_shapes",), losses=(), percents=(5.0, 20.0)).cells()

    assert [(cell.losses, cell.percent) for cell in cells] == [("A", 20.0)]


def test_the_cheapest_cells_run_first(pools, tmp_path):
    plan = make_plan(
        ask(systems=("seq_mt_hgr1", "seq_mt_blocks"), losses=("L", "L+ELT"), seeds=(0, 1), overrides=()),
        pools,
        tmp_path,
        is_forced=False,
    )

    assert [(cell.system[7:], cell.losses, cell.seed) for cell in plan.to_run] == [
        ("blocks", "L", 0), ("blocks", "L", 1), ("blocks", "L+ELT", 0), ("blocks", "L+ELT", 1),
        ("hgr1", "L", 0), ("hgr1", "L", 1), ("hgr1", "L+ELT", 0), ("hgr1", "L+ELT", 1),
    ]  # fmt: skip


def test_settings_by_hand_make_another_cell_and_another_row():
    plain, changed = (
        Cell(system="unet", losses="L", percent=5, seed=0, overrides=o) for o in ((), OVERRIDES)
    )

    assert plain.key == "unet_L_5_seed0"
    assert changed.key.startswith("unet_L_5_seed0_")
    assert plain.title == "U-Net (L)"
    assert changed.title == "U-Net (L) input_px=32 net=unet_tiny steps=4"


def test_a_title_has_the_digest_of_settings_that_are_too_long_for_it():
    overrides = parse_overrides(["bend_share=0.03", "equivariance_teacher=average", "landmark_form=distance"])
    cell = Cell(system="unet", losses="L", percent=5, seed=0, overrides=overrides)

    assert cell.title == f"U-Net (L) [{cell.key.rpartition('_')[2]}]"


def test_a_choice_by_hand_makes_another_cell_another_row_and_another_pool(pools):
    own, balanced = (
        Cell(system="recipe", losses="L", percent=25, seed=0, choice=choice) for choice in (None, "balanced")
    )

    assert (own.key, balanced.key) == ("recipe_L_25_seed0", "recipe_L_25_seed0_balanced")
    assert balanced.title == f"{own.title}, balanced"
    assert pools.of(own)[1] != pools.of(balanced)[1]
    assert Cell.from_json(json.loads(json.dumps(asdict(balanced)))) == balanced


def test_a_loss_that_is_off_stays_off_whatever_is_set_by_hand(pools):
    overrides = parse_overrides(["attribute_weight=3", "equivariance_weight=2"])
    cell = Cell(system="seq_mt_blocks", losses="L+ELT", percent=50, seed=0, overrides=overrides)

    config = cell.config(pools.of(cell)[0])

    assert (config.attribute_weight, config.equivariance_weight) == (0, 2)


def test_a_result_of_other_settings_runs_again_and_leaves_the_table(small, pools, tmp_path):
    shutil.copytree(small.out / "cells", tmp_path / "cells")
    result = next(r for r in small.cells if r["cell"]["losses"] == "L" and r["cell"]["percent"] == 50)
    cell = Cell.from_json(result["cell"])
    cell_file(cell, tmp_path).write_text(json.dumps({**result, "config_digest": "of older code"}))
    wanted = ask(overrides=cell.overrides, seeds=(0, 1))

    plan = make_plan(wanted, pools, tmp_path, is_forced=False)

    assert plan.outdated == plan.to_run == [cell]
    assert [done.seed for done in plan.done] == [1 - cell.seed]
    assert len(results_in(tmp_path, pools, ["seq_mt_blocks"])) == 9


def test_force_runs_all_again(small, pools):
    overrides = Cell.from_json(small.cells[0]["cell"]).overrides

    plan = make_plan(ask(overrides=overrides), pools, small.out, is_forced=True)

    assert len(plan.to_run) == 1


@pytest.fixture
def without_answers(pools):
    sides = {
        side: tuple(replace(sample, attributes={}) for sample in samples)
        for side, samples in pools.folder.splits.items()
    }
    return Pools(replace(pools.folder, splits=sides))


def test_a_without_an_answer_is_left_out_and_alone_it_is_refused(without_answers, tmp_path):
    plan = make_plan(ask(losses=("L", "L+A")), without_answers, tmp_path, is_forced=False)

    assert [cell.losses for cell in plan.to_run] == ["L"]
    assert [(cell.losses, why) for cell, why in plan.empty] == [
        ("L+A", "no image has an answer for A to learn from")
    ]
    with pytest.raises(LossesNotOffered, match="no image has an answer"):
        make_plan(ask(losses=("L+A",)), without_answers, tmp_path, is_forced=False)


def test_mirrors_need_pairs_of_landmarks(pools, tmp_path):
    overrides = parse_overrides(["mirror_share=0.5"])

    with pytest.raises(OverrideRejected, match="mirror_share"):
        make_plan(ask(overrides=overrides), pools, tmp_path, is_forced=False)


@pytest.mark.parametrize(
    "change",
    [
        {"cell": {"overrides": [["a_setting_of_old", 3]]}},
        {"cell": {"a_part_of_old": 3}},
        {"test_digest": None},
    ],
)
def test_a_result_of_another_version_is_none_and_runs_again(small, pools, tmp_path, change):
    result = small.cells[0]
    cell = Cell.from_json(result["cell"])
    changed = {**result, **change, "cell": {**result["cell"], **change.get("cell", {})}}
    changed = {name: value for name, value in changed.items() if value is not None}
    cell_file(cell, tmp_path).parent.mkdir()
    cell_file(cell, tmp_path).write_text(json.dumps(changed))
    wanted = ask(
        overrides=cell.overrides, losses=(cell.losses,), percents=(cell.percent,), seeds=(cell.seed,)
    )

    plan = make_plan(wanted, pools, tmp_path, is_forced=False)

    assert results_in(tmp_path, pools, ["seq_mt_blocks"]) == []
    assert plan.to_run == [cell]


def test_a_file_that_is_cut_off_is_no_result(small, pools, tmp_path):
    cell = Cell.from_json(small.cells[0]["cell"])
    cell_file(cell, tmp_path).parent.mkdir()
    cell_file(cell, tmp_path).write_text('{"key": ')

    assert results_in(tmp_path, pools, ["seq_mt_blocks"]) == []
