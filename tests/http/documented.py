"""Whether an answer is one that the OpenAPI document describes."""

import os
import re
from typing import Any

import jsonschema_rs
import schemathesis
from schemathesis import Case
from starlette.testclient import TestClient

from app.main import create_app
from app.settings import Settings

ENDLESS = "/api/v1/projects/{project_id}/events"  # a stream that a valid request never ends
NO_ID = 10**9
EXAMPLES = int(os.environ.get("EQUIMARK_EXAMPLES", "10"))  # of each route, kind of input and database
NOT_ROUTED = {(404, "not_found"), (405, "method_not_allowed")}  # a broken path may be no route's
DOCUMENT = create_app(Settings()).openapi()
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = [(method.upper(), path) for path, methods in DOCUMENT["paths"].items() for method in methods]


def check_documented(client: TestClient, method: str, path: str, case: Case) -> int:
    """Send it, and compare status, code and shape of the answer with the document; returns the status."""
    sent = case.as_transport_kwargs(base_url="http://127.0.0.1")
    sent.pop("cookies")
    if isinstance(sent.get("data"), bytes | str):
        sent["content"] = sent.pop("data")
    if sent.get("files"):  # the client takes text and bytes alone
        sent["files"] = [(name, (None, _as_text(content))) for name, (_, content, *_) in sent["files"]]

    answer = client.request(**sent)

    problem = answer.json() if answer.status_code >= 400 else None
    if problem and (answer.status_code, problem["code"]) in NOT_ROUTED:
        return answer.status_code
    documented = DOCUMENT["paths"][path][method.lower()]["responses"]
    assert str(answer.status_code) in documented, answer.text
    described = documented[str(answer.status_code)]
    if problem is not None:
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"title", "detail", "request_id", "retryable"} <= set(problem)
        assert problem["code"] in re.findall(r"\w+", described["description"]), problem
    elif "application/json" in described.get("content", {}):
        shape = {**described["content"]["application/json"]["schema"], "components": DOCUMENT["components"]}
        jsonschema_rs.validate(shape, answer.json())
    return answer.status_code


def _as_text(content: Any) -> str | bytes:
    return content if isinstance(content, str | bytes) else str(content)
