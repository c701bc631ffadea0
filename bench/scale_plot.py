"""Milliseconds against images in the pool as SVG, written by hand as the plots of ml/study are."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

TITLE = "Time of an answer against images in the pool"
WIDTH, HEIGHT = 560, 380  # of the axes
LEFT, TOP, BOTTOM, RIGHT = 64, 56, 56, 210  # the last: room for the names at the ends of the lines
NAME_HEIGHT = 17  # px between two names
INK, QUIET, GRID, PAPER = "#333333", "#666666", "#dddddd", "#ffffff"
# mid tones that can be told apart on white, also by people who do not see red and green apart
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56a0d3", "#7b3fa0", "#555555", "#a0522d")
# what a line shows: of several requests, the one that takes longest in the largest pool
LINES = {
    "next ask": ("next",),
    "save, with the next ask": ("save",),
    "24 tiles of the grid": ("grid tiles",),
    "overview": ("overview",),
    "time": ("time",),
    "image list, any order": ("list, oldest", "list, newest", "list, name, first", "list, name, deep",
                              "list, name_back"),
    "image list by state or side": ("list, labelled", "list, open", "list, predicted", "list, side"),
    "image list by part of a name": ("list, name, many", "list, name, one", "list, name, none"),
    "image list, not predicted": ("list, unpredicted",),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A line of the plot: by pool, the quartiles and the median in ms."""

    name: str
    colour: str
    points: dict[int, tuple[float, float, float]]


def drawn(rows: Sequence[dict[str, Any]]) -> str:
    """The whole plot; both axes are logarithmic, bars reach from the first quartile to the third."""
    lines = list(_lines(rows))
    counts = sorted(lines[0].points)
    values = [value for line in lines for point in line.points.values() for value in point]
    low, high = min(values) / 1.2, max(values) * 1.2

    def across(count: float) -> float:
        return LEFT + 12 + (WIDTH - 24) * math.log(count / counts[0]) / math.log(counts[-1] / counts[0])

    def up(value: float) -> float:
        return TOP + HEIGHT * (1 - math.log(value / low) / math.log(high / low))

    whole = (LEFT + WIDTH + RIGHT, TOP + HEIGHT + BOTTOM)
    size = f'width="{whole[0]}" height="{whole[1]}" viewBox="0 0 {whole[0]} {whole[1]}"'
    look = 'role="img" font-family="system-ui, sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look} aria-label={quoteattr(TITLE)}>',
        f"<title>{escape(TITLE)}</title>",
        f'<rect width="100%" height="100%" fill="{PAPER}"/>',
        _text(LEFT, TOP - 26, TITLE, size=16),
        _text(LEFT, TOP - 9, "ms, median and quartiles", colour=QUIET),
        _text(LEFT + WIDTH / 2, TOP + HEIGHT + 42, "images in the pool", anchor="middle", colour=QUIET),
    ]
    for value in _ticks(low, high):
        parts.append(_grid(LEFT, up(value), LEFT + WIDTH, up(value)))
        parts.append(_text(LEFT - 8, up(value) + 4, f"{value:g}", anchor="end"))
    for count in counts:
        parts.append(_grid(across(count), TOP, across(count), TOP + HEIGHT))
        parts.append(_text(across(count), TOP + HEIGHT + 20, f"{count:,}", anchor="middle"))
    for line in lines:
        places = {across(count): [up(value) for value in point] for count, point in line.points.items()}
        parts += _curve(places, line.colour)
    parts += _names(lines, across(counts[-1]), {line.name: up(line.points[counts[-1]][1]) for line in lines})
    return "\n".join([*parts, "</svg>"]) + "\n"


def _lines(rows: Sequence[dict[str, Any]]) -> Iterator[Line]:
    for (name, begins), colour in zip(LINES.items(), COLOURS, strict=True):
        own = [row for row in rows if row["what"].startswith(begins)]
        if not own:
            continue
        row = max(own, key=lambda row: list(row["milliseconds"].values())[-1]["p50"])
        points = {int(count): (of["p25"], of["p50"], of["p75"]) for count, of in row["milliseconds"].items()}
        yield Line(name, colour, points)


def _curve(places: dict[float, list[float]], colour: str) -> list[str]:
    path = " L".join(f"{x:.1f} {middle:.1f}" for x, (_, middle, _) in places.items())
    parts = [f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>']
    for x, (first, middle, third) in places.items():
        parts.append(f'<path d="M{x:.1f} {first:.1f} V{third:.1f}" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{middle:.1f}" r="3.5" fill="{colour}"/>')
    return parts


def _names(lines: Sequence[Line], x: float, ends: dict[str, float]) -> Iterator[str]:
    """Each line's name beside its end, in its colour."""
    places = _apart(ends)
    for line in lines:
        begin, end = ends[line.name], places[line.name]
        path = f"M{x + 8:.1f} {begin:.1f} L{x + 26:.1f} {end:.1f}"
        yield f'<path d="{path}" stroke="{line.colour}" fill="none"/>'
        yield _text(x + 31, end + 4, line.name, colour=line.colour)


def _apart(places: dict[str, float]) -> dict[str, float]:
    """The names' places, moved so that none stands on another, as a whole no further than needed."""
    order = sorted(places, key=lambda name: places[name])
    moved = [places[name] for name in order]
    for _ in range(100):
        for at in range(len(moved) - 1):
            lacking = NAME_HEIGHT - (moved[at + 1] - moved[at])
            if lacking > 0:
                moved[at] -= lacking / 2
                moved[at + 1] += lacking / 2
    return dict(zip(order, moved, strict=True))


def _ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return [tick * 10**n for n in decades for tick in (1, 2, 5) if low <= tick * 10**n <= high]


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<path d="M{x1:.1f} {y1:.1f} L{x2:.1f} {y2:.1f}" stroke="{GRID}"/>'


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start", colour: str = INK) -> str:
    look = f'font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escape(text)}</text>'
