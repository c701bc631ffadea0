"""Who may call what: each route has a case (tests/authorisation_cases.py), and every kind of caller tries it.

A route without a case fails `test_every_route_has_a_case`; one that needs less than its case says fails too.
"""

import re
from collections.abc import Iterator, Mapping

import pytest
from fastapi import APIRouter, FastAPI

from app.access import LABELLER, Need, Permission, Role
from app.http.access import Guarded, Undeclared, check_routes, guarded_routes
from app.main import create_app
from app.owners import THINGS
from app.settings import Settings
from tests.authorisation_cases import NEEDS
from tests.http.conftest import World

IN_A_PROJECT = {"see", "label", "review", "manage"}
MISSING = {
    "project_id": "project_not_found",
    "image_id": "image_not_found",
    "network_id": "network_not_found",
    "run_id": "run_not_found",
    "import_id": "import_not_found",
    "export_id": "export_not_found",
    "lease_id": "lease_not_found",
}
SAFE = {"GET"}
NO_ID = 10**9


def _send(world: World, method: str, path: str, caller: str) -> str | None:
    """The code with which the gate refused, or None where the request reached its route."""
    lease = world.leases.get(caller, world.leases["owner"])
    names = re.findall(r"{(\w+)}", path)
    values = {name: str(world.ids.get(name, NO_ID)) for name in names} | {"lease_id": str(lease)}
    answer = world.client.request(
        method, path.format(**{name: values[name] for name in names}), headers=world.callers[caller]
    )
    is_ready = path != "/readyz"  # this world is about to end, so that its event streams do
    assert answer.status_code < 500 or not is_ready, answer.text
    if answer.headers.get("content-type") != "application/problem+json":
        return None
    code: str = answer.json()["code"]
    gate = {"sign_in_needed": 401, "role_too_small": 403, "scope_too_small": 403, "browser_only": 403}
    gate |= {MISSING[name]: 404 for name in names if name in MISSING}
    if code not in gate:
        return None
    assert answer.status_code == gate[code]
    return code


def _missing(path: str) -> str:
    return MISSING[next(name for name in re.findall(r"{(\w+)}", path) if name in MISSING)]


def _refusal_of_role(need: str, path: str, role: Role | None) -> str | None:
    if need in {"public", "signed_in", "labeller", "own_account"}:
        return None
    if need in {"admin", "metrics"}:
        return "role_too_small"
    if role is None:
        return _missing(path)
    return None if Permission(need) in role.permissions else "role_too_small"


def _refusal_of_scopes(need: str, scopes: frozenset[Permission]) -> str | None:
    wanted = {"signed_in": Permission.SEE, "labeller": Permission.LABEL}.get(need, need)
    return None if need == "public" or wanted in scopes else "scope_too_small"


def _expected(need: str, path: str) -> Mapping[str, str | None]:
    """The refusal of each caller, by the rules; None: it is let in."""
    expected: dict[str, str | None] = {}
    for role in Role:
        expected[role] = _refusal_of_role(need, path, role)
        expected[f"token of {role}"] = expected[role]
    for scope in Permission:
        by_role = _refusal_of_role(need, path, Role.OWNER)
        expected[f"token to {scope}"] = by_role or _refusal_of_scopes(need, frozenset({scope}))
    expected["stranger"] = _refusal_of_role(need, path, None)
    expected["token of another project"] = _refusal_of_role(need, path, None)
    expected["admin"] = None
    for name in (
        "nobody",
        "ended token",
        "ended session",
        "forged session",
        "bad token beside a good cookie",
    ):
        expected[name] = None if need == "public" else "sign_in_needed"
    if need == "own_account":
        tokens = [name for name in expected if name.startswith("token")]
        expected |= dict.fromkeys(tokens, "browser_only")
    return expected


@pytest.mark.parametrize(("method", "path"), NEEDS, ids=lambda part: part)
def test_case_081_every_caller_gets_what_the_role_allows_and_no_more(
    world: World, method: str, path: str
) -> None:
    expected = _expected(NEEDS[method, path], path)
    if path == "/sign-out":
        expected = {name: code for name, code in expected.items() if code is not None}  # or they were out
    assert path == "/sign-out" or set(expected) == set(world.callers)

    # whoever is refused tries first: what the others do may change the thing itself
    order = sorted(expected, key=lambda name: expected[name] is None)
    got = {name: _send(world, method, path, name) for name in order}

    assert got == dict(expected)


def test_every_route_has_a_case() -> None:
    declared = {
        (method, path): _word_for(need)
        for method, path, need in guarded_routes(create_app(Settings(accounts="required")))
    }

    assert declared == NEEDS


def _word_for(need: Need) -> str:
    if need.kind in {"project", "installation"}:
        return need.permission
    return "labeller" if need == LABELLER else need.kind


def test_a_route_that_does_not_say_what_it_needs_stops_the_program() -> None:
    router = APIRouter(route_class=Guarded)

    with pytest.raises(Undeclared, match="does not say what it needs"):
        router.get("/open")(lambda: "secret")


def test_a_router_beside_the_gate_stops_the_program() -> None:
    app, router = FastAPI(openapi_url=None), APIRouter()
    router.get("/open")(lambda: "secret")
    app.include_router(router)

    with pytest.raises(Undeclared, match="/open is not guarded"):
        check_routes(app)


