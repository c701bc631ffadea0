"""The systems of the paper and ours, by name: a network with the settings that it is trained with.

Where the paper is silent (learning rate, batch, steps, augmentation on Blocks) the numbers are ours, and the
same for all losses of a system, so that the losses are what differs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ml.config import FULL_STEPS, RECIPE, FitConfig, auto_config
from ml.data.subset import Choice
from ml.errors import LossesNotOffered, UnknownSystem
from ml.types import Manifest

ALL = ("L", "L+A", "L+ELT", "L+ELT+A")
WITHOUT_ELT = ("L", "L+A")
TERMS: Mapping[str, str] = {
    "L": "landmark_weight",
    "A": "attribute_weight",
    "ELT": "equivariance_weight",
}

# Eq. 2 with nothing added: squared distances, ELT between coordinates, no average of the weights
AS_PUBLISHED: Mapping[str, Any] = {
    "heat_weight": 0.0,
    "attribute_weight": 1.0,
    "equivariance_form": "coordinates",
    "equivariance_on": "unlabelled",
    "labelled_share": 0.5,
    "average_decay": 0.0,
    "learning_rate": 1e-3,
    "warmup_steps": 100,
    "batch_size": 64,
    "weight_decay": 0.0,
}
# 8 channels learn slowly (docs/science.md): large batches at a high rate went furthest for their time. A
# figure that a view takes out of the frame cannot be read, so views are mild
BLOCKS = {
    **AS_PUBLISHED,
    "input_px": 60,
    "landmark_weight": 1.0,
    "equivariance_weight": 1.0,
    "learning_rate": 5e-3,
    "batch_size": 128,
    "steps": 4000,
    "evaluate_every": 500,
    "save_every": 500,
    "scale_share": 0.05,
    "shift_share": 0.05,
}
# at 5e-3 a bad step now and then kills channels for good, and 8 have none to spare: a lower rate and
# gradients of bounded length keep all alive
SEQ_BLOCKS = {**BLOCKS, "learning_rate": 2e-3, "gradient_norm": 100.0}
HGR1 = {
    **AS_PUBLISHED,
    "input_px": 64,
    "landmark_weight": 0.5,
    "equivariance_weight": 0.3,
    "weight_decay": 1e-5,
    "learning_rate": 5e-4,
}
FACES = {**HGR1, "landmark_weight": 2.0}
W300 = {**FACES, "equivariance_weight": 2.0, "equivariance_on": "all", "rotation_degrees": 30.0}
RCN = {
    **AS_PUBLISHED,
    "input_px": 80,
    "landmark_weight": 1.0,
    "equivariance_weight": 0.5,
    "learning_rate": 5e-4,
}
FULL_RECIPE: Mapping[str, Any] = {**RECIPE, "steps": FULL_STEPS, "evaluate_every": 200, "test_views": 4}
# attributes alone: no landmark is ever told (section 4.1, Shapes). The answer is where a shape lies in the
# picture, so that a view that moves it would make the answer wrong
SHAPES = {
    **AS_PUBLISHED,
    "input_px": 60,
    "landmark_weight": 0.0,
    "equivariance_weight": 0.0,
    "steps": 3000,
    "evaluate_every": 250,
    "rotation_degrees": 0.0,
    "scale_share": 0.0,
    "shift_share": 0.0,
}


@dataclass(frozen=True, kw_only=True)
class System:
    """A row of the tables: what it is called, what it can be trained with, and how.

    title      as in the paper
    settings   of FitConfig, for all losses; None: what `auto_config` chooses for the pool
    choice     of the images that have landmarks
    """

    name: str
    title: str
    losses: tuple[str, ...] = ALL
    settings: Mapping[str, Any] | None = field(default=None)
    choice: Choice = "balanced"

    def config(self, losses: str, manifest: Manifest, *, seed: int) -> FitConfig:
        """The settings of one run. Raises LossesNotOffered."""
        if losses not in self.losses:
            offered = ", ".join(self.losses)
            raise LossesNotOffered(f"{self.name} is trained with {offered}, not with {losses}")
        base = auto_config(manifest) if self.settings is None else FitConfig(**self.settings)
        return replace(base, seed=seed, **without(losses))


def without(losses: str) -> dict[str, Any]:
    """The weights that are zero for a combination such as "L+ELT". Raises LossesNotOffered."""
    asked = losses.split("+")
    if unknown := [term for term in asked if term not in TERMS]:
        raise LossesNotOffered(f"no loss is called {', '.join(unknown)}; known: {', '.join(TERMS)}")
    return {weight: 0.0 for term, weight in TERMS.items() if term not in asked}


def _paper(name: str, title: str, losses: tuple[str, ...], settings: Mapping[str, Any]) -> System:
    return System(name=name, title=title, losses=losses, settings={**settings, "net": name})


SYSTEMS = {
    system.name: system
    for system in (
        _paper("seq_mt_blocks", "Seq-MT", ALL, SEQ_BLOCKS),
        _paper("seq_mt_hgr1", "Seq-MT", ALL, HGR1),
        _paper("seq_mt_multipie", "Seq-MT", ALL, FACES),
        _paper("seq_mt_300w", "Seq-MT", ("L", "L+ELT"), W300),
        _paper("seq_mt_shapes", "Seq-MT", ("A",), SHAPES),
        _paper("comm_mt_blocks", "Comm-MT", WITHOUT_ELT, BLOCKS),
        _paper("comm_mt_hgr1", "Comm-MT", WITHOUT_ELT, HGR1),
        _paper("heatmap_mt_blocks", "Heatmap-MT", WITHOUT_ELT, BLOCKS),
        _paper("heatmap_mt_hgr1", "Heatmap-MT", WITHOUT_ELT, HGR1),
        _paper("heatmap_mt_soft_blocks", "Heatmap-MT (soft-argmax)", WITHOUT_ELT, BLOCKS),
        _paper("heatmap_mt_soft_hgr1", "Heatmap-MT (soft-argmax)", WITHOUT_ELT, HGR1),
        _paper("rcn_plus", "RCN+", ALL, RCN),
        System(name="auto", title="As the service chooses"),
        System(name="unet", title="U-Net", settings={"net": "unet"}),
        System(name="unet_slim", title="U-Net slim", settings={"net": "unet_slim"}),
        System(name="recipe", title="Recipe", settings=FULL_RECIPE, choice="medoids"),
        System(name="pretrained", title="ImageNet encoder", settings={"net": "pretrained"}),
    )
}


def known_systems() -> tuple[str, ...]:
    """Names that `get_system` takes."""
    return tuple(SYSTEMS)


def get_system(name: str) -> System:
    """The system of that name. Raises UnknownSystem."""
    if name not in SYSTEMS:
        raise UnknownSystem(f"no system is called {name!r}; known: {', '.join(SYSTEMS)}")
    return SYSTEMS[name]
