"""Settings given by hand."""

import pytest

from ml.config import FitConfig
from ml.study.overrides import OverrideRejected, apply_overrides, parse_overrides, short_digest


def test_values_are_typed_by_the_field():
    found = dict(
        parse_overrides(
            ["steps=20", "learning_rate=1e-4", "net=unet", "equivariance_stops=yes", "landmark_form=distance"]
        )
    )

    assert found == {
        "steps": 20, "learning_rate": 1e-4, "net": "unet", "equivariance_stops": True,
        "landmark_form": "distance",
    }  # fmt: skip


@pytest.mark.parametrize(
    "pair",
    ["steps", "steps=2.5", "learning_rate=fast", "equivariance_stops=perhaps", "landmark_form=round", "x=1"],
)
def test_what_does_not_fit_its_field_is_refused(pair):
    with pytest.raises(OverrideRejected):
        parse_overrides([pair])


@pytest.mark.parametrize(
    "pair",
    ["batch_size=0", "evaluate_every=0", "save_every=-1", "accumulate=0", "accumulate=49", "steps=0",
     "labelled_share=2", "learning_rate=nan",
     "average_decay=1.5", "heat_sigma_share=0", "equivariance_weight=-1"],
)  # fmt: skip
def test_what_is_out_of_its_range_is_refused(pair):
    with pytest.raises(OverrideRejected, match=pair.partition("=")[0]):
        apply_overrides(FitConfig(), parse_overrides([pair]))


def test_the_order_of_settings_makes_no_other_cell():
    one, other = parse_overrides(["steps=2", "net=unet"]), parse_overrides(["net=unet", "steps=2"])

    assert short_digest(one) == short_digest(other) != short_digest(())
