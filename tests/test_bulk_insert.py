"""Many rows by one statement, on both databases."""

import threading
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import bulk_insert
from app.bulk_insert import insert_new
from app.db import Database
from app.exchange.tables import Import, ImportedFile
from app.predictions.tables import Prediction
from tests.factories import NOW, make_image, make_project
from tests.predictions.test_predictions_service import make_network, row_for
from tests.statements import sent


@pytest.fixture
def import_id(any_session: Session) -> int:
    project = make_project(any_session)
    return make_import(any_session, project.id, project.created_by)


def make_import(session: Session, project_id: int, by: int) -> int:
    row = Import(
        project_id=project_id, format="images", source="a", status="running", created_by=by, created_at=NOW
    )
    session.add(row)
    session.flush()
    return row.id


def outcome(import_id: int, name: str, **changes: Any) -> dict[str, Any]:
    row = {"outcome": "added", "code": None, "detail": None, "image_id": None}
    return {"import_id": import_id, "name": name, **row, **changes}


def insert(session: Session, *rows: Mapping[str, Any]) -> int:
    return insert_new(session, ImportedFile, rows, key=("import_id", "name"))


def details(session: Session) -> dict[str, str | None]:
    return dict(session.execute(select(ImportedFile.name, ImportedFile.detail)).all())


def test_rows_that_are_there_stay_and_the_new_ones_are_counted(any_session: Session, import_id: int):
    first = insert(any_session, outcome(import_id, "a", detail="one"), outcome(import_id, "b"))

    second = insert(any_session, outcome(import_id, "a", detail="two"), outcome(import_id, "c", detail="new"))

    assert (first, second) == (2, 1)
    assert details(any_session) == {"a": "one", "b": None, "c": "new"}


def test_nothing_is_nothing(any_session: Session):
    assert insert(any_session) == 0


@pytest.mark.parametrize(
    "text", ["", "NULL", "null", "{a,b}", 'say "it"', "back\\slash", "l\nine", "\u00e4\U0001f600"]
)
def test_any_text_comes_back_as_it_was(any_session: Session, import_id: int, text: str):
    insert(any_session, outcome(import_id, "a", detail=text))

    assert details(any_session) == {"a": text}


def test_many_rows_go_in_pieces_and_are_counted_together(
    any_session: Session, import_id: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bulk_insert, "ROWS_AT_ONCE", 3)

    with sent(any_session) as statements:
        added = insert(any_session, *(outcome(import_id, f"{number}") for number in range(7)))

    assert (added, len(statements)) == (7, 3)


def test_numbers_of_json_come_back_as_they_were(any_session: Session):
    project = make_project(any_session)
    image, network = make_image(any_session, project), make_network(any_session, project)
    said = row_for(image.id, 0.1 + 0.2) | {
        "attributes": {"yaw": -1e-7, "pose": {"\u00fc": 1.0}},
        "doubt": None,
    }
    shared = {"project_id": project.id, "network_id": network.id}

    insert_new(any_session, Prediction, [said | shared], key=("image_id", "network_id"))

    row = any_session.scalars(select(Prediction)).one()
    assert (row.points, row.attributes, row.doubt) == (said["points"], said["attributes"], None)
    assert row.created_at == NOW


@pytest.mark.postgres
def test_two_who_insert_the_same_rows_in_other_orders_do_not_wait_for_each_other(postgres_database: Database):
    with postgres_database.unit_of_work() as session:
        project = make_project(session)
        import_id = make_import(session, project.id, project.created_by)
    added: list[int] = []

    def insert_all(*, is_back: bool) -> None:
        rows = [outcome(import_id, f"{number:03}") for number in range(300)]
        for start in range(20):
            with postgres_database.unit_of_work() as session:
                some = rows[start:]
                added.append(insert(session, *(reversed(some) if is_back else some)))

    threads = [threading.Thread(target=insert_all, kwargs={"is_back": each}) for each in (False, True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(added), sum(added)) == (40, 300)
