"""Doubt has to mean something: where it is larger, the network is more wrong."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from ml.checkpoint import save
from ml.export import export_onnx
from ml.serve import Predictor
from ml.train import fit
from ml.types import Manifest, Normaliser, Sample

SIDE_PX = 32
NAMES = ("ring", "disc")


def write_noisy_image(path, random):
    """A bright disc and a ring under noise that may drown both: some images are hard, and some are easy."""
    places = {name: random.uniform(8, SIDE_PX - 8, 2) for name in NAMES}
    rows, columns = np.mgrid[0:SIDE_PX, 0:SIDE_PX] + 0.5
    distance = {name: np.hypot(columns - x, rows - y) for name, (x, y) in places.items()}
    signal = 120.0 * (distance["disc"] < 3) - 120.0 * (distance["ring"] < 4)
    noise = random.normal(0, random.uniform(0, 150), signal.shape)
    Image.fromarray((128 + signal + noise).clip(0, 255).astype(np.uint8)).convert("RGB").save(path)
    return Sample(image=path, landmarks={name: tuple(place.tolist()) for name, place in places.items()})


@pytest.fixture(scope="module")
def answers(tiny, tmp_path_factory):
    """Errors and doubts in px, (60 images, 2 landmarks) each, of a network trained for seconds."""
    folder = tmp_path_factory.mktemp("doubt")
    random = np.random.default_rng(0)
    samples = tuple(write_noisy_image(folder / f"{n}.png", random) for n in range(160))
    manifest = Manifest(
        landmarks=NAMES, normaliser=Normaliser(kind="pixels"), train=samples[:100], validation=()
    )
    config = replace(tiny, steps=150, batch_size=16, learning_rate=5e-3, heat_weight=200.0)

    class Silent:
        def progressed(self, progress):
            pass

        def wants_stop(self):
            return False

    save(fit(manifest, config, Silent()), folder / "network.safetensors")
    export_onnx(folder / "network.safetensors", folder / "network.onnx")
    found = Predictor(folder / "network.onnx").predict([sample.image for sample in samples[100:]], views=4)
    truth = np.array([[sample.landmarks[name] for name in NAMES] for sample in samples[100:]])
    errors = np.hypot(*np.moveaxis(np.stack([f.xy for f in found]) - truth, -1, 0))
    return errors, np.stack([f.doubt_px for f in found])


def rank_correlation(first, second):
    """Spearman's, without ties."""
    ranks = [np.argsort(np.argsort(values)) for values in (first, second)]
    return np.corrcoef(*ranks)[0, 1]


def test_the_network_learnt_to_find_what_can_be_found(answers):
    errors, _ = answers

    assert np.median(errors) < 2.5


def test_landmarks_with_more_doubt_have_more_error(answers):
    errors, doubts = answers

    assert rank_correlation(doubts.ravel(), errors.ravel()) > 0.4


def test_images_with_more_doubt_have_more_error(answers):
    errors, doubts = answers

    assert rank_correlation(doubts.mean(axis=1), errors.mean(axis=1)) > 0.4


def test_the_quarter_with_most_doubt_is_twice_as_wrong_as_the_quarter_with_least(answers):
    errors, doubts = answers
    order = np.argsort(doubts.ravel())
    quarter = order.size // 4

    assert errors.ravel()[order[-quarter:]].mean() > 2 * errors.ravel()[order[:quarter]].mean()
