"""Error against landmark labels as SVG, written by hand: no chart library, no font and no script in it."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from ml.study.rows import Row

WIDTH, HEIGHT = 620, 460  # of the axes
LEFT, TOP, BOTTOM = 70, 56, 60  # room for the title and the axes' names
LEGEND_LINE, LEGEND_SIGN, LETTER = 22, 40, 6.6  # px; the last: mean width of a letter at 12 px
INK, GRID, PAPER_COLOUR = "#333333", "#dddddd", "#ffffff"
# mid tones that can be told apart on white, also by people who do not see red and green apart
COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6d00",
    "#56a0d3", "#7b3fa0", "#555555", "#a0522d", "#2f8f2f",
)  # fmt: skip
MARKS = ("circle", "square", "diamond", "triangle")


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A logarithmic axis: values from `low` to `high` onto px from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Place of a value, px; values beyond the axis lie at its end."""
        share = math.log(value / self.low) / math.log(self.high / self.low)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def error_plot(rows: Sequence[Row], *, title: str, unit: str) -> str:
    """One line a row with its points and standard deviations; the paper's curve dashed in its colour.

    unit   of the errors, as in the table

    Both axes are logarithmic. The legend stands to the right of the axes, so that it hides nothing.
    """
    drawn = [row for row in rows if row.entries]
    entries = [_legend_text(row) for row in drawn] + ["dashed: the paper"]
    wide = LEGEND_SIGN + LETTER * max(len(text) for text in entries) + 20
    whole = (LEFT + WIDTH + 24 + wide, max(TOP + HEIGHT + BOTTOM, TOP + LEGEND_LINE * (len(entries) + 1)))
    size = f'width="{whole[0]:.0f}" height="{whole[1]:.0f}" viewBox="0 0 {whole[0]:.0f} {whole[1]:.0f}"'
    look = f'role="img" aria-label={quoteattr(title)} font-family="system-ui, sans-serif" font-size="12"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {look}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" fill="{PAPER_COLOUR}"/>',
        _text(LEFT, TOP - 26, title, size=16),
    ]
    if drawn:
        across, up = _scales(drawn)
        parts += [*_axes(drawn, across, up, unit), *_curves(drawn, across, up), *_legend(drawn)]
    else:
        parts.append(_text(LEFT, TOP + 20, "nothing is measured yet"))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _scales(rows: Sequence[Row]) -> tuple[Scale, Scale]:
    """Axes that hold every point and bar, and a little more."""
    percents = [percent for row in rows for percent in (*row.entries, *row.paper)]
    errors = [error for row in rows for error in _values(row)]
    across = Scale(low=min(percents) / 1.15, high=max(percents) * 1.15, start=LEFT, end=LEFT + WIDTH)
    up = Scale(low=min(errors) / 1.15, high=max(errors) * 1.15, start=TOP + HEIGHT, end=TOP)
    return across, up


def _values(row: Row) -> Iterator[float]:
    """Every error above 0 that the row draws: a logarithm has no place for others."""
    for entry in row.entries.values():
        spread = entry.sd or 0.0
        candidates = (entry.mean, entry.mean + spread, entry.mean - spread)
        # a bar may reach 0: then it ends below the axis, and the axis need not hold it
        yield from (value for value in candidates if value > entry.mean / 4 and value > 0)
    yield from row.paper.values()


