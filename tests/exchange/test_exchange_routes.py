"""REST of imports and exports; the jobs are run here as the worker runs them."""

import io
import uuid
import zipfile
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from app.db import Database
from app.exchange import service
from app.jobs import Job, JobKind
from app.main import create_app
from app.storage import Storage
from tests.exchange.sources import write_folder, zipped
from tests.factories import FACE, NOW, jpeg_bytes

API = "/api/v1"


def make_project(client):
    return client.post(f"{API}/projects", json={"name": "faces", "schema": FACE}).json()["id"]


def send(client, project_id, content, name="set.zip", **fields):
    files = {"archive": (name, content, "application/zip")}
    return client.post(f"{API}/projects/{project_id}/imports", files=files, data=fields)


def archive_of(*names):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number, name in enumerate(names):
            made.writestr(name, jpeg_bytes(seed=number))
    return file.getvalue()


@contextmanager
def client_of(settings):
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield client


def run_jobs(database: Database, storage: Storage, settings) -> None:
    """Run the queued imports and exports."""
    runs = {
        JobKind.IMPORT: (service.run_import, "import_id"),
        JobKind.EXPORT: (service.run_export, "export_id"),
    }
    with database.reading() as session:
        waiting = [(job.kind, job.subject_id) for job in session.query(Job) if job.kind in runs]
    for kind, subject_id in waiting:
        run, name = runs[JobKind(kind)]
        run(
            database=database, storage=storage, settings=settings, now=lambda: NOW,
            on_progress=lambda *_: None, **{name: subject_id},
        )  # fmt: skip


def test_an_archive_is_imported_and_exported_and_imported_again(
    client, database, storage, settings, tmp_path
):
    project_id = make_project(client)
    archive = zipped(write_folder(tmp_path / "set", images=3), tmp_path / "set.zip")

    started = send(client, project_id, archive.read_bytes())
    run_jobs(database, storage, settings)
    done = client.get(f"{API}/imports/{started.json()['id']}").json()
    export = client.post(f"{API}/projects/{project_id}/exports", json={"format": "coco"}).json()
    early = client.get(f"{API}/exports/{export['id']}/file")
    run_jobs(database, storage, settings)
    written = client.get(f"{API}/exports/{export['id']}").json()
    file = client.get(written["file_url"])
    again = send(client, project_id, file.content, "export.zip")
    run_jobs(database, storage, settings)

    assert (started.status_code, started.json()["status"]) == (202, "queued")
    assert (done["status"], done["format"], done["outcome_counts"]) == ("done", "folder", {"added": 3})
    assert done["source"] == "set.zip"
    assert [(each["name"], each["outcome"], each["image_id"]) for each in done["files"]] == [
        ("0.jpg", "added", 1), ("1.jpg", "added", 2), ("2.jpg", "added", 3),
    ]  # fmt: skip
    assert (early.status_code, early.json()["code"]) == (409, "export_not_ready")
    assert (written["status"], written["counts"]["images"]) == ("done", 3)
    assert file.headers["content-type"] == "application/zip"
    assert file.headers["content-disposition"].startswith("attachment")
    assert client.get(f"{API}/imports/{again.json()['id']}").json()["outcome_counts"] == {"known": 3}
    assert list(storage.keys("imports")) == []


def test_outcomes_come_in_pages(client, database, storage, settings):
    project_id = make_project(client)
    import_id = send(client, project_id, archive_of(*(f"{n}.jpg" for n in range(7)))).json()["id"]
    run_jobs(database, storage, settings)

    names, cursor = [], None
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"{API}/imports/{import_id}", params=query).json()
        names += [file["name"] for file in page["files"]]
        cursor = page["cursor"]
        if cursor is None:
            break

    assert names == [f"{n}.jpg" for n in range(7)]


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (archive_of("../x.jpg"), 422, "archive_unsafe"),
        (archive_of("/etc/x.jpg"), 422, "archive_unsafe"),
        (b"not a zip", 422, "archive_invalid"),
        (b"", 422, "archive_invalid"),
        (archive_of("a.jpg")[:-10], 422, "archive_invalid"),
    ],
)
def test_case_118_a_bad_archive_is_refused_at_once_and_not_kept(client, storage, content, status, code):
    answer = send(client, make_project(client), content)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert list(storage.keys("imports")) == []


