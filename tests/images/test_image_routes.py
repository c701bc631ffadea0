"""REST of images, against the real service on SQLite (and PostgreSQL where it says so)."""

import io
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PIL import Image as Pillow
from sqlalchemy import func, select
from starlette.testclient import TestClient

from app.audit import AuditEntry
from app.images import service
from app.images.ingest import measure
from app.images.tables import Image
from app.jobs import Job
from app.main import create_app
from app.queue.tables import Ask
from app.storage import FolderStorage, sha256_hex
from tests.factories import FACE, NOW, encoded, jpeg_bytes, pixels, png_bytes

API = "/api/v1"


def make_project(client, name="faces"):
    made = client.post(f"{API}/projects", json={"name": name, "schema": FACE})
    assert made.status_code == 201, made.text
    return made.json()["id"]


def upload(client, project_id, *files):
    parts = [("files", (name, content, "application/octet-stream")) for name, content in files]
    return client.post(f"{API}/projects/{project_id}/images", files=parts)


def upload_one(client, content, name="a.jpg"):
    answer = upload(client, make_project(client), (name, content)).json()
    return answer["items"][0]["image"]


@contextmanager
def client_of(settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), base_url="http://127.0.0.1") as client:
        yield client


@contextmanager
def files_limited_to(byte_count):
    """No file of this process may grow beyond this: the nearest thing to a full disk that needs no root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (byte_count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def files_below(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_every_file_has_its_own_outcome(any_client):
    project_id = make_project(any_client)
    good, other = jpeg_bytes(seed=1), jpeg_bytes(seed=2)
    upload(any_client, project_id, ("old.jpg", other))

    answer = upload(
        any_client, project_id, ("a.jpg", good), ("b.jpg", good), ("c.svg", b"<svg/>"), ("d.jpg", other),
        ("e.jpg", good[:90]), ("f.jpg", b""),
    )  # fmt: skip

    items = answer.json()["items"]
    assert answer.status_code == 200
    assert [(item["name"], item["outcome"], item["code"]) for item in items] == [
        ("a.jpg", "added", None),
        ("b.jpg", "known", None),
        ("c.svg", "refused", "format_not_supported"),
        ("d.jpg", "known", None),
        ("e.jpg", "refused", "image_truncated"),
        ("f.jpg", "refused", "image_empty"),
    ]
    assert items[1]["image"]["id"] == items[0]["image"]["id"]
    assert {name: answer.json()[name] for name in ("added", "known", "refused")} == {
        "added": 1, "known": 2, "refused": 3,
    }  # fmt: skip


def test_new_images_get_their_asks_one_audit_row_and_are_ranked_once(client, database):
    project_id = make_project(client)

    upload(client, project_id, ("a.jpg", jpeg_bytes(seed=1)), ("b.jpg", jpeg_bytes(seed=2)))
    upload(client, project_id, ("c.jpg", jpeg_bytes(seed=3)), ("a.jpg", jpeg_bytes(seed=1)))

    with database.reading() as session:
        audit = session.scalars(select(AuditEntry).where(AuditEntry.action == "images.added")).all()
        assert session.scalar(select(func.count()).select_from(Ask)) == 3 * 3
        assert [entry.detail["images"] for entry in audit] == [[1, 2], [3]]
        assert [job.kind for job in session.scalars(select(Job))] == ["rank"]
    assert client.get(f"{API}/projects/{project_id}").json()["counts"]["images"] == 3


def test_a_project_that_does_not_exist_takes_nothing(client, settings):
    answer = upload(client, 99, ("a.jpg", jpeg_bytes()))

    assert (answer.status_code, answer.json()["code"]) == (404, "project_not_found")
    assert files_below(settings.blobs_dir) == []


def test_an_upload_without_files_is_invalid(client):
    project_id = make_project(client)

    answer = client.post(f"{API}/projects/{project_id}/images", files={"other": ("a.jpg", b"x")})

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


def test_a_body_over_the_limit_is_413_and_one_below_it_is_taken(settings, sqlite_url):
    with client_of(settings.model_copy(update={"upload_limit_bytes": 3_000_000})) as client:
        project_id = make_project(client)

        too_much = upload(client, project_id, ("a.jpg", b"x" * 3_000_000))
        enough = upload(client, project_id, ("a.bmp", encoded(pixels(900, 900), "BMP")))

    assert (too_much.status_code, too_much.json()["code"]) == (413, "body_too_large")
    assert enough.json()["items"][0]["outcome"] == "added"


def test_a_file_over_its_own_limit_is_refused_beside_the_others(settings, sqlite_url):
    limits = {"image_limit_bytes": 5000, "image_limit_pixels": 10_000}
    big, wide = encoded(pixels(50, 50), "BMP"), encoded(Pillow.new("1", (200, 200)), "PNG")
    with client_of(settings.model_copy(update=limits)) as client:
        project_id = make_project(client)

        answer = upload(
            client, project_id, ("big.bmp", big), ("wide.png", wide), ("a.jpg", jpeg_bytes(32, 32))
        )

    assert [item["code"] for item in answer.json()["items"]] == [
        "image_too_large",
        "image_too_many_pixels",
        None,
    ]


@pytest.mark.parametrize(
    "name",
    ["../../etc/x", "/etc/passwd", "C:\\x.jpg", "a\r\nb.jpg", "x" * 300, "\N{CAT FACE}.jpg", "\u202egpj.exe",
     "e\u0301.jpg", "-rf.jpg", "CON", "dot.", "   ", "<b>.jpg", "{{7*7}}.jpg", "a'b\".jpg"],
)  # fmt: skip
def test_case_059_a_name_is_text_and_never_a_path(client, settings, tmp_path, name):
    before = set(files_below(tmp_path))

    image = upload_one(client, jpeg_bytes(), name)

    outside = [path for path in set(files_below(tmp_path)) - before if settings.home_dir not in path.parents]
    shown = client.get(image["file_url"])
    assert outside == []
    assert shown.status_code == 200
    assert "\r" not in shown.headers["content-disposition"]
    assert shown.headers["content-disposition"].startswith("inline; filename*=UTF-8''")


def test_case_058_the_type_comes_from_the_bytes_alone(client):
    project_id = make_project(client)
    parts = [("files", ("page.html", png_bytes(), "text/html"))]
    image = client.post(f"{API}/projects/{project_id}/images", files=parts).json()["items"][0]["image"]

    shown = client.get(image["file_url"], params={"type": "text/html"})

    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("url", ["file_url", "thumb_url", "original_url"])
def test_case_057_what_is_shown_is_sandboxed_and_kept_for_ever(client, url):
    image = upload_one(client, jpeg_bytes())

    shown = client.get(image[url])
    again = client.get(image[url], headers={"If-None-Match": f'"other", W/{shown.headers["etag"]}'})
    other = client.get(image[url], headers={"If-None-Match": '"other"'})

    assert shown.headers["content-security-policy"].startswith("sandbox")
    assert shown.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert image["sha256"] in shown.headers["etag"]
    assert (again.status_code, again.content) == (304, b"")
    assert other.content == shown.content


def test_a_plain_image_is_shown_byte_by_byte(client):
    content = jpeg_bytes()

    image = upload_one(client, content)

    assert client.get(image["file_url"]).content == content
    assert client.get(image["original_url"]).content == content
    assert client.get(image["original_url"]).headers["content-disposition"].startswith("attachment")
    assert client.get(image["thumb_url"]).headers["content-type"] == "image/webp"


@pytest.mark.parametrize("kind", ["turned", "cmyk", "tiff", "deep", "clear"])
def test_case_053_and_054_what_browsers_show_differently_is_shown_as_a_plain_copy(client, kind):
    exif = Pillow.Exif()
    exif[0x0112] = 8
    content = {
        "turned": lambda: jpeg_bytes(64, 48, exif=exif),
        "cmyk": lambda: encoded(pixels(48, 64).convert("CMYK"), "JPEG"),
        "tiff": lambda: encoded(pixels(48, 64), "TIFF"),
        "deep": lambda: encoded(pixels(48, 64).convert("I;16"), "PNG"),
        "clear": lambda: png_bytes(48, 64, mode="RGBA"),
    }[kind]()

    image = upload_one(client, content)

    shown = client.get(image["file_url"])
    copy = Pillow.open(io.BytesIO(shown.content))
    assert (image["width_px"], image["height_px"]) == copy.size == (48, 64)
    assert (copy.mode, copy.format) == (
        "RGB",
        {"image/jpeg": "JPEG", "image/png": "PNG"}[shown.headers["content-type"]],
    )
    assert client.get(image["original_url"]).content == content


def test_case_079_a_list_walks_once_over_all_that_was_there_while_others_come_and_go(client):
    project_id = make_project(client)
    upload(client, project_id, *((f"{seed}.jpg", jpeg_bytes(8, 8, seed=seed)) for seed in range(7)))
    client.delete(f"{API}/images/3")

    seen, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"{API}/projects/{project_id}/images", params=query).json()
        if not seen:
            upload(client, project_id, ("late.jpg", jpeg_bytes(8, 8, seed=7)))
            client.delete(f"{API}/images/1")
        seen += [item["id"] for item in page["items"]]
        cursor = page["cursor"]
        if cursor is None:
            break

    assert seen == [1, 2, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    "query", ["cursor=abc", "cursor=-1", "cursor=9e9", "limit=0", "limit=201", "limit=1e9"]
)
def test_case_079_a_forged_cursor_or_limit_is_a_problem(client, query):
    project_id = make_project(client)

    answer = client.get(f"{API}/projects/{project_id}/images?{query}")

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/images/7", "/images/7/file", "/images/7/thumb", "/images/7/original"])
def test_an_image_that_does_not_exist_is_a_problem(client, path):
    answer = client.get(API + path)

    assert (answer.status_code, answer.json()["code"]) == (404, "image_not_found")


def test_case_066_a_file_that_is_gone_is_a_problem_and_no_accident(client, settings):
    image = upload_one(client, jpeg_bytes())
    for path in files_below(settings.blobs_dir):
        path.unlink()

    for url in ("file_url", "thumb_url", "original_url"):
        answer = client.get(image[url])
        assert (answer.status_code, answer.json()["code"]) == (404, "blob_missing")


def record_undecoded(client, database, settings, content, *, as_if=None) -> str:
    """An image as an import records it from its header; its file may be another one. Returns its address."""
    project_id = make_project(client)
    sha256 = sha256_hex(content)
    measured = measure(as_if or content, "a.png", settings, sha256=sha256)
    assert measured is not None
    service.store_blobs(FolderStorage(settings.blobs_dir), content, measured)
    with database.unit_of_work() as session:
        service.add_images(session, project_id=project_id, prepared=[measured], sides=[None], by=1, now=NOW)
    return f"{API}/images/1"


def test_whoever_looks_first_has_the_thumbnail_made_and_no_row_is_changed(client, settings, database):
    content = png_bytes(600, 400)
    url = record_undecoded(client, database, settings, content)
    before = files_below(settings.blobs_dir)

    first, again = client.get(f"{url}/thumb"), client.get(f"{url}/thumb")

    assert [(each.status_code, each.headers["content-type"]) for each in (first, again)] == [
        (200, "image/webp")
    ] * 2
    assert Pillow.open(io.BytesIO(first.content)).size == (256, 171)
    assert len(files_below(settings.blobs_dir)) == len(before) + 1
    assert client.get(f"{url}/file").content == content
    with database.reading() as session:
        assert session.get_one(Image, 1).is_waiting


def test_a_thumbnail_of_what_does_not_decode_is_a_problem(client, database, settings):
    url = record_undecoded(client, database, settings, png_bytes()[:90], as_if=png_bytes())

    answer = client.get(f"{url}/thumb")

    assert (answer.status_code, answer.json()["code"]) == (422, "image_truncated")


def test_case_066_a_thumbnail_is_made_only_of_the_bytes_that_were_taken_in(client, database, settings):
    content = png_bytes(seed=1)
    url = record_undecoded(client, database, settings, content)
    path = FolderStorage(settings.blobs_dir).path_of(service.original_key(sha256_hex(content)))
    path.write_bytes(png_bytes(seed=2))

    damaged = client.get(f"{url}/thumb")
    path.unlink()
    gone = client.get(f"{url}/thumb")

    assert [(each.status_code, each.json()["code"]) for each in (damaged, gone)] == [
        (503, "blob_corrupt"),
        (404, "blob_missing"),
    ]


def test_an_archived_image_leaves_the_list_and_comes_back_as_known(client):
    project_id = make_project(client)
    upload(client, project_id, ("a.jpg", jpeg_bytes(seed=1)))

    gone = client.delete(f"{API}/images/1")
    again = client.delete(f"{API}/images/1")
    sent = upload(client, project_id, ("a.jpg", jpeg_bytes(seed=1))).json()["items"][0]

    assert (gone.status_code, again.status_code) == (204, 204)
    assert client.get(f"{API}/images/1").json()["archived_at"] is not None
    assert client.get(f"{API}/projects/{project_id}").json()["counts"]["images"] == 0
    assert (sent["outcome"], sent["code"]) == ("known", "image_archived")
    assert client.delete(f"{API}/images/2").status_code == 404


def test_case_063_a_full_disk_gives_507_no_row_and_no_rest_and_recovers(client, settings, database):
    project_id = make_project(client)
    content = encoded(pixels(200, 200, seed=5), "BMP")

    with files_limited_to(50_000):
        full = upload(client, project_id, ("a.bmp", content))
    with database.reading() as session:
        rows = session.scalar(select(func.count()).select_from(Image))
    left = files_below(settings.blobs_dir)
    again = upload(client, project_id, ("a.bmp", content))

    assert (full.status_code, full.json()["code"], full.json()["retryable"]) == (
        507,
        "insufficient_storage",
        True,
    )
    assert (rows, left) == (0, [])
    assert again.json()["added"] == 1
