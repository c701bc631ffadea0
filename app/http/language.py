"""Which language a request is answered in: the one that the person chose, else what the browser accepts.

The choice is a cookie, so that it holds before the sign-in, too.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.access import PUBLIC
from app.http.access import Guarded, needs
from app.http.deps import SettingsDep
from app.http.local_path import HOME, local_path
from app.http.pages import here
from app.language import languages, preferred, spoken_code
from app.sign_on import CALLBACK

COOKIE = "equimark-language"
LASTS_SECONDS = 400 * 24 * 3600  # browsers keep no cookie for longer

router = APIRouter(include_in_schema=False, route_class=Guarded)


class LanguageMiddleware:
    """Says for each request which language is spoken. Pure ASGI, so that streams pass through untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set it for whatever answers, the handlers of errors included."""
        if scope["type"] == "http":
            chosen = Request(scope).cookies.get(COOKIE)
            spoken_code.set(preferred(chosen, Headers(scope=scope).get("accept-language", "")))
            here.set(_here(scope))
        await self._app(scope, receive, send)


def _here(scope: Scope) -> str:
    """Where to come back to; what a form or an identity provider has sent cannot be opened again."""
    if scope["method"] != "GET" or scope["path"] == CALLBACK:
        return HOME
    query = scope["query_string"].decode("latin-1")
    path: str = scope.get("raw_path", scope["path"].encode()).decode("latin-1")
    return path + (f"?{query}" if query else "")


@router.post("/language")
@needs(PUBLIC)
def choose_language(
    settings: SettingsDep,
    code: Annotated[str, Form(max_length=20)] = "",
    next_path: Annotated[str, Form(alias="next", max_length=2000)] = HOME,
) -> RedirectResponse:
    """Remember the language in this browser, and go back to the page. An unknown one forgets the choice."""
    answer = RedirectResponse(local_path(next_path), status_code=303, headers={"Cache-Control": "no-store"})
    if code in languages():
        answer.set_cookie(
            COOKIE,
            code,
            max_age=LASTS_SECONDS,
            path="/",
            secure=settings.is_https,
            httponly=True,
            samesite="lax",
        )
    else:
        answer.delete_cookie(COOKIE, path="/", secure=settings.is_https, httponly=True)
    return answer
