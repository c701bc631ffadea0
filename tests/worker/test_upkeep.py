"""What upkeep removes by itself."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import idempotency
from app.db import Database, utc_now
from app.idempotency import KeptAnswer
from app.settings import Settings
from app.storage import Storage
from tests.factories import make_user
from worker.upkeep import Upkeep


def test_the_unpacked_rest_of_a_killed_import_is_removed_after_a_day(database: Database, settings: Settings):
    rest = settings.work_dir / "exchange-abc"
    rest.mkdir(parents=True)
    (rest / "image.jpg").write_bytes(b"left over")
    now = utc_now()

    Upkeep(database, settings).run(now + timedelta(hours=23))
    is_kept_for_a_while = rest.exists()
    Upkeep(database, settings).run(now + timedelta(hours=25))

    assert is_kept_for_a_while
    assert not rest.exists()


def test_a_file_that_a_killed_process_had_begun_to_store_is_removed_after_a_day(
    database: Database, storage: Storage, settings: Settings
):
    storage.put("images/ab/abc", b"whole")
    begun = storage.path_of("images/ab/.abd.0123.part")
    begun.write_bytes(b"ha")
    now = utc_now()

    Upkeep(database, settings).run(now + timedelta(hours=23))
    is_kept_for_a_while = begun.exists()
    Upkeep(database, settings).run(now + timedelta(hours=25))

    assert is_kept_for_a_while
    assert not begun.exists()
    assert storage.get("images/ab/abc") == b"whole"


def test_answers_kept_for_repeats_are_forgotten_after_a_week_in_small_batches(
    any_database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(idempotency, "FORGOTTEN_AT_ONCE", 2)
    now = utc_now()
    with any_database.unit_of_work() as session:
        user_id = make_user(session).id
        for key, age in [("a", 8), ("b", 9), ("c", 30), ("d", 8), ("e", 8), ("new", 6)]:
            idempotency.keep_answer(
                session,
                user_id=user_id,
                key=key,
                request_sha256="0" * 64,
                answer={},
                now=now - timedelta(days=age),
            )

    Upkeep(any_database, settings).run(now)

    with any_database.reading() as session:
        assert session.scalars(select(KeptAnswer.key)).all() == ["new"]
