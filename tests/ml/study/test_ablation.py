"""`study ablation`: which cells it asks for, and what it says of each switch."""

import argparse
import json

import pytest

from ml.config import FitConfig
from ml.study.ablation import SWITCHES, AblationAsk, UnknownSwitch, effects_of, turned, verdict
from ml.study.command import add_study
from ml.study.rows import Entry, Row
from ml.study.systems import get_system
from tests.ml.study.conftest import settings


def row(errors, *, overrides=(), choice=None):
    """The recipe's row with these errors by seed, at 5 %."""
    entry = Entry(
        percent=5.0,
        mean=sum(errors.values()) / len(errors),
        sd=None,
        n=len(errors),
        values=errors,
        accuracy=None,
        paper=None,
        labelled_images=20,
        attribute_labels=400,
        train_images=400,
    )
    return Row(
        system="recipe",
        title="Recipe",
        losses="L+ELT+A",
        overrides=overrides,
        choice=choice,
        entries={5.0: entry},
        paper={},
    )


def without(name, errors, base=()):
    overrides, choice = turned(base, SWITCHES[name])
    return row(errors, overrides=overrides, choice=choice)


@pytest.mark.parametrize("switch", SWITCHES.values(), ids=list(SWITCHES))
def test_a_switch_turned_over_is_another_setting_than_the_recipes(switch):
    recipe = get_system("recipe")
    settings_of_recipe = FitConfig(**recipe.settings).to_json()

    is_other = any(settings_of_recipe[name] != value for name, value in switch.settings.items())

    assert is_other or switch.choice not in {None, recipe.choice}


def test_the_recipe_and_one_row_a_switch_are_asked_for_by_each_seed():
    ask = AblationAsk(
        switches=("bends", "typical-images"), percent=5.0, seeds=(0, 1), overrides=(("steps", 8),)
    )

    rows = [(cell.overrides, cell.choice, cell.seed) for cell in ask.cells()]

    assert rows == [
        ((("steps", 8),), None, 0),
        ((("steps", 8),), None, 1),
        ((("bend_share", 0.0), ("steps", 8)), None, 0),
        ((("bend_share", 0.0), ("steps", 8)), None, 1),
        ((("steps", 8),), "balanced", 0),
        ((("steps", 8),), "balanced", 1),
    ]


def test_an_unknown_switch_is_refused_with_the_names_of_those_that_there_are():
    with pytest.raises(UnknownSwitch, match=r"warp.*teacher"):
        AblationAsk(switches=("warp",), percent=5.0, seeds=(0,)).cells()


def test_a_switch_of_the_recipe_is_compared_seed_by_seed_with_the_recipe_without_it():
    rows = [row({0: 18.0, 1: 20.0, 2: 16.0}), without("bends", {0: 21.0, 1: 23.2, 2: 18.8})]

    (effect,) = effects_of(rows)

    assert (effect.switch, effect.n, effect.verdict) == ("bends", 3, "helps")
    assert (effect.with_it, effect.without_it) == (pytest.approx(18.0), pytest.approx(21.0))
    assert (effect.difference, effect.sd) == (pytest.approx(-3.0), pytest.approx(0.2))


def test_a_switch_that_is_off_in_the_recipe_is_on_in_the_other_row():
    rows = [row({0: 18.0, 1: 20.0}), without("photometric", {0: 19.0, 1: 21.1})]

    (effect,) = effects_of(rows)

    assert (effect.with_it, effect.without_it) == (pytest.approx(20.05), pytest.approx(19.0))
    assert effect.verdict == "harms"


def test_a_row_by_other_settings_is_not_compared():
    assert effects_of([row({0: 18.0}), without("bends", {0: 21.0}, base=(("steps", 8),))]) == []


@pytest.mark.parametrize(
    ("differences", "said"),
    [
        ([-3.0], "one seed"),
        ([-3.0, 3.1, 0.2], "within noise"),
        ([-1.0, -1.1, -0.9], "helps"),
        ([1.0, 1.1, 0.9], "harms"),
        ([-1.0, -1.2], "within noise"),  # 95 % of two seeds: 12.7 standard errors
        ([0.0, 0.0], "within noise"),
    ],
)
def test_the_verdict_wants_the_interval_of_the_mean_to_leave_out_zero(differences, said):
    assert verdict(differences) == said


def test_the_command_trains_and_says_what_the_switch_brings(tmp_path):
    parser = argparse.ArgumentParser()
    add_study(parser.add_subparsers())
    words = ["study", "ablation", "--data", "blocks", "--count", 24, "--switches", "averaged-views"]
    words += ["--percent", 50, "--seeds", 2, "--threads", 1, "--out", tmp_path, *settings("steps=4")]
    options = parser.parse_args([str(word) for word in words])

    options.command(options)

    table = json.loads((tmp_path / "table.json").read_text())
    (effect,) = table["ablation"]
    assert (effect["switch"], effect["n"]) == ("averaged-views", 2)
    assert len(table["rows"]) == 2
    assert "| averaged-views | 50 % | yes |" in (tmp_path / "table.md").read_text()
