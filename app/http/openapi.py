"""The OpenAPI document: FastAPI's own, with the shape of a problem that every route's failures refer to."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import JSONResponse

from app.access import SIGNED_IN
from app.http.access import Guarded, needs
from app.http.errors import Problem

router = APIRouter(include_in_schema=False, route_class=Guarded)


@router.get("/api/v1/openapi.json")
@needs(SIGNED_IN)
def get_document(request: Request) -> JSONResponse:
    """The document itself."""
    app: FastAPI = request.app
    return JSONResponse(app.openapi())


def install(app: FastAPI) -> None:
    """Let `app` describe itself; made once, at the first request for it."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = get_openapi(title=app.title, version=app.version, routes=app.routes)
            document["components"]["schemas"]["Problem"] = Problem.model_json_schema()
            document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            document["security"] = [{"token": []}, {}]  # nothing is needed where there are no accounts
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]
