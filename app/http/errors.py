"""The one table from domain errors to HTTP, and the one renderer of problems (RFC 9457)."""

import errno
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import BaseModel, ConfigDict
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from app.access import AccountsOff, BrowserOnly, OtherPerson, RoleTooSmall, ScopeTooSmall, SignInNeeded
from app.errors import (
    Conflict,
    DatabaseBusy,
    DomainError,
    Gone,
    InsufficientStorage,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OutcomeUnknown,
    ServiceStopping,
    StorageUnavailable,
    TooLarge,
    TooMany,
    TooSlow,
    Unavailable,
    Unsupported,
)
from app.http.admission import Overloaded
from app.http.bodies import BodyTooSlow
from app.http.pages import ProblemPage, render
from app.language import _, msgid, retell

STATUS: dict[type[DomainError], int] = {
    NotFound: 404,
    NotSignedIn: 401,
    NotAllowed: 403,
    TooSlow: 408,
    Conflict: 409,
    Gone: 410,
    TooLarge: 413,
    Unsupported: 415,
    Invalid: 422,
    TooMany: 429,
    Unavailable: 503,
    InsufficientStorage: 507,
}
TITLES = {
    400: msgid("Bad request"),
    401: msgid("Not signed in"),
    403: msgid("Not allowed"),
    404: msgid("Not found"),
    405: msgid("Method not allowed"),
    408: msgid("Too slow"),
    409: msgid("Conflict"),
    410: msgid("Gone"),
    413: msgid("Too large"),
    415: msgid("Unsupported kind of content"),
    422: msgid("Invalid"),
    429: msgid("Too many requests"),
    500: msgid("Internal error"),
    503: msgid("Unavailable"),
    507: msgid("No space left"),
}
MEDIA_TYPE = "application/problem+json"
PROBLEM_CODE = "problem_code"  # in the state of a request, for its line in the log
LOCK_STATES = {"55P03", "40P01"}  # PostgreSQL: waited for too long, and a deadlock
NO_FILE_LEFT = {errno.EMFILE, errno.ENFILE}  # the process or the machine has as many open as it may
FIELDS_NAMED = 50  # a form with more faults than that is mended in two rounds
log = structlog.get_logger()


class Problem(BaseModel):
    """What every failed request answers; errors add their own fields, e.g. `actual` and `seen`."""

    model_config = ConfigDict(extra="allow")

    type: str = "about:blank"
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    retryable: bool


class RequestInvalid(Invalid):
    """The request does not have the documented shape. `fields` lists all that is wrong with it."""

    message = "{field}: {reason}"


def status_of(error: DomainError | type[DomainError]) -> int:
    """HTTP status of an error, by its nearest listed class."""
    kind = error if isinstance(error, type) else type(error)
    return next(STATUS[base] for base in kind.__mro__ if base in STATUS)


