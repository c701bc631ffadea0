"""Settings of a training run: a frozen value that is saved, shown and hashed, never changed."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from ml.errors import LossesNotOffered, SettingRejected
from ml.types import Manifest

# what earned its place on real data, beside the defaults
RECIPE: Mapping[str, Any] = {
    "net": "unet_slim",
    "attribute_weight": 100.0,
    "equivariance_teacher": "average",
    "bend_share": 0.03,
    "landmark_form": "distance",
}
FULL_STEPS, EARLY_STEPS = 1600, 300
EARLY_LABELS = 15  # images with landmarks; below, nothing that takes minutes is worth the wait
# of numbers that 0 or more does not say all of
RANGES: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(
        ("input_px", "steps", "batch_size", "accumulate", "evaluate_every", "save_every"), (1, math.inf)
    ),
    **dict.fromkeys(("labelled_share", "average_decay", "mirror_share", "equivariance_confidence"), (0, 1)),
    "heat_sigma_share": (1e-4, 1),
    "scale_share": (0, 0.99),
    "seed": (0, 2**63 - 1),
}
NO_ANSWER = "no image has an answer for A to learn from"
WITHOUT_EFFECT = {"reason", "threads", "deterministic"}


@dataclass(frozen=True, kw_only=True)
class FitConfig:
    """Everything that decides how `fit` runs. Defaults are those of the default network."""

    net: str = "unet"
    input_px: int = 96
    steps: int = 500
    batch_size: int = 48  # images a step; loss ELT adds a second picture of each that it looks at
    labelled_share: float = 2 / 3  # of a batch, while there are images without landmarks
    learning_rate: float = 5e-3  # 2e-3 was as good but slower, 5e-4 not done after 200 steps, 1e-2 worse
    warmup_steps: int = 25
    weight_decay: float = 1e-4  # gamma of Eq. 2, decoupled
    gradient_norm: float = 0.0  # the gradient of a step is shortened to this length; 0: taken as it is
    encoder_rate_share: float = 0.1  # of the learning rate, for weights that have seen other images before
    accumulate: int = 1  # parts that a batch is computed in, one after the other, where memory is short
    landmark_weight: float = 1.0  # lambda of Eq. 2
    # "squared": Eq. 2. "distance": the distance itself beyond a pixel, so that one wild landmark does not
    # outweigh the others
    landmark_form: Literal["squared", "distance"] = "squared"
    heat_weight: float = 100.0  # of the shape of the heat, a part of L; 0 is the paper's L
    heat_sigma_share: float = 0.03  # of the picture's side
    attribute_weight: float = (
        30.0  # beside a heat_weight of 100 the paper's 1 is not felt, see docs/networks.md
    )
    equivariance_weight: float = 100.0  # alpha of Eq. 2; 1 is about right for the form "coordinates"
    # "coordinates": as in the paper. "heat": the heat of T(I) is to be a Gaussian at T(L(I)), where the net
    # is sure of L(I); with few labels it was better (docs of `ml.loss_terms`)
    equivariance_form: Literal["coordinates", "heat"] = "heat"
    equivariance_confidence: float = 0.5  # share of the heat near L(I), for the form "heat"
    equivariance_on: Literal["unlabelled", "all"] = "all"  # "all": as the paper on 300W
    # who says L(I): the network that learns, or the running average of its weights, as a mean teacher
    equivariance_teacher: Literal["student", "average"] = "student"
    equivariance_stops: bool = False  # no gradient into L(I); the form "heat" never has one
    rotation_degrees: float = 20.0
    scale_share: float = 0.1
    shift_share: float = 0.1  # of the picture's side
    bend_share: float = 0.0  # of the picture's side: control points of a thin-plate spline move so far
    mirror_share: float = 0.0  # of the pictures, where the schema has mirror pairs
    brightness_share: float = 0.0  # gain of each colour channel, apart
    contrast_share: float = 0.0
    noise_levels: float = 0.0  # standard deviation in grey levels of 255
    average_decay: float = 0.98  # of the running average of the weights; 0: plain weights
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    device: str = "cpu"
    threads: int = 0  # 0 leaves torch's choice
    # bit by bit the same weights on the same machine and threads; RuntimeError where torch cannot do so.
    # A CPU does it anyway; a GPU is slower so, and needs CUBLAS_WORKSPACE_CONFIG=:4096:8 in its environment
    deterministic: bool = False
    test_views: int = 0  # averaged beside the plain one where a test side is scored, as the service predicts
    evaluate_every: int = 50  # steps
    patience: int = 0  # evaluations without a better one before stopping; 0: never stop early
    save_every: int = 100  # steps between resumable states
    seed: int = 0
    reason: str = ""  # why these settings, in words for people

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                continue
            low, high = RANGES.get(name, (0, math.inf))
            if not low <= value <= high:  # NaN, too
                reach = f"{low:g} or more" if high == math.inf else f"{low:g} to {high:g}"
                raise SettingRejected(f"{name} is {reach}, not {value}")
        if self.accumulate > self.batch_size:
            raise SettingRejected(f"accumulate: {self.batch_size} images do not make {self.accumulate} parts")

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, config: Mapping[str, Any]) -> Self:
        """Inverse of `to_json`; raises TypeError for an unknown name."""
        return cls(**config)

    def digest(self) -> str:
        """sha256 of the canonical JSON, without those settings that change nothing of what is learnt."""
        settings = {k: v for k, v in self.to_json().items() if k not in WITHOUT_EFFECT}
        return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def check_losses(losses: str, manifest: Manifest) -> None:
    """Raises LossesNotOffered: somebody asked for losses such as "L+A", and one has nothing to act on."""
    if "A" in losses.split("+") and not has_answers(manifest):
        raise LossesNotOffered(NO_ANSWER)


def has_answers(manifest: Manifest) -> bool:
    """Whether there is anything that loss A could learn from."""
    return any(sample.attributes for sample in manifest.train)


def auto_config(manifest: Manifest, *, device: str = "cpu") -> FitConfig:
    """The settings that measurement supports for this pool, and why (`reason`); docs/science.md has it."""
    labelled = sum(1 for sample in manifest.train if sample.landmarks)
    is_early = labelled < EARLY_LABELS
    has_bf16 = device != "cpu" or _cpu_is_fast_in_bf16()
    reasons = [
        f"{labelled} of {len(manifest.train)} images have landmarks: "
        + (
            "a short run, so that corrections soon replace clicks" if is_early else "a full run of the recipe"
        ),
        f"network {RECIPE['net']}, as exact as a wider one in half the time",
        "bfloat16, which this machine computes fast" if has_bf16 else "float32, no fast bfloat16 here",
    ]
    recipe = dict(RECIPE)
    if not has_answers(manifest):
        recipe["attribute_weight"] = 0.0
        reasons.append("without loss A, since no image has an answer")
    return FitConfig(
        steps=EARLY_STEPS if is_early else FULL_STEPS,
        precision="bfloat16" if has_bf16 else "float32",
        device=device,
        reason="; ".join(reasons),
        **recipe,
    )


def _cpu_is_fast_in_bf16() -> bool:
    import torch  # noqa: PLC0415  # the config itself is readable without torch

    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("amx_bf16") or capabilities.get("avx512_bf16"))
