"""Whether the image of the web service is small enough, on whatever base it was built.

What counts is what our own layers add: the base may be another one than `python:3.11-slim-bookworm`, where
that cannot be fetched, and then the whole says nothing about the image that others build.
"""

from dataclasses import asdict, dataclass
from typing import Any

MOST_WHOLE_MB = 400
MOST_OWN_MB = 270
USUAL_BASE_MB = 130  # python:3.11-slim-bookworm, unpacked


@dataclass(frozen=True)
class WebImage:
    """Sizes in millions of bytes, unpacked."""

    whole_mb: int
    base_mb: int

    @property
    def own_mb(self) -> int:
        """What our own layers add to the base."""
        return self.whole_mb - self.base_mb

    @property
    def on_usual_base_mb(self) -> int:
        """What others get who build it on the base that the Dockerfile names."""
        return self.own_mb + USUAL_BASE_MB

    def check(self) -> None:
        """Raise where it is too large; neither a larger nor a smaller base changes what is judged."""
        assert 0 < self.base_mb < self.whole_mb, "it does not stand on this base"
        assert self.own_mb <= MOST_OWN_MB, f"our layers have {self.own_mb} MB, at most {MOST_OWN_MB} may be"
        assert self.on_usual_base_mb <= MOST_WHOLE_MB

    def report(self) -> dict[str, Any]:
        """As the journey prints it."""
        return {**asdict(self), "own_mb": self.own_mb, "on_usual_base_mb": self.on_usual_base_mb}
