"""Runs and networks in words, for every page that shows them."""

from app.projects.schemas import LANDMARKS
from app.training.tables import Run


def pool_words(run: Run) -> str:
    """`24 with landmarks (3 to validate), side 210 · 240 images`; nothing before the pool is frozen."""
    counts = run.pool_counts or {}
    if run.pool_sha256 is None or LANDMARKS not in counts:
        return ""
    answers = [f"{counts['landmarks']} with landmarks ({counts['validation']} to validate)"]
    answers += [f"{name} {count}" for name, count in counts["attributes"].items()]
    return f"{', '.join(answers)} · {counts['images']} images"


def error_words(nme: float | None, *, is_pixels: bool) -> str:
    """A validation error with its unit: px, or percent of the normaliser."""
    if nme is None:
        return "not measured"
    return f"{nme:.2f} px" if is_pixels else f"{100 * nme:.1f} %"
