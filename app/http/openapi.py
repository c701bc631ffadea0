"""The OpenAPI document: FastAPI's own, with the shape of a problem that every route's failures refer to."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from app.http.errors import Problem


def install(app: FastAPI) -> None:
    """Let `app` describe itself; made once, at the first request for it."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]
