"""The judge of the journey's image: our own layers count, whatever they stand on."""

import pytest

from tests.compose.image_size import MOST_OWN_MB, MOST_WHOLE_MB, USUAL_BASE_MB, WebImage
from tests.source import ROOT


@pytest.mark.parametrize(
    ("whole_mb", "base_mb", "is_small_enough"),
    [
        (364, 130, True),  # as it is, on the usual base
        (400, 130, True),
        (401, 130, False),
        (1_234, 1_000, True),  # on a large stand-in the whole says nothing
        (1_271, 1_000, False),
        (350, 60, False),  # a small stand-in hides nothing
        (364, 0, False),
        (364, 500, False),
    ],
)
def test_an_image_is_judged_by_what_it_adds_to_its_base(
    whole_mb: int, base_mb: int, *, is_small_enough: bool
) -> None:
    image = WebImage(whole_mb, base_mb)

    if is_small_enough:
        image.check()
    else:
        with pytest.raises(AssertionError):
            image.check()


def test_what_is_told_adds_up() -> None:
    assert WebImage(1_234, 1_000).report() == {
        "whole_mb": 1_234, "base_mb": 1_000, "own_mb": 234, "on_usual_base_mb": 364,
    }  # fmt: skip
    assert MOST_OWN_MB + USUAL_BASE_MB <= MOST_WHOLE_MB


def test_the_base_is_the_one_that_the_dockerfile_names() -> None:
    from tests.compose.journey import BASE

    assert f"ARG PYTHON_IMAGE={BASE}\n" in (ROOT / "Dockerfile").read_text()
