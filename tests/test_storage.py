"""Blobs in a folder and in a bucket keep the same promises."""

import io
import os
import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

import pytest

from app import blob_cache, object_storage
from app.errors import Invalid, StorageUnavailable
from app.settings import Settings
from app.storage import BlobCorrupt, BlobMissing, Storage, blob_key, open_storage, sha256_hex

LONG_AGO = 1_000_000_000.0
MIB = 2**20


def key_of(content: bytes) -> str:
    return blob_key("images", sha256_hex(content))


class TestBothStores:
    def test_what_was_put_is_there(self, any_storage: Storage):
        is_new = any_storage.put("images/ab/one", b"bytes")

        assert is_new
        assert any_storage.has("images/ab/one")
        assert any_storage.get("images/ab/one") == b"bytes"

    @pytest.mark.parametrize("byte_count", [3, 2 * MIB])
    def test_nothing_is_written_over(self, any_storage: Storage, byte_count: int):
        any_storage.put("networks/ab/one", b"first")

        is_new = any_storage.put("networks/ab/one", b"x" * byte_count)
        with any_storage.writing("networks/ab/one") as file:
            file.write(b"third")

        assert not is_new
        assert any_storage.get("networks/ab/one") == b"first"

    def test_of_many_writers_one_is_kept_whole(self, any_storage: Storage):
        contents = [bytes([number]) * 5000 for number in range(8)]

        with ThreadPoolExecutor(8) as writers:
            list(writers.map(lambda content: any_storage.put("shown/ab/one.jpg", content), contents))

        assert any_storage.get("shown/ab/one.jpg") in contents

    def test_what_was_not_written_to_its_end_is_not_there(self, any_storage: Storage, settings: Settings):
        def cut_off() -> None:
            with any_storage.writing("exports/01/a.zip") as file:
                file.write(b"half")
                raise InterruptedError

        with pytest.raises(InterruptedError):
            cut_off()

        assert not any_storage.has("exports/01/a.zip")
        assert [path for path in settings.home_dir.rglob("*") if path.is_file()] == []

    def test_what_is_missing_says_so(self, any_storage: Storage):
        assert not any_storage.has("images/ab/none")
        for read in (any_storage.get, any_storage.fetched):
            with pytest.raises(BlobMissing):
                read("images/ab/none")

    def test_what_is_discarded_is_gone_here_and_there(self, any_storage: Storage):
        any_storage.put("imports/ab/one", b"archive")
        any_storage.fetched("imports/ab/one")

        any_storage.discard("imports/ab/one")
        any_storage.discard("imports/ab/one")

        assert not any_storage.has("imports/ab/one")
        with pytest.raises(BlobMissing):
            any_storage.fetched("imports/ab/one")

    def test_keys_are_listed_by_family(self, any_storage: Storage):
        keys = [f"images/{number:02}/{number}" for number in range(30)]
        for key in [*keys, "thumbs/00/0.webp"]:
            any_storage.put(key, key.encode())

        assert list(any_storage.keys("images")) == keys
        assert list(any_storage.keys("networks")) == []

    @pytest.mark.parametrize("key", ["../x", "images/../../x", "/x", "images//x", "images/\0", "a\\..\\x"])
    def test_a_key_that_leads_out_is_a_programming_error(self, any_storage: Storage, key: str):
        for use in (any_storage.get, any_storage.has, any_storage.fetched, any_storage.discard):
            with pytest.raises(ValueError, match="not a storage key"):
                use(key)

    def test_a_fetched_file_has_the_bytes_and_its_key_s_name(self, any_storage: Storage, tmp_path: Path):
        content = b"picture"
        any_storage.put(key_of(content), content)

        first = any_storage.fetched(key_of(content))
        again = any_storage.fetched(key_of(content), hold=tmp_path / "hold")

        assert first == again == any_storage.path_of(key_of(content))
        assert first.read_bytes() == content
        assert first.name == sha256_hex(content)


@pytest.fixture
def bucket(s3_settings: Settings) -> Storage:
    return open_storage(s3_settings)


