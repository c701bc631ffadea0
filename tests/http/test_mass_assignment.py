"""A write carries what its body may not set: nothing but what the document names reaches a row.

A field that the document does not know is put into each object of a body of JSON, one at a time. Forms
ignore what they do not know, so there the rows are looked at.
"""

import uuid
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import select

from app.access import Role
from app.db import Base, Database
from app.users.tables import Membership, User
from tests.authorisation_cases import NEEDS
from tests.factories import FACE
from tests.http.conftest import World
from tests.http.documented import DOCUMENT, NO_ID, OPERATIONS
from tests.http.test_audit_of_writes import WRITES, _made

NUMBER, DAY, WORD = 987_654_321, "2001-02-03T04:05:06Z", "smuggled"
SMUGGLED: dict[str, Any] = {
    "role": "owner", "is_admin": True, "owner_id": NUMBER, "project_id": NUMBER, "user_id": NUMBER,
    "author_id": NUMBER, "created_by": NUMBER, "created_at": DAY, "finished_at": DAY, "archived_at": DAY,
    "revision": NUMBER, "number": NUMBER, "schema_version": NUMBER, "is_late": True, "origin": "import",
    "status": "done", "side": "test", "sha256": WORD, "password_hash": WORD, "weights_sha256": WORD,
}  # fmt: skip
JSON = "application/json"


def bodies(method: str, path: str) -> dict[str, Any]:
    """What a route of the document takes, by media type."""
    content: dict[str, Any] = (
        DOCUMENT["paths"][path][method.lower()].get("requestBody", {}).get("content", {})
    )
    return content


TAKES_JSON = [each for each in OPERATIONS if each[0] != "GET" and JSON in bodies(*each)]
VALID: dict[tuple[str, str], dict[str, Any]] = {
    **{each: WRITES[each]["json"] for each in TAKES_JSON if "json" in WRITES.get(each, {})},
    ("PATCH", "/api/v1/projects/{project_id}"): {"schema": FACE},
    ("POST", "/api/v1/projects/{project_id}/asks/next"): {"kinds": None},
    ("POST", "/api/v1/projects/{project_id}/grid"): {"attribute": "pose", "count": 9},
    ("POST", "/api/v1/projects/{project_id}/runs"): {},
    ("POST", "/api/v1/networks/{network_id}/promote"): {},
    ("POST", "/api/v1/projects/{project_id}/imports"): {"folder": "blocks"},
    ("POST", "/api/v1/asks/release"): {"lease_ids": []},
    ("POST", "/api/v1/asks/renew"): {"lease_ids": []},
}
OTHERS = [each for each in WRITES if each not in TAKES_JSON]


def objects_of(schema: dict[str, Any], seen: tuple[str, ...] = ()) -> Iterator[dict[str, Any]]:
    """Every object that a body of this schema may hold."""
    if name := schema.get("$ref"):
        if name not in seen:
            yield from objects_of(DOCUMENT["components"]["schemas"][name.rpartition("/")[2]], (*seen, name))
        return
    if schema.get("type") == "object":
        yield schema
    parts = [*schema.get("properties", {}).values(), *schema.get("prefixItems", [])]
    parts += [each for key in ("anyOf", "oneOf", "allOf") for each in schema.get(key, [])]
    for part in [*parts, *([schema["items"]] if "items" in schema else [])]:
        yield from objects_of(part, seen)


def smuggled(body: dict[str, Any], name: str) -> Iterator[dict[str, Any]]:
    """The body with one field too many, once in each of its objects."""
    for number in range(len(list(_objects_in(body)))):
        changed = deepcopy(body)
        list(_objects_in(changed))[number][name] = SMUGGLED[name]
        yield changed


def _objects_in(body: Any) -> Iterator[dict[str, Any]]:
    if isinstance(body, dict):
        yield body
    for part in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from _objects_in(part)


@pytest.mark.parametrize(("method", "path"), TAKES_JSON, ids=lambda part: part)
def test_case_082_no_object_of_a_body_takes_what_it_does_not_name(method: str, path: str) -> None:
    objects = list(objects_of(bodies(method, path)[JSON]["schema"]))

    assert objects
    assert [each.get("title") for each in objects if each.get("additionalProperties") is not False] == []


@pytest.mark.parametrize(("method", "path"), TAKES_JSON, ids=lambda part: part)
def test_case_082_a_field_that_a_body_may_not_have_is_refused_and_changes_nothing(
    world: World, method: str, path: str
) -> None:
    known = {name for each in objects_of(bodies(method, path)[JSON]["schema"]) for name in each["properties"]}
    caller = "admin" if NEEDS[method, path] == "admin" else "owner"
    values = {"lease_id": world.leases[caller], "name": "pose", "note_id": uuid.uuid4(), **world.ids}
    before = rows_of(world)

    for name in sorted(SMUGGLED.keys() - known):
        for body in smuggled(VALID[method, path], name):
            answer = world.client.request(
                method, path.format(**values), json=body, headers=world.callers[caller]
            )
            assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid"), answer.text
            assert [each["field"].rpartition(".")[2] for each in answer.json()["fields"]] == [name]

    assert rows_of(world) == before


@pytest.mark.parametrize(("method", "path"), OTHERS, ids=lambda part: part)
def test_case_082_a_form_sets_nothing_but_its_own_fields(world: World, method: str, path: str) -> None:
    database = database_of(world)
    with database.unit_of_work() as session:
        values, headers = _made(session, path)
    given_ = dict(WRITES[method, path])
    form = dict(given_.pop("data", {}))
    if path == "/sign-in":
        form["name"] = values["name_of_person"]
    more = {name: str(value) for name, value in SMUGGLED.items() if name not in form}
    if path == "/account/tokens":
        del more["project_id"]  # its own
    before = powers_of(database)

    answer = world.client.request(
        method, path.format(**{"run_id": NO_ID} | values), headers=headers, data=form | more,
        params=more, **given_,
    )  # fmt: skip

    assert answer.status_code < 500, answer.text
    gained = powers_of(database) - before
    assert gained == set()
    stored = rows_of(world)
    assert [word for word in (str(NUMBER), "2001-02-03", "2001, 2, 3", WORD) if word in stored] == []


def database_of(world: World) -> Database:
    made: Database = world.client.app.state.equimark.database  # type: ignore[attr-defined]
    return made


def rows_of(world: World) -> str:
    """All rows as text; when a session was last used is not asked."""
    with database_of(world).reading() as session:
        return "".join(
            str(session.execute(select(*columns).order_by(*table.primary_key.columns)).all())
            for table in Base.metadata.sorted_tables
            if (columns := [each for each in table.columns if each.name != "seen_at"])
        )


def powers_of(database: Database) -> set[tuple[str, int, int]]:
    """Who is an administrator, and who owns which project."""
    with database.reading() as session:
        admins = {("admin", id_, 0) for id_ in session.scalars(select(User.id).where(User.is_admin))}
        owning = select(Membership.user_id, Membership.project_id).where(Membership.role == Role.OWNER)
        return admins | {("owner", *row) for row in session.execute(owning)}
