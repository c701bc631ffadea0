"""A lab that is backed up, empty places to restore into, and how both are compared."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from app import backup
from app.annotations import service as annotations
from app.annotations.schemas import LandmarksAnswer
from app.annotations.tables import LANDMARKS
from app.backup import Report
from app.db import Base, Database
from app.insights import verify
from app.projects.tables import Project
from app.storage import FolderStorage, Storage
from tests.factories import NOW, landmarks_body, later, make_image, make_project, make_user

Empty = Callable[[], Database]
_numbers = count(1)


def nothing(_: str) -> None:
    """No progress bar."""


def label(database: Database, storage: Storage, project_id: int, user_id: int) -> None:
    """A new image and an answer about it, as the service stores them: the blob, then the rows."""
    with database.unit_of_work() as session:
        image = make_image(session, session.get_one(Project, project_id), storage=storage)
        answer = LandmarksAnswer.model_validate(landmarks_body())
        annotations.submit(
            session, image_id=image.id, kind=LANDMARKS, answer=answer, by=user_id, is_late=False, now=NOW
        )


@pytest.fixture
def lab(any_database: Database, storage: Storage) -> Callable[[], None]:
    """A project with labels in it; each call adds another one."""
    with any_database.unit_of_work() as session:
        project, user = make_project(session), make_user(session)

    def add() -> None:
        label(any_database, storage, project.id, user.id)

    for _ in range(3):
        add()
    return add


@pytest.fixture
def empty(any_database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Empty]:
    """Makes databases of the same kind without any tables."""
    opened: list[Database] = []

    def make() -> Database:
        name = f"restored_{next(_numbers)}"
        if any_database.is_sqlite:
            url = f"sqlite:///{tmp_path / name}.sqlite3"
        else:
            server = request.getfixturevalue("postgres")
            url = server.create_database(name)
        opened.append(Database(url))
        return opened[-1]

    yield make
    for database in opened:
        database.close()


@pytest.fixture
def elsewhere(tmp_path: Path) -> Storage:
    """An empty place for blobs."""
    return FolderStorage(tmp_path / "elsewhere")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "backups"


def back_up(database: Database, storage: Storage, place: Path, *, at: float = 0, keep: int = 0) -> Report:
    return backup.back_up(database, storage, place, now=later(at), keep=keep, on_progress=nothing)


def restore(database: Database, storage: Storage, place: Path, *, name: str | None = None) -> Report:
    return backup.restore(database, storage, place, name=name, on_progress=nothing)


def rows(database: Database) -> dict[str, list[tuple]]:
    with database.reading() as session:
        return {
            table.name: sorted((tuple(row) for row in session.execute(select(table)).all()), key=repr)
            for table in Base.metadata.sorted_tables
        }


def findings(database: Database, storage: Storage) -> list[tuple[str, str]]:
    with database.reading() as session:
        return [(each.code, each.detail) for each in verify.findings(session, storage, reads_blobs=True)]
