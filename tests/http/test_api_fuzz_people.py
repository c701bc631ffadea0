"""Every route of the document, tried by an owner, by a viewer and by nobody: each is answered as documented.

`test_api_fuzz.py` sends more to each route, as an administrator and without accounts; here other people do.
"""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode

from tests.authorisation_cases import NEEDS
from tests.http.conftest import World
from tests.http.documented import ENDLESS, EXAMPLES, NO_ID, OPERATIONS, SCHEMA, check_documented

A_PERSON = max(2, EXAMPLES // 5)  # examples of each route, kind of input, person and database


@pytest.mark.parametrize("who", ["owner", "viewer", "nobody"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda part: part)
def test_case_071_whoever_asks_is_answered_as_documented(
    world: World, method: str, path: str, who: str
) -> None:
    said: list[int] = []

    @settings(
        max_examples=2 * A_PERSON,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_requests(method, path), st.randoms(use_true_random=False))
    def send(case: Case, dice: Any) -> None:
        for name in case.path_parameters:
            if path == ENDLESS:
                case.path_parameters[name] = NO_ID
            elif dice.random() < 0.8:
                case.path_parameters[name] = _existing(world, name, who)
        case.headers = {**(case.headers or {}), **world.callers[who]}
        said.append(check_documented(world.client, method, path, case))

    send()

    assert said
    if who == "nobody" and NEEDS[method, path] != "public":
        assert min(said) >= 400


def _requests(method: str, path: str) -> st.SearchStrategy[Case]:
    """Valid and broken ones; a route without input knows valid ones alone."""
    operation = SCHEMA[path][method]
    modes = [GenerationMode.POSITIVE]
    if operation.definition.raw.get("parameters") or operation.definition.raw.get("requestBody"):
        modes.append(GenerationMode.NEGATIVE)
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])


def _existing(world: World, name: str, who: str) -> Any:
    if name == "lease_id":
        return str(world.leases.get(who, NO_ID))
    return world.ids.get(name, "pose" if name == "name" else NO_ID)