def problems(*kinds: type[DomainError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries of a route's failures; those that every route may have are added."""
    passing = (DatabaseBusy, OutcomeUnknown, Overloaded, ServiceStopping, StorageUnavailable)
    codes: dict[int, list[str]] = {400: ["bad_host", "bad_request"], 503: [kind.code() for kind in passing]}
    codes[401] = [SignInNeeded.code(), OtherPerson.code()]
    refusals = (AccountsOff, BrowserOnly, OtherPerson, RoleTooSmall, ScopeTooSmall)
    codes[403] = ["csrf_failed", *(kind.code() for kind in refusals)]
    codes[408] = [BodyTooSlow.code()]
    codes[413], codes[415], codes[422] = ["body_too_large"], ["content_type"], ["request_invalid"]
    for kind in kinds:
        codes.setdefault(status_of(kind), []).append(kind.code())
    return {
        status: {
            "description": f"{TITLES[status]}: {', '.join(sorted(set(names)))}",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status, names in sorted(codes.items())
    }


def problem(
    request: Request,
    *,
    status: int,
    code: str,
    detail: str,
    is_retryable: bool = False,
    context: Mapping[str, Any] | None = None,
    words: str | None = None,
) -> Response:
    """One problem as a response; answers that may be repeated say when. An error's context hides no field.

    `words` is what a page says instead of `detail`, which is English for programs.
    """
    body = {
        **(context or {}),
        "type": "about:blank",
        "title": TITLES.get(status, msgid("Error")),
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": request_id_of(request),
        "retryable": is_retryable,
    }
    request.scope.setdefault("state", {})[PROBLEM_CODE] = code
    headers = {"X-Request-Id": body["request_id"]}  # an accident is answered outside of what adds it
    if status in {429, 503}:
        headers["Retry-After"] = str(body.get("retry_after_seconds", 1))
    if status == 408:
        headers["Connection"] = "close"  # what is still to come of this request must not be read as the next
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if not _wants_page(request):
        return JSONResponse(body, status_code=status, media_type=MEDIA_TYPE, headers=headers)
    page = ProblemPage(
        page_title=_(body["title"]),
        detail=words or _(detail),
        code=code,
        request_id=body["request_id"],
    )
    return render(page, status=status, headers=headers)


def _wants_page(request: Request) -> bool:
    """Whether a person opened or sent a whole page; programs, and parts of pages, do not ask for HTML."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def request_id_of(request: Request) -> str:
    """The id that the log, the response header and the problem share."""
    return str(request.scope.get("state", {}).get("request_id", ""))


def install(app: FastAPI) -> None:
    """Register the handlers."""
    app.add_exception_handler(DomainError, _domain)
    app.add_exception_handler(SignInNeeded, _sign_in_first)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(OperationalError, _database)
    app.add_exception_handler(DBAPIError, _database)
    app.add_exception_handler(PoolTimeout, _pool)
    app.add_exception_handler(OSError, _system)
    app.add_exception_handler(Exception, _unexpected)


def _domain(request: Request, error: Exception) -> Response:
    assert isinstance(error, DomainError)
    return problem(
        request,
        status=status_of(error),
        code=error.code(),
        detail=str(error),
        is_retryable=error.is_retryable,
        context=error.context,
        words=words_of(error),
    )


def words_of(error: DomainError) -> str:
    """The sentence of an error in the language that is spoken, for pages."""
    return retell(str(error), (error.message, *error.parts))


def words_of_code(code: str, detail: str) -> str:
    """The same for an error that was kept as its code and its sentence."""
    kind = next((each for each in _kinds() if each.code() == code), DomainError)
    return retell(detail, (kind.message, *kind.parts))


def _kinds(base: type[DomainError] = DomainError) -> Iterator[type[DomainError]]:
    for kind in base.__subclasses__():
        yield kind
        yield from _kinds(kind)


def _sign_in_first(request: Request, error: Exception) -> Response:
    """Whoever opens a page is led to the sign-in and back; programs and parts of pages get the problem."""
    if not _wants_page(request):
        return _domain(request, error)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(here, safe='')}" if request.method == "GET" else ""
    return RedirectResponse(f"/sign-in{back}", status_code=303, headers={"Cache-Control": "no-store"})


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    refused = [_refused_field(each) for each in error.errors()[:FIELDS_NAMED]]
    return _domain(request, RequestInvalid(**refused[0], fields=refused))


def _refused_field(error: Mapping[str, Any]) -> dict[str, str]:
    """Where in the request, and why; a rule about several fields names the one to say it beside."""
    steps = [str(step) for step in error["loc"][1:]] + [str(error.get("ctx", {}).get("part", ""))]
    field = ".".join(step for step in steps if step) or str(error["loc"][0])
    return {"field": field, "reason": str(error["msg"]).encode("utf-8", "replace").decode()}


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}.get(
        error.status_code, "bad_request"
    )
    words = _("There is no page at this address.") if error.status_code == 404 else None
    return problem(request, status=error.status_code, code=code, detail=str(error.detail), words=words)


def _database(request: Request, error: Exception) -> Response:
    assert isinstance(error, DBAPIError)
    words = str(error.orig)
    is_busy = "locked" in words or getattr(error.orig, "sqlstate", None) in LOCK_STATES
    is_lost = getattr(error, "connection_invalidated", False)
    is_full = "disk is full" in words or "No space left" in words
    if is_full:
        return _domain(request, InsufficientStorage())
    only_reads = "read-only transaction" in words  # a standby that is about to become the server
    if is_busy or is_lost or only_reads or isinstance(error, OperationalError):
        log.warning("database_unavailable", error=words)
        # a connection that breaks during COMMIT says nothing about what was done
        return _domain(request, OutcomeUnknown() if is_lost else DatabaseBusy())
    return _unexpected(request, error)


def _pool(request: Request, error: Exception) -> Response:
    log.warning("database_pool_exhausted", error=str(error))
    return _domain(request, DatabaseBusy())


def _system(request: Request, error: Exception) -> Response:
    """Files are closed again in a moment, so that waiting helps; whatever else the system says is a fault."""
    assert isinstance(error, OSError)
    if error.errno in NO_FILE_LEFT:
        log.warning("no_file_left", error=str(error))
        return _domain(request, Overloaded(retry_after_seconds=2))
    return _unexpected(request, error)


def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected", method=request.method, path=request.url.path, exc_info=error)
    return problem(
        request,
        status=500,
        code="internal_error",
        detail=msgid("Something broke; the log has the request id."),
    )
