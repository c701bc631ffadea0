"""Network files: whole, unchanged, and what they say they are; or refused."""

import hashlib
import json
import struct
from dataclasses import replace

import numpy as np
import pytest
import torch

from ml.checkpoint import load, save, weights_digest
from ml.errors import CheckpointRejected, NoSpace
from ml.fitted import Fitted
from ml.nets import build_net
from ml.types import AttributeSpec, Normaliser, Scores

ATTRIBUTES = (
    AttributeSpec(name="side", classes=("palm", "back")),
    AttributeSpec(name="yaw", minimum=0.0, maximum=1.0),
)


@pytest.fixture
def fitted(tiny):
    torch.manual_seed(0)
    return Fitted(
        net=build_net("unet_tiny", landmarks=3, attributes=ATTRIBUTES, input_px=32).eval(),
        config=tiny,
        landmarks=("a", "b", "c"),
        attributes=ATTRIBUTES,
        normaliser=Normaliser(kind="landmarks", between=("a", "b")),
        scores=Scores(nme=0.25, per_landmark={"a": 0.25}, pck=0.5, images=3),
        manifest_digest="f" * 64,
    )


@pytest.fixture
def path(fitted, tmp_path):
    save(fitted, tmp_path / "network.safetensors")
    return tmp_path / "network.safetensors"


def rewrite_header(path, change):
    """Change the JSON header and put the right length before it, as a forger would."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    change(header)
    encoded = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(encoded)) + encoded + content[8 + length :])


def describe(**changes):
    def change(header):
        description = json.loads(header["__metadata__"]["equimark"])
        header["__metadata__"]["equimark"] = json.dumps({**description, **changes})

    return change


def test_what_was_saved_is_loaded(fitted, path):
    loaded = load(path)

    pictures = torch.rand(2, 3, 32, 32, generator=torch.Generator().manual_seed(0)) * 255
    assert torch.equal(loaded.net(pictures).xy, fitted.net(pictures).xy)
    assert not loaded.net.training
    for name in ("config", "landmarks", "attributes", "normaliser", "scores", "manifest_digest"):
        assert getattr(loaded, name) == getattr(fitted, name), name
    assert loaded.digest == weights_digest(fitted.net.state_dict())


def test_the_answer_of_save_is_the_hash_of_the_file(fitted, tmp_path):
    path = tmp_path / "deep" / "network.safetensors"

    assert save(fitted, path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_same_network_is_the_same_file(fitted, tmp_path):
    assert save(fitted, tmp_path / "a") == save(fitted, tmp_path / "b")


@pytest.mark.parametrize("share", [0.0, 0.0001, 0.01, 0.5, 0.999])
def test_case_044_a_file_cut_off_anywhere_is_refused(path, share):
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(CheckpointRejected) as caught:
        load(path)

    assert caught.value.code == "network_rejected"


def test_case_042_any_changed_byte_of_the_weights_is_noticed(path):
    content = bytearray(path.read_bytes())
    (length,) = struct.unpack("<Q", content[:8])
    random = np.random.default_rng(0)

    for place in random.integers(8 + length, len(content), 20):
        changed = bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(CheckpointRejected, match="not those that were saved"):
            load(path)


def test_case_042_weights_that_are_no_numbers_are_refused(fitted, tmp_path):
    with torch.no_grad():
        next(fitted.net.parameters())[0] = torch.nan
    save(fitted, tmp_path / "nan")

    with pytest.raises(CheckpointRejected, match="finite"):
        load(tmp_path / "nan")


@pytest.mark.parametrize("length", [2**63, 2**40, 1 << 25])
def test_case_042_a_header_that_claims_to_be_huge_is_refused(path, length):
    path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])

    with pytest.raises(CheckpointRejected):
        load(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"landmarks": ["a", "b"]},
        {"attributes": []},
        {"attributes": [{"name": "side", "classes": ["palm", "back", "edge"]}]},
        {"attributes": [{"name": "side"}]},
        {"normaliser": {"kind": "landmarks"}},
        {"digest": "0" * 64},
        {"format": 2},
        {"config": {}},
        {"config": {"net": "unet_tiny", "surprise": 1}},
        {"config": {"net": "resnet"}},
        {"config": {"net": "unet_tiny", "input_px": "wide"}},
        {"config": {"net": "unet_tiny", "input_px": 33}},
        {"config": None},
        {"scores": {"surprise": 1}},
    ],
)
def test_case_042_a_description_that_does_not_fit_the_weights_is_refused(path, changes):
    rewrite_header(path, describe(**changes))

    with pytest.raises(CheckpointRejected):
        load(path)


def test_case_042_a_shape_that_lies_is_refused(path):
    def change(header):
        name = next(name for name in header if name.endswith("weight"))
        header[name]["shape"] = [1, *header[name]["shape"][1:]]

    rewrite_header(path, change)

    with pytest.raises(CheckpointRejected):
        load(path)


@pytest.mark.parametrize(
    "metadata", [{}, {"equimark": "{"}, {"equimark": "[]"}], ids=["none", "no_json", "no_object"]
)
def test_case_042_a_file_without_our_description_is_refused(path, metadata):
    rewrite_header(path, lambda header: header.update(__metadata__=metadata))

    with pytest.raises(CheckpointRejected):
        load(path)


def test_case_042_a_pickle_is_refused_and_not_run(tmp_path):
    canary = tmp_path / "canary"

    class Evil:
        def __reduce__(self):
            return canary.touch, ()

    torch.save({"weights": Evil()}, tmp_path / "network.pt")

    with pytest.raises(CheckpointRejected):
        load(tmp_path / "network.pt")
    assert not canary.exists()


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(CheckpointRejected, match="gone"):
        load(tmp_path / "gone")


def test_case_037_a_full_disk_leaves_the_old_checkpoint_and_no_temporary_file(fitted, path, full_disk):
    before = path.read_bytes()

    with pytest.raises(NoSpace) as caught:
        save(replace(fitted, manifest_digest="0" * 64), path)

    assert caught.value.code == "no_space"
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
