"""Serving: the exported network says what the trained one says, without torch."""

import subprocess
import sys
from dataclasses import replace
from io import BytesIO

import numpy as np
import onnx
import pytest
import torch
from PIL import Image

from ml import export
from ml.checkpoint import load, save
from ml.coords import apply, inverse
from ml.doubt import VIEWS, move_picture, spread, view_affines
from ml.errors import CheckpointRejected, ExportDiffers, NoSpace, NotServable, PictureRejected
from ml.export import export_onnx
from ml.fitted import Fitted
from ml.nets import build_net
from ml.pixels import letterboxed
from ml.serve import Predictor
from ml.train import fit
from ml.types import AttributeSpec, Normaliser, Scores

ATTRIBUTES = (
    AttributeSpec(name="side", classes=("palm", "back", "edge")),
    AttributeSpec(name="yaw", minimum=-10.0, maximum=10.0),
)


def write_checkpoint(path, tiny, attributes=ATTRIBUTES):
    torch.manual_seed(0)
    net = build_net("unet_tiny", landmarks=4, attributes=attributes, input_px=32).eval()
    with torch.no_grad():
        net.landmark_net.maps.weight *= 20  # sharp maps, as after training
    fitted = Fitted(
        net=net,
        config=tiny,
        landmarks=("a", "b", "c", "d"),
        attributes=attributes,
        normaliser=Normaliser(kind="box"),
        scores=Scores(),
    )
    save(fitted, path)
    return path


@pytest.fixture(scope="session")
def exported(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    checkpoint = write_checkpoint(folder / "network.safetensors", tiny)
    check = export_onnx(checkpoint, folder / "network.onnx")
    return checkpoint, folder / "network.onnx", check


@pytest.fixture
def predictor(exported):
    return Predictor(exported[1])


def picture(width=50, height=40, seed=0):
    coarse = np.random.default_rng(seed).integers(0, 256, (5, 6, 3)).astype(np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def test_the_export_is_checked_and_describes_itself(exported, predictor):
    checkpoint, path, check = exported

    assert check.xy_px < 0.01
    assert check.bytes == path.stat().st_size
    assert predictor.landmarks == ("a", "b", "c", "d")
    assert predictor.attributes == ATTRIBUTES
    assert predictor.input_px == 32
    assert predictor.digest == load(checkpoint).digest


def test_the_export_names_no_folder_of_this_machine(exported):
    graph = onnx.load(exported[1])

    assert all(not node.doc_string and not node.metadata_props for node in graph.graph.node)


def test_predictions_are_those_of_the_trained_network_in_image_px(exported, predictor):
    image = picture(80, 50)
    net = load(exported[0]).net
    square, box = letterboxed(image, 32)

    (found,) = predictor.predict([image])
    output = net(torch.from_numpy(square)[None].permute(0, 3, 1, 2))

    np.testing.assert_allclose(found.xy, box.to_image(output.xy[0].detach().numpy()), atol=0.05)
    odds = output.attributes[0].softmax(-1)[0].tolist()
    assert found.attributes["side"] == pytest.approx(
        dict(zip(("palm", "back", "edge"), odds, strict=True)), abs=1e-3
    )
    assert found.attributes["yaw"] == pytest.approx(output.attributes[1].item(), abs=0.01)
    assert found.doubt_px is None
    assert ((found.confidence >= 0) & (found.confidence <= 1)).all()


@pytest.mark.parametrize("count", [0, 1, 2, 17, 40])
def test_any_number_of_images_is_answered_one_by_one_in_order(predictor, count):
    images = [picture(40 + n, 60 - n, seed=n) for n in range(count)]

    together = predictor.predict(images)

    assert len(together) == count
    for image, found in zip(images, together, strict=True):
        (alone,) = predictor.predict([image])
        np.testing.assert_allclose(found.xy, alone.xy, atol=1e-3)


def test_an_image_its_bytes_and_its_file_give_the_same_prediction(predictor, tmp_path):
    file = BytesIO()
    picture(90, 70).save(file, "png")
    (tmp_path / "image.png").write_bytes(file.getvalue())

    sources = [Image.open(file), file.getvalue(), tmp_path / "image.png"]
    found = predictor.predict(sources)

    for other in found[1:]:
        np.testing.assert_allclose(other.xy, found[0].xy, atol=1e-6)


def test_with_views_a_landmark_is_the_mean_of_what_they_say(predictor):
    side = predictor.input_px
    image = picture(side, side)
    affines = view_affines(3, side)

    (seen,) = predictor.predict([image], views=3)

    moved = [Image.fromarray(move_picture(np.asarray(image), affine)) for affine in affines]
    alone, *others = (found.xy for found in predictor.predict([image, *moved]))
    back = [apply(inverse(affine), xy) for affine, xy in zip(affines, others, strict=True)]
    np.testing.assert_allclose(seen.xy, np.mean([alone, *back], axis=0), atol=1e-3)
    assert np.abs(seen.xy - alone).max() > 0.01


def test_doubt_is_in_image_px(predictor):
    image = picture(32, 32)
    large = image.resize((320, 320), Image.Resampling.NEAREST)

    (doubted,) = predictor.predict([image], views=4)
    (doubted_large,) = predictor.predict([large], views=4)

    assert doubted.doubt_px.shape == (4,)
    assert (doubted.doubt_px > 0).all()
    np.testing.assert_allclose(doubted_large.doubt_px / 10, doubted.doubt_px, rtol=0.2, atol=0.1)


@pytest.mark.parametrize("views", [-1, len(VIEWS) + 1])
def test_more_views_than_there_are_is_refused(predictor, views):
    with pytest.raises(ValueError, match="views"):
        predictor.predict([picture()], views=views)


def test_pictures_move_with_the_points_of_a_view():
    pixels = np.zeros((64, 64, 3), dtype=np.uint8)
    pixels[24:28, 38:42] = 255
    rows, columns = np.mgrid[0:64, 0:64] + 0.5

    for affine in view_affines(len(VIEWS), 64):
        moved = move_picture(pixels, affine)[..., 0].astype(float)
        found = np.array([(moved * columns).sum(), (moved * rows).sum()]) / moved.sum()
        np.testing.assert_allclose(found, apply(affine, np.array([40.0, 26.0])), atol=0.15)


def test_opinions_that_agree_leave_no_doubt_and_doubt_grows_with_their_distance():
    points = np.arange(8.0).reshape(4, 2)
    apart = np.array([[1.0, 0], [0, 0], [3, 4], [0, 0]])

    assert (spread([points, points, points]) == 0).all()
    assert spread([points, points + apart]).tolist() == pytest.approx([0.5, 0, 2.5, 0])


def test_an_image_that_does_not_decode_is_refused(predictor):
    with pytest.raises(PictureRejected):
        predictor.predict([b"no image"])


def test_a_network_without_attributes_is_served(tiny, tmp_path):
    checkpoint = write_checkpoint(tmp_path / "network.safetensors", tiny, attributes=())

    export_onnx(checkpoint, tmp_path / "network.onnx")
    (found,) = Predictor((tmp_path / "network.onnx").read_bytes()).predict([picture()])

    assert found.attributes == {}


@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "junk", "foreign"])
def test_case_042_a_file_that_is_no_network_of_ours_is_refused(exported, tmp_path, damage):
    path = tmp_path / "network.onnx"
    content = exported[1].read_bytes()
    if damage == "foreign":
        graph = onnx.load_from_string(content)
        del graph.metadata_props[:]
        content = graph.SerializeToString()
    damaged = {"empty": b"", "cut": content[:1000], "junk": b"junk" * 100, "foreign": content}
    if damage != "gone":
        path.write_bytes(damaged[damage])

    with pytest.raises(CheckpointRejected):
        Predictor(path)


