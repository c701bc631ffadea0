"""Case 18, SQLite: the file after a power cut, with the log torn anywhere behind what was synced.

With `synchronous=FULL` (case 16) the log is synced before an answer is acknowledged, so a cut may tear only
what came afterwards. It is torn at each frame and in the middle of each, with and without rubbish behind.
"""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app.db import Database
from app.settings import Settings
from tests.conftest import SQLITE_FILE
from tests.factories import make_image, make_project

HEADER_BYTES, FRAME_HEADER_BYTES = 32, 24  # https://www.sqlite.org/fileformat2.html#walformat
ANSWERS = 6
RUBBISH = bytes(range(1, 256)) * 20


@pytest.fixture
def grown(database: Database, settings: Settings) -> tuple[Path, list[int]]:
    """The file with its log still beside it, and how long the log was as each transaction had ended."""
    path = settings.home_dir / SQLITE_FILE
    with database.unit_of_work() as session:
        project = make_project(session)
    ends = [path.with_name(f"{SQLITE_FILE}-wal").stat().st_size]
    for _ in range(ANSWERS):
        with database.unit_of_work() as session:
            make_image(session, session.merge(project))
        ends.append(path.with_name(f"{SQLITE_FILE}-wal").stat().st_size)
    kept = settings.home_dir / "kept"
    kept.mkdir()
    for name in (SQLITE_FILE, f"{SQLITE_FILE}-wal"):
        shutil.copy(path.with_name(name), kept / name)
    return kept / SQLITE_FILE, ends


def _images_after(path: Path, log: bytes, place: Path) -> int:
    """How many images a service finds that starts on the file with this log."""
    place.mkdir()
    shutil.copy(path, place / SQLITE_FILE)
    (place / f"{SQLITE_FILE}-wal").write_bytes(log)
    database = Database(f"sqlite:///{place / SQLITE_FILE}")
    try:
        with database.reading() as session:
            assert session.scalar(text("PRAGMA integrity_check")) == "ok"
            return session.scalar(text("SELECT count(*) FROM images")) or 0
    finally:
        database.close()


def _cuts(begin: int, end: int, page_bytes: int) -> Iterator[int]:
    """Each end of a frame and its middle, from the end of one transaction to the end of the next."""
    frame = FRAME_HEADER_BYTES + page_bytes
    for place in range(begin, end, frame):
        yield place
        yield place + frame // 2


def test_case_018_a_torn_log_loses_nothing_that_was_acknowledged(tmp_path, grown):
    path, ends = grown
    log = path.with_name(f"{SQLITE_FILE}-wal").read_bytes()
    page_bytes = int.from_bytes(log[8:12])
    assert (ends[0] - HEADER_BYTES) % (FRAME_HEADER_BYTES + page_bytes) == 0
    assert sorted(set(ends)) == ends  # no transaction was written back meanwhile

    found = {}
    for acknowledged, (begin, end) in enumerate(itertools.pairwise(ends)):
        for cut in _cuts(begin, end, page_bytes):
            for tail in (b"", RUBBISH):
                place = tmp_path / f"{cut}-{len(tail)}"
                found[cut, len(tail)] = (_images_after(path, log[:cut] + tail, place), acknowledged)

    assert len(found) > 4 * ANSWERS
    assert [cut for cut, (there, acknowledged) in found.items() if there != acknowledged] == []


def test_case_018_a_log_that_was_not_synced_would_lose_it(tmp_path, grown):
    """What the test above would say of a service that acknowledges before the log is on the disk."""
    path, ends = grown
    log = path.with_name(f"{SQLITE_FILE}-wal").read_bytes()

    assert _images_after(path, log[: ends[-1] - 1], tmp_path / "cut") == ANSWERS - 1
