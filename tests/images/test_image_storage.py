"""Images travel the same way to and from a folder and a bucket."""

import io
import zipfile

from starlette.testclient import TestClient

from app.db import Database
from app.exchange import service as exchange
from app.main import create_app
from app.settings import Settings
from app.storage import Storage
from tests.factories import FACE, NOW, jpeg_bytes, png_bytes

API = "/api/v1"


def client_of(settings: Settings) -> TestClient:
    return TestClient(create_app(settings), base_url="http://127.0.0.1")


def make_project(client: TestClient) -> int:
    return client.post(f"{API}/projects", json={"name": "faces", "schema": FACE}).json()["id"]


def upload(client: TestClient, project_id: int, name: str, content: bytes):
    return client.post(f"{API}/projects/{project_id}/images", files=[("files", (name, content))])


def test_an_image_comes_back_byte_by_byte(any_blob_settings: Settings, sqlite_url: str):
    plain, clear = jpeg_bytes(), png_bytes(mode="RGBA")
    with client_of(any_blob_settings) as client:
        project_id = make_project(client)
        images = [
            upload(client, project_id, name, content).json()["items"][0]["image"]
            for name, content in {"plain.jpg": plain, "clear.png": clear}.items()
        ]
        seen = [
            [client.get(image[url]) for url in ("file_url", "original_url", "thumb_url")] for image in images
        ]
        again = client.get(images[0]["file_url"], headers={"If-None-Match": seen[0][0].headers["etag"]})

    assert {answer.status_code for answers in seen for answer in answers} == {200}
    assert [answers[1].content for answers in seen] == [plain, clear]
    assert seen[0][0].content == plain
    assert seen[1][0].content != clear
    assert again.status_code == 304


def test_a_bucket_that_is_away_is_503_and_leaves_no_row(s3_settings: Settings, sqlite_url: str):
    with client_of(s3_settings) as client:
        project_id = make_project(client)
        image = upload(client, project_id, "a.jpg", jpeg_bytes(seed=1)).json()["items"][0]["image"]
    away = s3_settings.model_copy(update={"s3_endpoint": "http://127.0.0.1:1"})
    with client_of(away) as client:
        refused = upload(client, project_id, "b.jpg", jpeg_bytes(seed=2))
        unseen = client.get(image["thumb_url"])
        asked = client.post(f"{API}/projects/{project_id}/asks/next", json={})
        count = client.get(f"{API}/projects/{project_id}").json()["counts"]["images"]

    for answer in (refused, unseen):
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert answer.json()["retryable"]
        assert answer.headers["retry-after"]
    assert (asked.status_code, count) == (200, 1)


def test_an_archive_is_imported_and_exported(
    any_blob_settings: Settings, any_storage: Storage, database: Database
):
    pictures = {f"images/{seed}.jpg": jpeg_bytes(seed=seed) for seed in range(3)}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, content in pictures.items():
            file.writestr(name, content)
    with client_of(any_blob_settings) as client:
        project_id = make_project(client)
        imported = client.post(
            f"{API}/projects/{project_id}/imports", files={"archive": ("a.zip", archive.getvalue())}
        ).json()
        work = {"database": database, "storage": any_storage, "settings": any_blob_settings}
        told = {"now": lambda: NOW, "on_progress": lambda *_: None}
        exchange.run_import(import_id=imported["id"], **work, **told)
        exported = client.post(f"{API}/projects/{project_id}/exports", json={"format": "folder"}).json()
        exchange.run_export(export_id=exported["id"], **work, **told)
        got = client.get(f"{API}/exports/{exported['id']}/file")
        outcome = client.get(f"{API}/imports/{imported['id']}").json()

    assert outcome["outcome_counts"]["added"] == 3
    with zipfile.ZipFile(io.BytesIO(got.content)) as file:
        written = {name: file.read(name) for name in file.namelist() if name.endswith(".jpg")}
    assert sorted(written.values()) == sorted(pictures.values())
    assert list(any_storage.keys("imports")) == []
