"""What upkeep removes by itself."""

from datetime import timedelta

from app.db import Database, utc_now
from app.settings import Settings
from app.storage import Storage
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