class TestBucket:
    def test_a_file_too_large_for_one_request_arrives_whole(
        self, bucket: Storage, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(object_storage, "ONE_REQUEST_BYTES", 5 * MIB)
        monkeypatch.setattr(object_storage, "PART_BYTES", 5 * MIB)
        content = os.urandom(11 * MIB)

        with bucket.writing("exports/01/a.zip") as file:
            file.write(content)

        assert bucket.get("exports/01/a.zip") == content

    def test_a_local_copy_proves_nothing(self, bucket: Storage, s3_settings: Settings):
        bucket.put("images/ab/one", b"bytes")
        there = s3_settings.model_copy(update={"home_dir": s3_settings.home_dir / "another"})
        bucket.put(key_of(b"bytes"), b"bytes")
        bucket.fetched(key_of(b"bytes"))

        open_storage(there).discard(key_of(b"bytes"))

        assert not bucket.has(key_of(b"bytes"))
        assert bucket.put(key_of(b"bytes"), b"bytes")

    def test_case_066_a_damaged_object_is_named_and_never_kept(self, bucket: Storage):
        key = key_of(b"as it was")
        bucket.put(key, b"damaged")

        with pytest.raises(BlobCorrupt):
            bucket.fetched(key)

        assert not bucket.path_of(key).exists()

    def test_the_secret_shows_nowhere(self, s3_settings: Settings):
        assert s3_settings.s3_secret_access_key.get_secret_value() not in f"{s3_settings!r} {s3_settings}"

    @pytest.mark.parametrize("url", ["http://x/y", "s3://", "s3:bucket", "gs://b", "s3://key:secret@b"])
    def test_another_kind_of_address_is_refused(self, settings: Settings, url: str):
        with pytest.raises(Invalid, match="EQUIMARK_BLOBS_URL"):
            open_storage(settings.model_copy(update={"blobs_url": url}))


class TestLocalCopies:
    """1 MiB is the limit here; each blob has 300 kB."""

    @pytest.fixture
    def small(self, s3_settings: Settings) -> Storage:
        return open_storage(s3_settings.model_copy(update={"blob_cache_bytes": MIB}))

    def fetch(self, storage: Storage, numbers: range, *, hold: Path | None = None) -> list[Path]:
        """In this order, long ago."""
        paths = []
        for number in numbers:
            key = f"shown/{number:02}/{number}.png"
            storage.put(key, bytes([number]) * 300_000)
            paths.append(storage.fetched(key, hold=hold))
            os.utime(paths[-1], (LONG_AGO + number, LONG_AGO))
        return paths

    def test_those_not_used_for_longest_go(self, small: Storage):
        paths = self.fetch(small, range(4))

        self.fetch(small, range(4, 5))

        assert [path.exists() for path in paths] == [False, False, True, True]

    def test_a_copy_that_was_used_again_stays_before_others(self, small: Storage):
        paths = self.fetch(small, range(3))
        small.fetched("shown/00/0.png")

        self.fetch(small, range(4, 6))

        assert [path.exists() for path in paths] == [True, False, False]

    def test_what_a_job_holds_stays_until_it_lets_go(self, small: Storage, tmp_path: Path):
        hold = tmp_path / "run-1" / "pictures"
        held = self.fetch(small, range(4), hold=hold)

        self.fetch(small, range(4, 6))
        stayed = [path.exists() for path in held]
        for link in hold.iterdir():
            link.unlink()
        self.fetch(small, range(6, 8))

        assert stayed == [True] * 4
        assert not any(path.exists() for path in held)

    def test_what_was_fetched_a_moment_ago_is_not_taken_from_under_its_reader(self, small: Storage):
        paths = []
        for number in range(6):
            small.put(f"shown/{number:02}/{number}.png", bytes([number]) * 300_000)
            paths.append(small.fetched(f"shown/{number:02}/{number}.png"))

        assert all(path.exists() for path in paths)

    def test_what_a_killed_process_left_goes(self, small: Storage, s3_settings: Settings):
        left = s3_settings.blob_cache_dir / f".left{blob_cache.PART}"
        left.parent.mkdir(parents=True)
        left.write_bytes(b"half")
        os.utime(left, (LONG_AGO, LONG_AGO))

        self.fetch(small, range(1))

        assert not left.exists()

    def test_the_time_of_a_copy_is_that_of_its_object(self, small: Storage):
        """The picture cache of ml knows a file again by its size and time."""
        small.put("shown/ab/one.png", b"x")
        first = small.fetched("shown/ab/one.png").stat().st_mtime_ns
        small.path_of("shown/ab/one.png").unlink()

        again = small.fetched("shown/ab/one.png").stat().st_mtime_ns

        assert first == again


Answer = Callable[[BaseHTTPRequestHandler], None]


class Stub:
    """An S3 server that does as it is told, and counts."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []  # one after the other; the last one for ever
        self.asked = 0
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                stub.asked += 1
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = stub.answers[0] if len(stub.answers) == 1 else stub.answers.pop(0)
                answer(self)

            do_HEAD = do_PUT = do_GET  # noqa: N815  # the library's names

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def said(status: int, body: bytes = b"", *, promised: int | None = None, etag: str = '"tag"') -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body) if promised is None else promised))
        handler.send_header("ETag", etag)
        handler.send_header("Last-Modified", "Sun, 22 Nov 2026 10:00:00 GMT")
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)
        handler.close_connection = promised is not None

    return answer


def silent(_: BaseHTTPRequestHandler) -> None:
    threading.Event().wait(1.5)


@pytest.fixture
def stub() -> Iterator[Stub]:
    pytest.importorskip("obstore")
    with Stub() as server:
        yield server


@pytest.fixture
def faulty(
    settings: Settings, stub: Stub, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Storage:
    patience = getattr(request, "param", 30)  # of a busy machine, which may be slow to answer
    monkeypatch.setattr(object_storage, "READ_TIMEOUT", object_storage.timedelta(seconds=patience))
    return open_storage(
        settings.model_copy(
            update={"blobs_url": "s3://bucket", "s3_endpoint": stub.endpoint, "s3_access_key_id": "key"}
        )
    )


ERROR_XML = b"<Error><Code>RequestTimeTooSkewed</Code><Message>clock</Message></Error>"


@pytest.mark.parametrize(
    ("answer", "asked", "faulty"),
    [
        (said(500), 1 + object_storage.RETRIES, 30),
        (said(503, b"slow down"), 1 + object_storage.RETRIES, 30),
        (said(403, ERROR_XML), 1, 30),
        (said(200, b"half", promised=100), None, 30),
        (silent, None, 0.3),
        (said(404, b"<Error><Code>NoSuchBucket</Code></Error>"), 1, 30),
    ],
    ids=["500", "503", "403", "truncated", "slow", "no bucket"],
    indirect=["faulty"],
)
def test_case_067_a_store_that_fails_is_said_to_and_nothing_half_is_kept(
    faulty: Storage, stub: Stub, settings: Settings, answer: Answer, asked: int | None
):
    stub.answers = [answer]

    with pytest.raises(StorageUnavailable) as told:
        faulty.fetched("images/ab/one")

    assert told.value.is_retryable
    assert asked is None or stub.asked == asked
    assert stub.asked <= 1 + 2 * object_storage.RETRIES
    assert [path for path in settings.home_dir.rglob("*") if path.is_file()] == []


def test_case_067_a_put_is_believed_only_when_the_store_shows_the_same_object(faulty: Storage, stub: Stub):
    stub.answers = [said(200, etag='"as taken"'), said(200, etag='"another"')]

    with pytest.raises(StorageUnavailable, match="another object"):
        faulty.put("images/ab/one", b"")


def test_case_067_a_store_that_was_away_for_a_moment_is_asked_again(faulty: Storage, stub: Stub):
    stub.answers = [said(500), said(200, b"bytes")]

    assert faulty.get("images/ab/one") == b"bytes"


def test_case_067_nobody_answers(settings: Settings):
    pytest.importorskip("obstore")
    away = settings.model_copy(update={"blobs_url": "s3://bucket", "s3_endpoint": "http://127.0.0.1:1"})
    storage = open_storage(away.model_copy(update={"s3_access_key_id": "key"}))

    with pytest.raises(StorageUnavailable) as told:
        storage.put("images/ab/one", b"x")

    assert re.search(r"127\.0\.0\.1|bucket|key", str(told.value)) is None


def test_a_stream_of_any_size_is_kept(any_storage: Storage):
    source = io.BytesIO(os.urandom(3 * MIB))

    with any_storage.writing("imports/ab/one") as target:
        while chunk := source.read(100_000):
            target.write(chunk)

    assert any_storage.get("imports/ab/one") == source.getvalue()
