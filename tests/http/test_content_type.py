"""A write whose body says that it is something else is refused: another site can send only that."""

import pytest
from sqlalchemy.orm import Session

from app.audit import AuditEntry
from tests.authorisation_cases import NEEDS
from tests.http.conftest import World
from tests.http.documented import DOCUMENT

WRITES = [(method, path) for method, path in NEEDS if method != "GET"]
FORMS = {"application/x-www-form-urlencoded", "multipart/form-data"}


def kinds_of(method: str, path: str) -> set[str]:
    """What the route takes, as the document says; the pages' own forms are not in it."""
    operation = DOCUMENT["paths"].get(path, {}).get(method.lower())
    return FORMS if operation is None else set(operation.get("requestBody", {}).get("content", {}))


def sent(world: World, method: str, path: str, content_type: str | None) -> tuple[int, str]:
    """Status and code of the answer to JSON that says it is of this type."""
    values = {"lease_id": world.leases["owner"], "name": "pose", "secret": "A" * 43, **world.ids}
    values = {"note_id": world.leases["owner"], "sign_in_id": 1, "token_id": 1, "invitation_id": 1} | values
    caller = "admin" if NEEDS[method, path] == "admin" else "owner"
    headers = world.callers[caller] | ({"Content-Type": content_type} if content_type else {})
    answer = world.client.request(method, path.format(**values), content=b"{}", headers=headers)
    return answer.status_code, answer.json().get("code", "") if answer.status_code >= 400 else ""


@pytest.mark.parametrize("content_type", ["text/plain", "text/plain; a=application/json", "text/xml", None])
@pytest.mark.parametrize(("method", "path"), WRITES, ids=lambda part: part)
def test_case_087_json_that_calls_itself_text_is_refused_by_every_write(
    world: World, method: str, path: str, content_type: str | None
) -> None:
    assert sent(world, method, path, content_type) == (415, "content_type")


@pytest.mark.parametrize("content_type", sorted(FORMS))
@pytest.mark.parametrize(
    ("method", "path"),
    [each for each in WRITES if kinds_of(*each) == {"application/json"}],
    ids=lambda part: part,
)
def test_case_087_json_that_calls_itself_a_form_changes_nothing(
    world: World, method: str, path: str, content_type: str
) -> None:
    database = world.client.app.state.equimark.database  # type: ignore[attr-defined]

    def entries(session: Session) -> int:
        return session.query(AuditEntry).count()

    with database.reading() as session:
        before = entries(session)

    answer = sent(world, method, path, content_type)

    assert answer in {(415, "content_type"), (422, "request_invalid")}
    with database.reading() as session:
        assert entries(session) == before
