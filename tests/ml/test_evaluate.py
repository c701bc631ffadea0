"""Scores: of one view, and of the mean of several, as the service predicts."""

import numpy as np
import pytest

from ml.checkpoint import save
from ml.evaluate import evaluate
from ml.export import export_onnx
from ml.fitted import Fitted
from ml.nets import build_net
from ml.serve import Predictor
from ml.types import Normaliser, Scores

PIXELS = Normaliser(kind="pixels")


@pytest.fixture(scope="module")
def network(blocks, tiny, tmp_path_factory):
    """An untrained network for Blocks, and its export."""
    manifest = blocks.manifest()
    net = build_net("unet_tiny", landmarks=5, attributes=manifest.attributes, input_px=32).eval()
    fitted = Fitted(
        net=net,
        config=tiny,
        landmarks=manifest.landmarks,
        attributes=manifest.attributes,
        normaliser=PIXELS,
        scores=Scores(),
    )
    folder = tmp_path_factory.mktemp("network")
    save(fitted, folder / "network.safetensors")
    export_onnx(folder / "network.safetensors", folder / "network.onnx")
    return net, Predictor(folder / "network.onnx")


@pytest.mark.parametrize("views", [0, 4])
def test_what_is_scored_is_what_the_service_predicts(blocks, network, views):
    net, predictor = network
    manifest, samples = blocks.manifest(), blocks.splits["test"]

    scores = evaluate(
        net,
        samples,
        landmarks=manifest.landmarks,
        attributes=manifest.attributes,
        normaliser=PIXELS,
        input_px=32,
        views=views,
    )

    predicted = predictor.predict([sample.image for sample in samples], views=views)
    distances = [
        np.linalg.norm(found.xy - np.array([sample.landmarks[name] for name in manifest.landmarks]), axis=1)
        for found, sample in zip(predicted, samples, strict=True)
    ]
    assert scores.nme == pytest.approx(np.mean(distances), rel=1e-3)


def test_the_mean_of_views_is_another_answer(blocks, network):
    manifest, samples = blocks.manifest(), blocks.splits["test"]
    sides = {
        "landmarks": manifest.landmarks,
        "attributes": manifest.attributes,
        "normaliser": PIXELS,
        "input_px": 32,
    }

    one, mean = (evaluate(network[0], samples, views=views, **sides) for views in (0, 4))

    assert one.nme != pytest.approx(mean.nme, rel=1e-3)
    assert one.attribute_accuracy == mean.attribute_accuracy
