"""The service answers under test as it does under uvicorn."""

from starlette.testclient import TestClient


def test_an_unknown_path_is_a_problem_with_a_code(any_client: TestClient) -> None:
    answer = any_client.get("/api/v1/nothing")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
