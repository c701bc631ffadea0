"""The plot and the sheet of a study."""

from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from ml.study.plots import error_plot, ticks
from ml.study.rows import Entry, Row
from ml.study.sheet import sheet_size

SVG = "{http://www.w3.org/2000/svg}"


def row(title, errors, *, sd=0.1, paper=None):
    entries = {
        percent: Entry(
            percent=percent,
            mean=error,
            sd=sd,
            n=2,
            values={0: error},
            accuracy=None,
            paper=None,
            labelled_images=1,
            attribute_labels=1,
            train_images=1,
        )
        for percent, error in errors.items()
    }
    return Row(system="s", title=title, losses="L", overrides=(), entries=entries, paper=paper or {})


def lines_of(tree, *, dashed):
    return [line for line in tree.iter(f"{SVG}polyline") if ("stroke-dasharray" in line.attrib) == dashed]


def test_the_plot_names_every_row_and_draws_the_papers_curves_dashed_in_its_colour(small):
    tree = ET.parse(small.out / "table.svg").getroot()

    texts = [text.text for text in tree.iter(f"{SVG}text")]
    assert {row["title"] for row in small.table["rows"]} <= set(texts)
    assert "dashed: the paper" in texts
    ours, papers = lines_of(tree, dashed=False), lines_of(tree, dashed=True)
    assert len(ours) == len(papers) == 3
    assert [line.get("stroke") for line in ours] == [line.get("stroke") for line in papers]


def test_titles_are_escaped_and_the_legend_stays_inside_the_picture():
    title = 'A & B <"long"> ' * 6

    tree = ET.fromstring(error_plot([row(title, {5: 2.0, 50: 1.0})], title="x < y", unit="px"))

    legend = next(text for text in tree.iter(f"{SVG}text") if text.text == title)
    assert float(legend.get("x")) + 6 * len(title) < float(tree.get("width"))


def test_everything_is_drawn_inside_the_axes():
    rows = [row("wide", {1: 9.0, 100: 0.5}, sd=2.0, paper={1: 20.0, 100: 0.1})]

    tree = ET.fromstring(error_plot(rows, title="t", unit="px"))

    places = [
        tuple(map(float, p.split(","))) for e in tree.iter(f"{SVG}polyline") for p in e.get("points").split()
    ]
    width, height = float(tree.get("width")), float(tree.get("height"))
    assert all(0 < x < width and 0 < y < height for x, y in places)


@pytest.mark.parametrize("rows", [[], [row("one point", {5: 2.0}, sd=None)]])
def test_a_study_that_has_just_begun_has_its_plot(rows):
    assert ET.fromstring(error_plot(rows, title="t", unit="px")).tag == f"{SVG}svg"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.3, 12, [0.5, 1, 2, 5, 10]), (3.1, 4.2, [3.1, 3.2, 3.3, 3.4, 3.5, 3.6, 3.7, 3.8, 3.9, 4.0, 4.1, 4.2])],
)
def test_ticks_are_round_and_never_too_few(low, high, expected):
    assert ticks(low, high) == pytest.approx(expected)


def test_the_sheet_has_a_row_a_system_and_eight_columns(small):
    with Image.open(small.out / "sheet.png") as sheet:
        assert sheet.size == sheet_size(3)
        colours = {colour for _, colour in sheet.convert("RGB").getcolors(1 << 20)}

    assert {(0, 200, 83), (255, 61, 0), (255, 143, 0)} <= colours  # true, predicted, between
