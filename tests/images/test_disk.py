"""A disk that fails, and what uploads and reads leave open or behind on a healthy one."""

import errno
import os
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import func, select

from app.images.tables import Image
from tests.factories import jpeg_bytes
from tests.images.test_image_routes import files_below, make_project, upload


@pytest.mark.parametrize("failing", [1, 2, 3, 4])
def test_case_017_a_sync_that_fails_acknowledges_nothing_and_can_be_tried_again(
    client, settings, database, monkeypatch, failing
):
    project_id, sync, calls = make_project(client), os.fsync, count(1)

    def fail_once(descriptor: int) -> None:
        if next(calls) == failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fail_once)
    refused = upload(client, project_id, ("a.jpg", jpeg_bytes()))
    with database.reading() as session:
        rows = session.scalar(select(func.count()).select_from(Image))
    again = upload(client, project_id, ("a.jpg", jpeg_bytes()))

    assert (refused.status_code, refused.json()["code"]) == (503, "storage_unavailable")
    assert rows == 0
    assert [path for path in files_below(settings.blobs_dir) if path.suffix == ".part"] == []
    assert again.json()["added"] == 1


def test_case_069_files_and_connections_are_closed_and_no_folder_grows_without_bound(client, settings):
    project_id = make_project(client)

    def upload_and_look(seed: int) -> None:
        image = upload(client, project_id, ("a.jpg", jpeg_bytes(8, 8, seed=seed))).json()["items"][0]["image"]
        upload(client, project_id, ("b.jpg", b"no image"))
        for url in ("file_url", "thumb_url", "original_url"):
            assert client.get(image[url]).status_code == 200

    def open_files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    for seed in range(5):
        upload_and_look(seed)
    before = open_files()
    for seed in range(5, 40):
        upload_and_look(seed)

    assert open_files() <= before + 3  # a thread of the pool may open its own connection
    depths = {len(path.relative_to(settings.blobs_dir).parts) for path in files_below(settings.blobs_dir)}
    assert depths == {3}


def test_without_a_free_file_descriptor_an_upload_is_refused_for_now_and_keeps_its_answer(
    client, settings, monkeypatch
):
    project_id, opened = make_project(client), Path.open

    def refuse(path: Path, *args: object, **kwargs: object) -> object:
        if path.name.endswith(".part"):
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        return opened(path, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    refused = upload(client, project_id, ("a.jpg", jpeg_bytes()))
    monkeypatch.setattr(Path, "open", opened)
    again = upload(client, project_id, ("a.jpg", jpeg_bytes()))

    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) >= 1
    assert again.json()["added"] == 1
