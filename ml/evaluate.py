"""Scores of a network on a pool, at the same letterboxed size as in training."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ml import metrics
from ml.data.dataset import Pool, read_pool
from ml.doubt import in_plain_view, move_picture, view_affines
from ml.nets import LandmarkNet, Output
from ml.types import AttributeSpec, Normaliser, Sample, Scores

BATCH = 64


def evaluate(
    net: LandmarkNet,
    samples: Sequence[Sample],
    *,
    landmarks: Sequence[str],
    attributes: Sequence[AttributeSpec],
    normaliser: Normaliser,
    input_px: int,
    views: int = 0,
) -> Scores:
    """Scores on images with answers; files that cannot be read are left out.

    landmarks    of the network, in its order
    attributes   those to score, by name; may be fewer than the network has
    views        besides the plain one, see `score`
    """
    pool = read_pool(
        samples, landmarks=landmarks, attributes=attributes, normaliser=normaliser, input_px=input_px
    )
    return score(net, pool, landmarks=landmarks, attributes=attributes, views=views)


def score(
    net: LandmarkNet,
    pool: Pool,
    *,
    landmarks: Sequence[str],
    attributes: Sequence[AttributeSpec],
    basis: Literal["best", "last"] = "best",
    precision: Literal["float32", "bfloat16"] = "float32",
    before_each_batch: Callable[[], None] = lambda: None,
    views: int = 0,
) -> Scores:
    """Landmark errors in image px over the normaliser, attribute accuracy. Leaves the net in eval mode.

    views   the landmarks are the mean over so many moved views and the plain one, as the service predicts
    """
    if not len(pool):
        return Scores(basis=basis)
    xy, outputs = _predict(net, pool, precision, before_each_batch, views)
    xy_image = np.stack([box.to_image(points) for box, points in zip(pool.letterboxes, xy, strict=True)])
    errors = metrics.relative_errors(xy_image, pool.xy_image, pool.placed, pool.divisors)
    accuracy, distance = _attribute_scores(pool, attributes, outputs)
    return Scores(
        nme=metrics.nme(errors),
        per_landmark=metrics.nme_per_landmark(errors, landmarks),
        pck=metrics.pck(errors),
        attribute_accuracy=accuracy,
        attribute_error=distance,
        images=int(np.isfinite(errors).any(axis=1).sum()),
        basis=basis,
    )


def _predict(
    net: LandmarkNet,
    pool: Pool,
    precision: Literal["float32", "bfloat16"],
    before_each_batch: Callable[[], None],
    views: int,
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float32]]]:
    """Landmarks (N, K, 2) network px; by attribute's name (N, classes) or (N, 1), of the unmoved pictures."""
    net.eval()
    side_px = pool.pictures[:1].shape[1]
    affines = view_affines(views, side_px)
    points, attributes = [], []
    with torch.inference_mode():
        for start in range(0, len(pool), BATCH):
            before_each_batch()
            batch = pool.pictures[start : start + BATCH]
            output = _look(net, batch, precision)
            opinions = [output.xy.cpu().double().numpy()]
            for affine in affines:
                moved = np.stack([move_picture(picture, affine) for picture in batch])
                opinions.append(_look(net, moved, precision).xy.cpu().double().numpy())
            points.append(np.mean(in_plain_view(np.stack(opinions), affines), axis=0))
            attributes.append([values.cpu().numpy() for values in output.attributes])
    names = [spec.name for spec in net.attributes]
    columns = (np.concatenate(batches) for batches in zip(*attributes, strict=True))
    return np.concatenate(points), dict(zip(names, columns, strict=True))


def _look(net: LandmarkNet, batch: NDArray[np.uint8], precision: Literal["float32", "bfloat16"]) -> Output:
    """What the network says about (B, S, S, 3) pictures."""
    device = next(net.parameters()).device
    pictures = torch.from_numpy(batch).to(device).permute(0, 3, 1, 2)
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16"):
        seen = net.look(pictures.contiguous(memory_format=torch.channels_last))
    return net.read(seen)


def _attribute_scores(
    pool: Pool, attributes: Sequence[AttributeSpec], outputs: Mapping[str, NDArray[np.float32]]
) -> tuple[dict[str, float], dict[str, float]]:
    """Accuracy by class attribute and mean absolute error by numeric one; unanswered ones are left out."""
    accuracy: dict[str, float] = {}
    distance: dict[str, float] = {}
    for column, spec in enumerate(attributes):
        output = outputs[spec.name]
        rows = pool.answered[:, column]
        if not rows.any():
            continue
        truth = pool.answers[rows, column]
        if spec.is_numeric:
            distance[spec.name] = float(np.abs(output[rows, 0] - truth).mean())
        else:
            accuracy[spec.name] = float((output[rows].argmax(axis=1) == truth).mean())
    return accuracy, distance
