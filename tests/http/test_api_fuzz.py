"""Every route under every input that its OpenAPI document allows, and many that it forbids.

Schemathesis makes the requests from the document, valid ones and broken ones. Whatever comes back must be in
the document: the status, the code of the problem, the shape of the body; never a 500. EQUIMARK_EXAMPLES asks
for more than ten of each.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from starlette.testclient import TestClient

from app.db import Database, utc_now
from app.main import create_app
from app.queue import service as queue
from app.settings import Settings
from app.storage import open_storage
from tests.accounts import cookie_of, make_account
from tests.factories import landmarks_body, make_image, make_project
from tests.http.documented import DOCUMENT, ENDLESS, EXAMPLES, NO_ID, OPERATIONS, SCHEMA, check_documented

WITH_INPUT = [
    (method, path)
    for method, path in OPERATIONS
    if {"parameters", "requestBody"} & set(DOCUMENT["paths"][path][method.lower()])
]


@dataclass(frozen=True)
class Served:
    """A running service. `ids` holds what exists, by path parameter; `kept_id` is an image beside them."""

    client: TestClient
    ids: dict[str, list[Any]]
    kept_id: int


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One service of each kind for all requests: what earlier ones leave behind belongs to the test.

    The one on PostgreSQL has accounts, and its client is an administrator who is signed in.
    """
    home = tmp_path_factory.mktemp("fuzz")
    accounts: Literal["required", "off"] = "required" if request.param == "postgres" else "off"
    server_settings = Settings(home_dir=home, database_url=_url(request, home), accounts=accounts)
    database = Database(server_settings.sqlalchemy_url)
    with database.unit_of_work() as session:
        headers = cookie_of(session, make_account(session, "ada", is_admin=True), now=utc_now())
        project = make_project(session)
        images = [make_image(session, project, storage=open_storage(server_settings)) for _ in range(4)]
        queue.open_asks(session, project=project, image_ids=[image.id for image in images])
    database.close()
    with TestClient(create_app(server_settings), base_url="http://127.0.0.1", headers=headers) as client:
        lease = client.post(f"/api/v1/projects/{project.id}/asks/next", json={}).json()["lease_id"]
        some = [image.id for image in images[1:]]
        ids = {"project_id": [project.id], "image_id": some, "lease_id": [lease], "name": ["pose", "yaw"]}
        yield Served(client, ids, images[0].id)


def _url(request: pytest.FixtureRequest, home: Path) -> str:
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_sqlite")
        (home / "equimark.sqlite3").write_bytes(template.read_bytes())
        return ""
    server = request.getfixturevalue("postgres")
    url: str = server.create_database("fuzz", template="equimark_template")
    request.addfinalizer(lambda: server.drop_database("fuzz"))
    return url


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize(("method", "path"), WITH_INPUT, ids=lambda part: part)
def test_case_071_whatever_comes_back_is_documented(
    served: Served, method: str, path: str, mode: GenerationMode
) -> None:
    requests = SCHEMA[path][method].as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests, st.randoms(use_true_random=False))
    def send(case: Case, dice: Any) -> None:
        for name in case.path_parameters:
            if path == ENDLESS:
                case.path_parameters[name] = NO_ID
            elif name in served.ids and dice.random() < 0.7:
                case.path_parameters[name] = dice.choice(served.ids[name])
        check_documented(served.client, method, path, case)

    send()


NESTED = b'{"kinds": ' + b"[" * 10_000 + b"]" * 10_000 + b"}"
EXTREMES = {
    "nested": NESTED,
    "empty": b"",
    "not_json": b"<xml/>",
    "truncated": b'{"kinds": [',
    "trailing": b'{"kinds": null} {}',
    "byte_order_mark": b'\xef\xbb\xbf{"kinds": null}',
    "utf_16": '{"kinds": null}'.encode("utf-16"),
    "not_utf_8": b'{"kinds": ["\xff"]}',
    "lone_surrogate": b'{"kinds": ["\\ud800"]}',
    "nul": b'{"kinds": ["\\u0000"]}',
    "an_array": b"[]",
    "a_number": b"1e999",
    "huge_integer": b'{"kinds": ' + b"9" * 5_000 + b"}",
    "not_a_number": b'{"kinds": NaN}',
    "repeated_key": b'{"kinds": null, "kinds": 3}',
}


@pytest.mark.parametrize("body", EXTREMES.values(), ids=EXTREMES)
def test_case_073_extreme_json_is_refused_or_taken_but_breaks_nothing(served: Served, body: bytes) -> None:
    path = f"/api/v1/projects/{served.ids['project_id'][0]}/asks/next"

    answer = served.client.post(path, content=body, headers={"Content-Type": "application/json"})

    assert answer.status_code in {200, 204, 400, 422}
    if answer.status_code >= 400:
        assert answer.json()["code"] in {"bad_request", "request_invalid"}


NUMBERS = {
    "not_a_number": b"NaN",
    "infinite": b"-Infinity",
    "beyond_a_double": b"1e999",
    "largest": b"1.7e308",
    "huge_integer": b"9" * 400,
    "negative": b"-1",
    "just_outside": b"64.001",
    "text": b'"left"',
    "list": b"[12]",
    "null": b"null",
}


@pytest.mark.parametrize("number", NUMBERS.values(), ids=NUMBERS)
def test_case_072_a_position_that_is_none_is_refused(served: Served, number: bytes) -> None:
    body = landmarks_body([{"name": "mouth", "state": "visible", "x": "PLACE", "y": 1.0}])
    content = json.dumps(body).encode().replace(b'"PLACE"', number)

    answer = served.client.put(
        f"/api/v1/images/{served.kept_id}/landmarks",
        content=content,
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 422
    assert answer.json()["code"] in {"request_invalid", "landmark_outside_image", "not_a_number"}


IDS = (
    *(
        "0",
        "-1",
        str(2**31),
        str(2**63 - 1),
        str(2**63),
        str(2**64),
        "9" * 5000,
        "1e3",
        "1.5",
        "0x10",
        "null",
    ),
    *("\u0661", "%00", "%2e%2e%2f", "1%20OR%201=1", "%f0%9f%98%80", "00000000-0000-0000-0000-000000000000"),
)
WITH_ID = sorted({path for method, path in OPERATIONS if method == "GET" and "{" in path})


@pytest.mark.parametrize("path", WITH_ID)
def test_case_074_an_id_that_is_none_is_not_found_or_invalid(served: Served, path: str) -> None:
    for each in IDS:
        answer = served.client.get(re.sub(r"\{\w+\}", each, path))

        assert answer.status_code in {404, 422}, (each, answer.text)
        assert not re.search(r"sqlite|psycopg|SELECT|integer out of range", answer.text)
