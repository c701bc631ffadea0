"""A pool with landmarks on a part of its training images, as the paper's tables need it."""

from dataclasses import replace
from typing import Literal

from ml.data.medoids import choose_medoids
from ml.data.split import balanced_subset
from ml.errors import SettingRejected
from ml.types import Manifest

# balanced: over the first attribute with classes (section 3: the labelled subset is class-balanced)
# medoids: typical and diverse by their looks
Choice = Literal["balanced", "medoids"]


def with_labels_on(manifest: Manifest, percent: float, seed: int, choice: Choice = "balanced") -> Manifest:
    """Keep the landmarks of `percent` of the train side, of at least one image.

    Chosen are images that have landmarks. Attributes and the validation side stay as they are.

    Raises SettingRejected.
    """
    if not 0 < percent <= 100:
        raise SettingRejected(f"percentages lie above 0 and are at most 100, not {percent:g}")
    train = manifest.train
    count = max(1, round(len(train) * percent / 100))
    having = [index for index, sample in enumerate(train) if sample.landmarks]
    if count >= len(having):
        return manifest
    if choice == "medoids":
        chosen = choose_medoids([train[index].image for index in having], count, seed=seed)
    else:
        first = next((spec.name for spec in manifest.attributes if spec.classes), None)
        classes = [str(train[index].attributes.get(first, "")) if first else "" for index in having]
        chosen = balanced_subset(classes, count, seed=seed)
    kept = {having[place] for place in chosen}
    return replace(
        manifest,
        train=tuple(s if i in kept else replace(s, landmarks={}) for i, s in enumerate(train)),
    )
