import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exchange.cells import text_cell, text_from
from app.exchange.frame import from_centre, to_centre

positions = st.floats(0, 1e5, allow_nan=False)


@given(positions)
def test_a_position_comes_back_as_the_very_same_number(position):
    assert from_centre(to_centre(position)) == position


@pytest.mark.parametrize(
    ("stored", "ours"), [("0", 0.5), ("-0.5", 0.0), ("139.77", 140.27), (2.25, 2.75), (3, 3.5)]
)
def test_a_whole_number_is_the_centre_of_a_pixel(stored, ours):
    assert from_centre(stored) == ours


@pytest.mark.parametrize(
    "text", ["nan", "NaN", "inf", "-Infinity", "1e999", "x", "", "1,5", "0x10", "1e9999999999"]
)
def test_what_is_no_finite_number_is_none(text):
    assert from_centre(text) is None


@given(st.text(max_size=20))
def test_case_116_any_text_comes_back_from_its_cell(text):
    assert text_from(text_cell(text)) == text


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@x", "\t=1", "\r=1", " =1", "\N{NO-BREAK SPACE}=1", "\n=1"]
)
def test_case_116_no_cell_starts_as_a_formula(text):
    file = io.StringIO()

    csv.writer(file).writerow([text_cell(text)])

    [cell] = next(csv.reader(io.StringIO(file.getvalue(), newline="")))
    assert cell.startswith("'")
    assert text_from(cell) == text
