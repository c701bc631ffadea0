"""Curves of a run as shapes for server-side SVG: pure numbers, no markup.

Every plot has a box of 100 x 100 units that the page stretches; words stand beside it in HTML, so they keep
their size on a phone and on a wall.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from app.language import _, digits, msgid, number

BOX = 100.0
NAMES = {
    "landmark": msgid("Landmarks"),
    "attribute": msgid("Attributes"),
    "equivariance": msgid("Equivariance"),
}
SMALLEST = 1e-6  # a loss of zero has no logarithm
SHOWN_SHARE = 1e-3  # of the largest loss: one that starts at zero must not flatten all others


@dataclass(frozen=True)
class Line:
    """One curve: its class in app.css, its SVG points, its last value in words (an error: the best too)."""

    name: str
    css_class: str
    points: str
    last: str
    dot: tuple[float, float] | None  # where a curve of a single point is


@dataclass(frozen=True)
class Plot:
    """One box. `ticks` are the values at its top, middle and bottom."""

    title: str
    lines: tuple[Line, ...]
    ticks: tuple[str, str, str]
    last_step: int


def error_plot(errors: Sequence[tuple[int, float]], *, is_pixels: bool, steps: int) -> Plot | None:
    """Validation error by step from zero up; None before the first evaluation."""
    if not errors:
        return None
    top = nice_top(max(error for _, error in errors))
    words = [_error_words(value, is_pixels=is_pixels) for value in (top, top / 2, 0.0)]
    line = _line(
        _("Validation error"),
        1,
        [(step, error / top) for step, error in errors],
        _best_and_last(errors, is_pixels=is_pixels),
        steps,
    )
    return Plot(_("Validation error"), (line,), (words[0], words[1], words[2]), steps)


def loss_plot(losses: Sequence[tuple[int, dict[str, float]]], *, steps: int) -> Plot | None:
    """All losses that are on by step, on one logarithmic scale; None before the first report."""
    names = [name for name in NAMES if any(each.get(name, 0.0) > SMALLEST for _, each in losses)]
    said = [each[name] for _, each in losses for name in names if name in each]
    if not said:
        return None
    floor = max(max(said) * SHOWN_SHARE, SMALLEST)
    low, high = math.log10(max(min(said), floor)), math.log10(max(*said, floor))
    if high - low < 0.1:
        low, high = low - 0.05, high + 0.05
    lines = tuple(
        _line(
            _(NAMES[name]),
            place,
            [
                (step, (math.log10(max(each[name], floor)) - low) / (high - low))
                for step, each in losses
                if name in each
            ],
            _loss_words([each[name] for _, each in losses if name in each][-1]),
            steps,
        )
        for place, name in enumerate(names, 1)
    )
    ticks = [_loss_words(10**value) for value in (high, (low + high) / 2, low)]
    return Plot(_("Losses, logarithmic"), lines, (ticks[0], ticks[1], ticks[2]), steps)


def nice_top(value: float) -> float:
    """The smallest of a few round factors times a power of ten that is not below `value`; 1 for nothing."""
    if value <= 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        factor * power
        for factor in (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
        if factor * power >= value * (1 - 1e-9)
    )


def _line(name: str, place: int, shares: Sequence[tuple[int, float]], last: str, steps: int) -> Line:
    """From (step, share of the height) to SVG, whose y grows downwards."""
    places = [
        (round(BOX * step / max(1, steps), 2), round(BOX * (1 - min(1.0, max(0.0, share))), 2))
        for step, share in shares
    ]
    points = " ".join(f"{x},{y}" for x, y in places)
    return Line(name, f"line-{place}", points, last, places[0] if len(places) == 1 else None)


def _loss_words(value: float) -> str:
    """Two or three digits, and no power of ten in sight."""
    decimals = max(0, 2 - math.floor(math.log10(max(value, SMALLEST))))
    return number(value, min(decimals, 4))


def _best_and_last(errors: Sequence[tuple[int, float]], *, is_pixels: bool) -> str:
    """The last error; where another one is smaller, that one first, since its weights are the ones kept."""
    step, best = min(errors, key=lambda each: each[1])
    best_words = _error_words(best, is_pixels=is_pixels)
    last_words = _error_words(errors[-1][1], is_pixels=is_pixels)
    if best_words == last_words:
        return last_words
    return _("best {best} at step {step}; last {last}", best=best_words, step=step, last=last_words)


def _error_words(value: float, *, is_pixels: bool) -> str:
    return f"{digits(value, 3)} px" if is_pixels else f"{digits(100 * value, 3)} %"
