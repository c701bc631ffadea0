"""A pool with landmarks on a part of its training images, as the paper's tables need it."""

from dataclasses import replace
from typing import Literal

from ml.data.medoids import choose_medoids
from ml.data.split import balanced_subset
from ml.types import Manifest

# balanced: over the first attribute with classes (section 3: the labelled subset is class-balanced)
# medoids: typical and diverse by their looks
Choice = Literal["balanced", "medoids"]


def with_labels_on(manifest: Manifest, percent: float, seed: int, choice: Choice = "balanced") -> Manifest:
    """Keep the landmarks of `percent` of the train side, of at least one image.

    Attributes and the validation side stay as they are.
    """
    train = manifest.train
    count = max(1, round(len(train) * percent / 100))
    if count >= len(train):
        return manifest
    if choice == "medoids":
        kept = set(choose_medoids([sample.image for sample in train], count, seed=seed))
    else:
        first = next((spec.name for spec in manifest.attributes if spec.classes), None)
        classes = [str(sample.attributes.get(first, "")) if first else "" for sample in train]
        kept = set(balanced_subset(classes, count, seed=seed))
    return replace(
        manifest,
        train=tuple(s if i in kept else replace(s, landmarks={}) for i, s in enumerate(train)),
    )
