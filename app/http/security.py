"""What stands before every request: an id, the host and origin checks, and the headers of every answer.

Without accounts the service listens on loopback only. Two attacks still reach it there: a page of another
site that posts to it (stopped by the Origin check) and a name that resolves to 127.0.0.1 (stopped by the host
check). With accounts a browser's write must say where it comes from; a program with a token sends no cookie
that another site could make use of, so it need not.
"""

import logging
import re
import secrets
import time

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.errors import PROBLEM_CODE, problem
from app.http.pages import served_version
from app.language import msgid

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; "
        "object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
HSTS = "max-age=31536000; includeSubDomains"
VERSION = "Equimark-Version"  # which program answers; a page that another one made says that it is old
API = "/api/"
SAFE = {"GET", "HEAD", "OPTIONS"}
BODY_KINDS = ("application/json", "multipart/form-data", "application/x-www-form-urlencoded")
HOST = re.compile(r"(?P<name>[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?")
SLOW_SECONDS = 1.0
HANDLER = "handler"  # in the state of a request: the name of the function that answers it
log = structlog.get_logger()


class SecurityMiddleware:
    """Pure ASGI, so that streams pass through untouched."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_hosts: tuple[str, ...],
        has_accounts: bool = False,
        is_https: bool = False,
    ) -> None:
        self._app = app
        self._allowed_hosts = frozenset(allowed_hosts)
        self._version = served_version()
        self._has_accounts = has_accounts
        self._headers = HEADERS | ({"Strict-Transport-Security": HSTS} if is_https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check, then pass on with headers added to the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                if scope["path"].startswith(API):
                    headers[VERSION] = self._version
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                _count_answer(scope, message["status"], time.perf_counter() - started)
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        headers, request = Headers(scope=scope), Request(scope)
        host = headers.get("host", "")
        if headers.getlist("host") != [host] or _host_name(host) not in self._allowed_hosts:
            return problem(
                request,
                status=400,
                code="bad_host",
                detail=msgid("The service does not answer to this host."),
            )
        if scope["method"] in SAFE:
            return None
        if _is_from_elsewhere(headers, host) or (self._has_accounts and _hides_its_origin(headers)):
            return problem(
                request, status=403, code="csrf_failed", detail=msgid("The request came from another site.")
            )
        kind = headers.get("content-type", "").split(";")[0].strip().lower()
        has_body = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        if has_body and kind not in BODY_KINDS:
            return problem(
                request, status=415, code="content_type", detail=msgid("Send application/json or a form.")
            )
        return None


def _count_answer(scope: Scope, status: int, seconds: float) -> None:
    handler = scope["state"].get(HANDLER)
    if handler is not None:  # what reached no route would let strangers make up names
        scope["app"].state.equimark.measures.answered(handler, status=status, seconds=seconds)
    _log_answer(scope, status, seconds)


def _log_answer(scope: Scope, status: int, seconds: float) -> None:
    """A line for what was refused, failed or took long; the rest is of use only while debugging."""
    level = logging.DEBUG
    if status >= 400 or seconds >= SLOW_SECONDS:
        level = logging.WARNING if status >= 500 else logging.INFO
    code = scope["state"].get(PROBLEM_CODE)
    log.log(
        level,
        "answered",
        method=scope["method"],
        path=scope["raw_path"].decode("ascii", "backslashreplace"),  # as it came: it may hold any character
        status=status,
        milliseconds=round(seconds * 1000, 1),
        **({} if code is None else {"code": code}),
    )


def _is_from_elsewhere(headers: Headers, host: str) -> bool:
    is_other = headers.get("origin", f"http://{host}") not in {f"http://{host}", f"https://{host}"}
    return is_other or headers.get("sec-fetch-site") == "cross-site"


def _hides_its_origin(headers: Headers) -> bool:
    """A browser says it with every write; what says nothing must bring a token."""
    says = "origin" in headers or headers.get("sec-fetch-site") in {"same-origin", "none"}
    return not says and bearer_of(headers) is None


def bearer_of(headers: Headers) -> str | None:
    """The token of the request. Where there is one, no cookie is looked at."""
    kind, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _host_name(host: str) -> str | None:
    """The name without its port; None where the header is anything else than these two."""
    match = HOST.fullmatch(host)
    return match["name"].lower() if match else None
