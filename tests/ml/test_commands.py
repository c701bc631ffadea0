"""`python -m ml`, as a person types it."""

import json
from dataclasses import replace

import pytest
from PIL import Image

from ml.__main__ import main
from ml.data.blocks import write_blocks
from ml.data.subset import with_labels_on


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A Blocks folder, and what `fit --json` printed about it."""
    folder = tmp_path_factory.mktemp("commands")
    assert (
        main(["blocks", "--out", str(folder / "blocks"), "--count", "20", "--validation", "5", "--test", "5"])
        == 0
    )
    return folder


def fit_arguments(folder, *more):
    fixed = ["fit", str(folder / "blocks"), "--net", "unet_tiny", "--input-px", "32", "--steps", "3"]
    return [*fixed, "--threads", "1", *more]


def test_blocks_are_written_trained_on_and_predicted(trained, capsys):
    out = trained / "run"

    assert main(fit_arguments(trained, "--percent", "20", "--out", str(out), "--json")) == 0
    found = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    image = next((trained / "blocks" / "images").glob("test_*.png"))
    assert main(["predict", str(out / "network.onnx"), str(image), "--views", "2"]) == 0
    prediction = json.loads(capsys.readouterr().out)

    assert found["losses"] == "L+ELT+A"
    assert found["validation"]["images"] == found["test"]["images"] == 5
    assert set(prediction["landmarks"]) == {f"square_{n}" for n in range(1, 6)}
    assert len(prediction["doubt_px"]) == 5
    assert sum(prediction["attributes"]["shape"].values()) == pytest.approx(1)
    with Image.open(image) as opened:
        width, height = opened.size
    assert all(0 <= x <= width and 0 <= y <= height for x, y in prediction["landmarks"].values())


@pytest.mark.parametrize(
    ("losses", "zero"),
    [
        ("L", ["attribute", "equivariance"]),
        ("L+A", ["equivariance"]),
        ("L+ELT", ["attribute"]),
        ("L+ELT+A", []),
    ],
)
def test_losses_are_switched_by_name(trained, capsys, losses, zero):
    assert main(fit_arguments(trained, "--losses", losses, "--json")) == 0

    config = json.loads(capsys.readouterr().out.strip().splitlines()[-1])["config"]
    off = [name for name in ("attribute", "equivariance") if config[f"{name}_weight"] == 0]
    assert off == zero


def test_loss_a_is_refused_by_name_and_left_out_by_itself_where_no_image_has_an_answer(tmp_path, capsys):
    write_blocks(tmp_path / "blocks", train=8, validation=2, test=2, seed=0)
    answers = tmp_path / "blocks" / "attributes.csv"
    answers.write_text(answers.read_text().splitlines()[0] + "\n")

    for losses in ("L+A", "L+ELT+A"):
        assert main(fit_arguments(tmp_path, "--losses", losses)) == 1
        assert "losses_not_offered: no image has an answer for A" in capsys.readouterr().err
    assert main(fit_arguments(tmp_path, "--json")) == 0

    found = json.loads(capsys.readouterr().out.strip().splitlines()[-1])
    assert (found["losses"], found["config"]["attribute_weight"]) == ("L+ELT", 0)
    assert "without loss A, since no image has an answer" in found["config"]["reason"]


def test_a_table_is_printed_for_people(trained, capsys):
    assert main(fit_arguments(trained)) == 0

    printed = capsys.readouterr().out
    assert "error, px" in printed
    assert "20 of 20 images have landmarks" in printed


def test_an_expected_failure_ends_with_its_code_and_no_trace(tmp_path, capsys):
    assert main(["fit", str(tmp_path)]) == 1

    assert capsys.readouterr().err.startswith("folder_file_missing: ")


@pytest.mark.parametrize(
    ("option", "words"),
    [
        (["--input-px", "33"], "multiple of 4 px"),
        (["--steps", "0"], "steps is 1 or more, not 0"),
        (["--seed", "-1"], "seed is 0 to"),
        (["--percent", "-5"], "above 0"),
        (["--percent", "nan"], "above 0"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_words(trained, capsys, option, words):
    assert main(fit_arguments(trained, *option)) == 1

    said = capsys.readouterr().err
    assert "setting_rejected: " in said
    assert words in " ".join(said.split())


def test_only_images_that_have_landmarks_are_chosen_to_keep_them(blocks):
    whole = blocks.manifest()
    half = tuple(s if i % 2 else replace(s, landmarks={}) for i, s in enumerate(whole.train))

    for choice in ("balanced", "medoids"):
        manifest = with_labels_on(replace(whole, train=half), 40, seed=0, choice=choice)
        assert sum(bool(sample.landmarks) for sample in manifest.train) == 5


def test_labels_are_kept_on_the_wanted_share_and_attributes_on_all(blocks):
    manifest = with_labels_on(blocks.manifest(), 25, seed=0)

    assert sum(bool(sample.landmarks) for sample in manifest.train) == 3
    assert all(sample.attributes for sample in manifest.train)
    assert manifest.validation == blocks.manifest().validation
