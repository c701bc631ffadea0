"""A body over its limit is a problem like any other.

FastAPI's limiter stands outside all middleware and answers in plain text, so this stands outside of it.
"""

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.errors import problem, request_id_of
from app.http.security import HEADERS


class TooLargeAsProblem:
    """Puts a problem in the place of the limiter's own 413."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through but a 413 in plain text."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_replaced = False

        async def send_problem_instead(message: Message) -> None:
            nonlocal is_replaced
            if message["type"] == "http.response.start" and _is_bare(message):
                is_replaced = True
                request = Request(scope)
                answer = problem(
                    request, status=413, code="body_too_large", detail="The request has too many bytes."
                )
                answer.headers.update(HEADERS | {"X-Request-Id": request_id_of(request)})
                await answer(scope, receive, send)
            elif not is_replaced:
                await send(message)

        await self._app(scope, receive, send_problem_instead)


def _is_bare(message: Message) -> bool:
    kind = Headers(raw=message["headers"]).get("content-type", "")
    return message["status"] == 413 and kind.startswith("text/plain")