def ticks(low: float, high: float) -> list[float]:
    """Round values between `low` and `high`: 1, 2, 5 of each decade, more where these are few."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9), tuple(1 + n / 10 for n in range(90))):
        found = [step * 10.0**decade for decade in decades for step in steps]
        inside = [value for value in found if low <= value <= high]
        if len(inside) >= 3:
            break
    return inside[:: math.ceil(len(inside) / 12)]


def _axes(rows: Sequence[Row], across: Scale, up: Scale, unit: str) -> Iterator[str]:
    foot = TOP + HEIGHT
    for percent in _apart({p for row in rows for p in (*row.entries, *row.paper)}, across):
        x = across(percent)
        yield _line(x, TOP, x, foot, GRID)
        yield _text(x, foot + 18, f"{percent:g}", anchor="middle")
    for error in ticks(up.low, up.high):
        y = up(error)
        yield _line(LEFT, y, LEFT + WIDTH, y, GRID)
        yield _text(LEFT - 8, y + 4, f"{error:.3g}", anchor="end")
    yield _line(LEFT, foot, LEFT + WIDTH, foot, INK)
    yield _line(LEFT, TOP, LEFT, foot, INK)
    yield _text(LEFT + WIDTH / 2, foot + 42, "training images with landmarks, % (log)", anchor="middle")
    place = f'transform="rotate(-90 18 {TOP + HEIGHT / 2})" '
    yield _text(18, TOP + HEIGHT / 2, f"test error, {unit} (log)", anchor="middle", more=place)


def _apart(percents: set[float], across: Scale) -> Iterator[float]:
    """Percentages whose numbers do not run into one another."""
    last = -math.inf
    for percent in sorted(percents):
        if across(percent) - last >= 28:
            last = across(percent)
            yield percent


def _curves(rows: Sequence[Row], across: Scale, up: Scale) -> Iterator[str]:
    # the paper's below ours
    for number, row in enumerate(rows):
        if row.paper:
            label = f"{row.title}, paper"
            yield _path(row.paper, across, up, _colour(number), label, dash='stroke-dasharray="6 4" ')
    for number, row in enumerate(rows):
        colour, aside = _colour(number), _aside(number, len(rows))
        means = {percent: entry.mean for percent, entry in row.entries.items() if entry.mean > 0}
        yield _path(means, across, up, colour, row.title, aside=aside)
        for percent, mean in means.items():
            spread = row.entries[percent].sd
            if spread:
                x, low, high = across(percent) + aside, up(max(mean - spread, up.low)), up(mean + spread)
                yield from (_line(x, low, x, high, colour), _line(x - 4, high, x + 4, high, colour))
                if mean - spread > up.low:
                    yield _line(x - 4, low, x + 4, low, colour)
            yield _mark(across(percent) + aside, up(mean), number)


def _path(
    points: Mapping[float, float],
    across: Scale,
    up: Scale,
    colour: str,
    label: str,
    *,
    aside: float = 0.0,
    dash: str = "",
) -> str:
    ordered = sorted(points.items())
    places = " ".join(f"{across(percent) + aside:.1f},{up(error):.1f}" for percent, error in ordered)
    stroke = f'fill="none" stroke="{colour}" stroke-width="{1.4 if dash else 2}" {dash}'
    return f'<polyline points="{places}" {stroke}><title>{escape(label)}</title></polyline>'


def _aside(number: int, rows: int) -> float:
    """A few px to the left or right, so that bars at the same percentage stand side by side."""
    return (number - (rows - 1) / 2) * min(2.5, 20 / rows)


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _mark(x: float, y: float, number: int) -> str:
    """A point; rows with neighbouring colours have different shapes."""
    fill = f'fill="{_colour(number)}"'
    kind = MARKS[number % len(MARKS)]
    if kind == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {fill}/>'
    if kind == "square":
        return f'<rect x="{x - 3.5:.1f}" y="{y - 3.5:.1f}" width="7" height="7" {fill}/>'
    corners = {
        "diamond": ((0, -5), (5, 0), (0, 5), (-5, 0)),
        "triangle": ((0, -5), (4.6, 3.4), (-4.6, 3.4)),
    }[kind]
    places = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{places}" {fill}/>'


def _legend_text(row: Row) -> str:
    return row.title


def _legend(rows: Sequence[Row]) -> Iterator[str]:
    left = LEFT + WIDTH + 24
    for number, row in enumerate(rows):
        y = TOP + LEGEND_LINE * number + 8
        yield _line(left, y, left + 30, y, _colour(number), width=2)
        yield _mark(left + 15, y, number)
        yield _text(left + LEGEND_SIGN, y + 4, _legend_text(row))
    if any(row.paper for row in rows):
        y = TOP + LEGEND_LINE * len(rows) + 8
        yield _line(left, y, left + 30, y, INK, dash='stroke-dasharray="6 4" ')
        yield _text(left + LEGEND_SIGN, y + 4, "dashed: the paper")


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1, dash: str = "") -> str:
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-width="{width}" {dash}/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, more: str = "") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {more}fill="{INK}"'
    return f"<text {place}>{escape(text)}</text>"
