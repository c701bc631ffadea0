"""What a training run hands back."""

from dataclasses import dataclass, field

from ml.config import FitConfig
from ml.nets import LandmarkNet
from ml.types import AttributeSpec, Normaliser, Progress, Scores


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A trained network with everything needed to use and to judge it.

    scores           on the validation side
    history          one entry an evaluation
    skipped_images   how many files were missing or did not decode; `skipped_names` are their names
    """

    net: LandmarkNet
    config: FitConfig
    landmarks: tuple[str, ...]
    attributes: tuple[AttributeSpec, ...]
    normaliser: Normaliser
    scores: Scores
    history: tuple[Progress, ...] = field(default=())
    skipped_images: int = 0
    skipped_names: tuple[str, ...] = ()
    manifest_digest: str = ""