@pytest.mark.parametrize(
    "fields", [{"format": "yolo"}, {"seed": "x"}, {"keep_landmarks_percent": "101"}, {"other": "1"}]
)
def test_fields_beside_the_archive_are_checked(client, fields):
    answer = send(client, make_project(client), archive_of("a.jpg"), **fields)

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"folder": 3}', b'{"folder": ""}', b'{"folder": "/x", "other": 1}', b"\xff",
     b'{"folder": "' + b"x" * 70_000 + b'"}', b"[" * 60_000],
)  # fmt: skip
def test_case_073_a_body_of_another_shape_is_a_problem(client, body):
    project_id = make_project(client)

    answer = client.post(
        f"{API}/projects/{project_id}/imports", content=body, headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_a_form_without_an_archive_is_a_problem(client):
    project_id = make_project(client)

    answer = client.post(f"{API}/projects/{project_id}/imports", files={"other": ("a", b"x")})
    as_text = client.post(f"{API}/projects/{project_id}/imports", data={"archive": "text"})

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")
    assert (as_text.status_code, as_text.json()["code"]) == (422, "import_source_missing")


def test_no_folder_of_the_server_may_be_read_by_default(client, tmp_path):
    answer = client.post(f"{API}/projects/{make_project(client)}/imports", json={"folder": str(tmp_path)})

    assert (answer.status_code, answer.json()["code"]) == (403, "folder_not_allowed")


def test_a_folder_that_the_operator_allows_is_imported(database, storage, settings, tmp_path):
    settings = settings.model_copy(update={"import_dirs": (tmp_path / "allowed",)})
    root = write_folder(tmp_path / "allowed" / "set")
    with client_of(settings) as client:
        project_id = make_project(client)
        started = client.post(f"{API}/projects/{project_id}/imports", json={"folder": str(root)})
        gone = client.post(f"{API}/projects/{project_id}/imports", json={"folder": f"{root}/nothing"})
        run_jobs(database, storage, settings)
        done = client.get(f"{API}/imports/{started.json()['id']}").json()

    assert (started.status_code, done["outcome_counts"]) == (202, {"added": 2})
    assert (gone.status_code, gone.json()["code"]) == (404, "source_missing")


def test_a_failed_import_tells_its_code(client, database, storage, settings):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("splits.csv", "image\n")
    import_id = send(client, make_project(client), file.getvalue()).json()["id"]

    with pytest.raises(Exception, match="no column split"):
        run_jobs(database, storage, settings)

    told = client.get(f"{API}/imports/{import_id}").json()
    assert (told["status"], told["error_code"]) == ("failed", "columns_missing")


def test_an_export_asked_twice_with_one_key_is_one_export(client):
    project_id = make_project(client)
    headers = {"Idempotency-Key": str(uuid.uuid4())}

    first, again, other = (
        client.post(f"{API}/projects/{project_id}/exports", json={"format": name}, headers=headers)
        for name in ("coco", "coco", "folder")
    )

    assert first.status_code == 202
    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/projects/9/exports", "project_not_found"),
        ("POST", "/projects/9/imports", "project_not_found"),
        ("GET", "/imports/9", "import_not_found"),
        ("GET", "/exports/9", "export_not_found"),
        ("GET", "/exports/9/file", "export_not_found"),
    ],
)
def test_what_does_not_exist_is_a_problem(client, method, path, code):
    body = {"json": {"format": "coco"}} if method == "POST" else {}

    answer = client.request(method, API + path, **body)

    assert (answer.status_code, answer.json()["code"]) == (404, code)


def test_the_document_describes_both_bodies_of_an_import(client):
    document = client.get(f"{API}/openapi.json").json()

    described = document["paths"]["/api/v1/projects/{project_id}/imports"]["post"]
    assert set(described["requestBody"]["content"]) == {"application/json", "multipart/form-data"}
    assert {"404", "422", "403", "413", "507"} <= set(described["responses"])
