"""What the demo says while its worker works."""

from typing import Any

import pytest

from app.cli.demo_news import NewsTeller
from app.db import Database
from tests.factories import FACE, make_project

PAGE = "http://127.0.0.1:8000/projects/1/label"


def _teller(database: Database, **schema: Any) -> NewsTeller:
    with database.unit_of_work() as session:
        project_id = make_project(session, schema={**FACE, **schema}).id
    return NewsTeller(database, project_id, page=PAGE, started=0.0)


def _epoch(step: int, nme: float | None) -> dict[str, Any]:
    return {"run_id": 1, "step": step, "steps": 100, "validation": None if nme is None else {"nme": nme}}


def test_a_run_is_told_by_quarters(database: Database) -> None:
    teller = _teller(database)

    words = [teller.words_of("epoch", _epoch(step, 0.123)) for step in (10, 25, 30, 49, 55, 100)]

    assert words == [
        None,
        "Step 25 of 100, validation error 12.3 %.",
        None,
        None,
        "Step 55 of 100, validation error 12.3 %.",
        "Step 100 of 100, validation error 12.3 %.",
    ]


def test_an_error_in_pixels_is_no_percentage(database: Database) -> None:
    teller = _teller(database, normaliser={"kind": "pixels"})

    words = teller.words_of("network", {"network_number": 1, "promoted": True, "nme": 2.34})

    assert words == "Network 1 is in, validation error 2.3 px."


def test_only_the_first_predictions_of_a_network_are_told(database: Database) -> None:
    teller = _teller(database)

    words = [teller.words_of("predictions", {"network_number": number, "count": 16}) for number in (1, 1, 2)]

    assert [word is None for word in words] == [False, True, False]
    assert words[0] == f"The first predictions of network 1 are in: ghost points on {PAGE}"


@pytest.mark.parametrize(
    ("status", "words"), [("running", "Training run 2 has begun."), ("queued", None), ("succeeded", None)]
)
def test_a_run_is_told_where_it_matters(database: Database, status: str, words: str | None) -> None:
    assert _teller(database).words_of("run", {"number": 2, "status": status}) == words