def test_every_thing_of_a_path_is_known_to_the_gate() -> None:
    """A path that leads to a project by its parameters must not ask for less than a role in it."""
    differ = [path for (_, path), need in NEEDS.items() if (need in IN_A_PROJECT) != _leads_to_project(path)]

    assert differ == []
    assert set(MISSING) == set(THINGS)


def _leads_to_project(path: str) -> bool:
    return any(name in MISSING for name in re.findall(r"{(\w+)}", path))


@pytest.mark.parametrize("value", ["0", "-1", "abc", "1.5", str(2**63), "9" * 400, "%00", "1%2F2", "１"])
def test_an_id_that_is_none_hides_like_one_of_another_project(world: World, value: str) -> None:
    for path in ("images", "runs", "networks", "projects", "exports"):
        answer = world.client.get(f"/api/v1/{path}/{value}", headers=world.callers["viewer"])

        assert answer.status_code in {404, 405}, answer.text


def test_case_080_a_hidden_thing_answers_as_one_that_does_not_exist(world: World) -> None:
    client, stranger = world.client, world.callers["stranger"]
    hidden = client.get(f"/api/v1/images/{world.ids['image_id']}", headers=stranger).json()
    missing = client.get(f"/api/v1/images/{NO_ID}", headers=stranger).json()

    assert (hidden["code"], hidden["detail"].replace(str(world.ids["image_id"]), "N")) == (
        missing["code"],
        missing["detail"].replace(str(NO_ID), "N"),
    )


def test_case_083_without_signing_in_only_the_door_is_open(world: World) -> None:
    paths = {path for (method, path), need in NEEDS.items() if need == "public" and method in SAFE}

    assert paths == {
        "/healthz", "/readyz", "/sign-in", "/invitations/{secret}",
        "/sign-in/oidc", "/sign-in/oidc/callback", "/invitations/{secret}/oidc",
    }  # fmt: skip
    for path in ("/docs", "/redoc", "/openapi.json", "/debug", "/admin", "/api/v1"):
        assert world.client.get(path).status_code == 404
    assert world.client.get("/metrics").status_code == 401


def test_a_page_leads_to_the_sign_in_and_back(world: World) -> None:
    path = f"/projects/{world.project_id}/label?mode=landmarks"

    answer = world.client.get(path, headers={"Accept": "text/html"})

    assert answer.status_code == 303
    assert answer.headers["location"] == (
        f"/sign-in?next=%2Fprojects%2F{world.project_id}%2Flabel%3Fmode%3Dlandmarks"
    )


TOO_MUCH = {
    "POST /api/v1/projects": {"name": "x", "schema": {"landmarks": ["a"]}},
    "PATCH /api/v1/projects/{project_id}": {"name": "x"},
    "POST /api/v1/projects/{project_id}/invitations": {"role": "viewer"},
    "PUT /api/v1/projects/{project_id}/members/{user_id}": {"role": "viewer"},
    "POST /api/v1/projects/{project_id}/asks/next": {},
    "POST /api/v1/tokens": {"name": "x", "scopes": ["see"]},
}


@pytest.mark.parametrize("route", TOO_MUCH)
@pytest.mark.parametrize("name", ["is_admin", "owner_id", "user_id", "created_by", "id", "password_hash"])
def test_case_082_what_a_body_may_not_set_is_refused(world: World, route: str, name: str) -> None:
    method, path = route.split()

    answer = world.client.request(
        method, path.format(**world.ids), json={**TOO_MUCH[route], name: 1}, headers=world.callers["admin"]
    )

    assert (answer.status_code, answer.json()["code"]) == (422, "request_invalid")


@pytest.mark.parametrize("action", ["skip", "renew", "release"])
def test_a_lease_is_for_nobody_else_not_even_in_the_same_project(world: World, action: str) -> None:
    path = f"/api/v1/asks/{world.leases['annotator']}/{action}"

    refused = [world.client.post(path, json={}, headers=world.callers[who]) for who in ("manager", "admin")]

    assert [answer.json()["code"] for answer in refused] == ["lease_not_found"] * 2


def test_a_list_holds_only_what_the_caller_may_see(world: World) -> None:
    def listed(caller: str) -> list[int]:
        answer = world.client.get("/api/v1/projects", headers=world.callers[caller])
        return [each["id"] for each in answer.json()["items"]]

    own, both = [world.project_id], [world.project_id, world.project_id + 1]
    assert listed("viewer") == own
    assert listed("owner") == both
    assert listed("stranger") == [world.project_id + 1]
    assert listed("token of another project") == [world.project_id + 1]
    assert listed("admin") == both


def test_a_body_is_not_read_for_somebody_who_may_not_send_it(world: World) -> None:
    def endless() -> Iterator[bytes]:
        yield b"--x\r\n"
        raise AssertionError("the body was read")

    answer = world.client.post(
        f"/api/v1/projects/{world.project_id}/images",
        content=endless(),
        headers={"Content-Type": "multipart/form-data; boundary=x", **world.callers["viewer"]},
    )

    assert answer.json()["code"] == "role_too_small"
