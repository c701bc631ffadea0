"""Predictions beside the truth, as one picture: a row a system, a column a test image."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

from ml.durable import write_durably
from ml.study.cells import SHOWN, Cell
from ml.study.report import rounded
from ml.study.rows import Row
from ml.study.sets import DataSet

TILE = 150  # px
GAP = 6
TITLE = 24
TRUE, PREDICTED, BETWEEN = "#00c853", "#ff3d00", "#ff8f00"
GROUND, INK = "#ffffff", "#333333"


def sheet_size(rows: int) -> tuple[int, int]:
    """Width and height in px of a sheet with so many rows."""
    return GAP + SHOWN * (TILE + GAP), GAP + max(1, rows) * (TITLE + TILE + GAP) + TITLE


def write_sheet(path: Path, results: Sequence[dict[str, Any]], rows: Sequence[Row], data: DataSet) -> None:
    """Write the PNG: for every row its result with the fewest labels and the lowest seed.

    Rings are true landmarks, dots predicted ones, a line joins the two.
    """
    sheet = Image.new("RGB", sheet_size(len(rows)), GROUND)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=14)
    top = GAP
    for title, result in _chosen(results, rows, data):
        draw.text((GAP, top + 2), title, fill=INK, font=font)
        for column, shown in enumerate(result["shown"]):
            tile = _tile(data.path / "images" / shown["image"], shown)
            sheet.paste(tile, (GAP + column * (TILE + GAP), top + TITLE))
        top += TITLE + TILE + GAP
    words = "ring: true landmark, dot: predicted, the line joins them" if rows else "nothing is measured yet"
    draw.text((GAP, top + 2), words, fill=INK, font=font)
    write_durably(path, lambda file: sheet.save(file, format="PNG"))


def _chosen(
    results: Sequence[dict[str, Any]], rows: Sequence[Row], data: DataSet
) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in rows:
        percent = min(row.entries)
        seed = min(row.entries[percent].values)
        wanted = Cell(
            system=row.system,
            losses=row.losses,
            percent=percent,
            seed=seed,
            overrides=row.overrides,
            choice=row.choice,
        )
        for result in results:
            if Cell.from_json(result["cell"]) == wanted:
                error = rounded(row.entries[percent].values[seed])
                yield f"{row.title}: {percent:g} % of labels, seed {seed}, {error} {data.unit}", result
                break


def _tile(path: Path, shown: dict[str, Any]) -> Image.Image:
    """(TILE, TILE) the image with its points; grey where the file is gone or does not decode."""
    tile = Image.new("RGB", (TILE, TILE), "#888888")
    try:
        with Image.open(path) as image:
            upright = ImageOps.exif_transpose(image).convert("RGB")
    except OSError:
        return tile
    scale = TILE / max(upright.size)
    # pixels stay pixels where they are enlarged: the generated images have no more than these
    way = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BILINEAR
    small = upright.resize([max(1, round(side * scale)) for side in upright.size], way)
    left, top = (TILE - small.width) // 2, (TILE - small.height) // 2
    tile.paste(small, (left, top))
    draw = ImageDraw.Draw(tile)
    predicted = shown["predicted"] or [None] * len(shown["true"])
    for true, found in zip(shown["true"], predicted, strict=True):
        ends = [None if p is None else (left + p[0] * scale, top + p[1] * scale) for p in (true, found)]
        if ends[0] and ends[1]:
            draw.line([ends[0], ends[1]], fill=BETWEEN, width=1)
        if ends[0]:
            draw.circle(ends[0], 5, outline=TRUE, width=2)
        if ends[1]:
            draw.circle(ends[1], 2.5, fill=PREDICTED)
    return tile