def test_an_export_that_computes_something_else_is_refused_and_not_written(exported, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "XY_TOLERANCE_PX", -1.0)

    with pytest.raises(ExportDiffers) as caught:
        export_onnx(exported[0], tmp_path / "network.onnx")

    assert caught.value.code == "export_differs"
    assert list(tmp_path.iterdir()) == []


def test_case_037_a_full_disk_leaves_no_half_export(exported, tmp_path, full_disk):
    with pytest.raises(NoSpace):
        export_onnx(exported[0], tmp_path / "network.onnx")

    assert list(tmp_path.iterdir()) == []


def test_serving_loads_no_torch():
    program = (
        "import sys, ml.serve; print(sorted(m for m in sys.modules if m.split('.')[0] in {'torch', 'onnx'}))"
    )

    answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "[]"


def test_a_network_that_cannot_say_how_sure_it_is_is_not_exported(pool, tiny, watcher, tmp_path):
    config = replace(tiny, net="comm_mt_blocks", equivariance_weight=0.0)
    save(fit(pool, config, watcher), tmp_path / "network.safetensors")

    with pytest.raises(NotServable, match="heat maps"):
        export_onnx(tmp_path / "network.safetensors", tmp_path / "network.onnx")

    assert not (tmp_path / "network.onnx").exists()


@pytest.mark.parametrize("name", ["seq_mt_blocks", "heatmap_mt_blocks", "rcn_plus", "pretrained"])
def test_networks_with_folds_argmax_and_an_encoder_compute_the_same_as_onnx(
    pool, tiny, watcher, tmp_path, name
):
    if name == "pretrained":
        pytest.importorskip("efficientnet_lite_pytorch")
    config = replace(tiny, net=name, steps=1, equivariance_weight=0.0)
    save(fit(pool, config, watcher), tmp_path / "network.safetensors")

    check = export_onnx(tmp_path / "network.safetensors", tmp_path / "network.onnx")

    assert check.xy_px < 0.05
