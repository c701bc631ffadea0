"""A body over the limit, with a length that is told, told wrongly, or not told."""

import pytest


@pytest.mark.parametrize("is_told", [True, False])
def test_a_body_over_the_limit_is_a_problem_with_all_headers(client, is_told):
    body = b'{"name": "' + b"x" * 3_000_000 + b'"}'
    content = body if is_told else iter([body[:2_000_000], body[2_000_000:]])

    answer = client.post("/api/v1/projects", content=content, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] != ""
