"""A pool with landmarks on a part of its training images, as the paper's tables need it."""

from dataclasses import replace

from ml.data.split import balanced_subset
from ml.types import Manifest


def with_labels_on(manifest: Manifest, percent: float, seed: int) -> Manifest:
    """Keep the landmarks of `percent` of the train side, of at least one image.

    Balanced over the first attribute with classes (section 3: the labelled subset is class-balanced).
    Attributes and the validation side stay as they are.
    """
    train = manifest.train
    count = max(1, round(len(train) * percent / 100))
    first = next((spec.name for spec in manifest.attributes if spec.classes), None)
    classes = [str(sample.attributes.get(first, "")) if first else "" for sample in train]
    kept = set(balanced_subset(classes, count, seed=seed))
    return replace(
        manifest,
        train=tuple(s if i in kept else replace(s, landmarks={}) for i, s in enumerate(train)),
    )
