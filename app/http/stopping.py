"""What is cut off because the service ends is a problem like any other: it may come again.

The web server cancels what it has waited for in vain, and would itself answer that something broke.
"""

import asyncio

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import ServiceStopping
from app.http.errors import problem, request_id_of, status_of
from app.http.security import HEADERS


class StoppingAsProblem:
    """Answers for requests that are cancelled while the service ends."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through; answer what was cancelled before its answer began."""
        has_begun = False

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_and_note)
        except asyncio.CancelledError:
            if has_begun or scope["type"] != "http" or not scope["app"].state.equimark.is_stopping:
                raise
            request = Request(scope)
            stopping = ServiceStopping()
            answer = problem(
                request,
                status=status_of(stopping),
                code=stopping.code(),
                detail=str(stopping),
                is_retryable=stopping.is_retryable,
            )
            answer.headers.update(HEADERS | {"X-Request-Id": request_id_of(request)})
            await answer(scope, receive, send)
