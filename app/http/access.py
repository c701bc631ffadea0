"""Every route says what it needs, and is asked before its body is read.

    @router.get("/projects/{project_id}/images", ...)
    @needs(SEE)
    def list_images(...): ...

A route that says nothing does not come into being: `Guarded` refuses it while the program starts, and
`check_routes` refuses a router without `route_class=Guarded`.
"""

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, TypeVar

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, Mount

from app.access import Admitted, Caller, Credentials, Need, OtherPerson, Permission
from app.http.admission import Work
from app.http.bodies import Body
from app.http.deps import State, get_state, writing
from app.http.pages import SignedIn, signed_in
from app.http.security import HANDLER, bearer_of
from app.settings import Settings

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_NEED, _WORK = "__need__", "__work__"
PERSON = "Equimark-Person"  # a page says for whom it was made


class Undeclared(TypeError):
    """A programming error: a route that would be open to everybody."""


def needs(need: Need, *, work: Work | None = None) -> Callable[[Endpoint], Endpoint]:
    """Declare what a route asks of its caller. Stands between the router's decorator and the function.

    work   the places that its requests take (app/http/admission.py); of what it needs, where it does not say
    """

    def declare(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _NEED, need)
        setattr(endpoint, _WORK, work or _work_for(need))
        return endpoint

    return declare


def need_of(endpoint: Callable[..., Any]) -> Need:
    """What a route has declared.

    Raises:
        Undeclared.

    """
    need = getattr(endpoint, _NEED, None)
    if not isinstance(need, Need):
        raise Undeclared(
            f"{endpoint.__module__}.{endpoint.__qualname__} does not say what it needs: @needs(...)"
        )
    return need


class Guarded(APIRoute):
    """A route behind the gate."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Ask the gate, then do what the route does."""
        need, handle = need_of(self.endpoint), super().get_route_handler()
        work, name = getattr(self.endpoint, _WORK), self.endpoint.__name__

        async def guarded(request: Request) -> Response:
            request.scope["state"][HANDLER] = name
            admission, body = get_state(request).admission, Body(request)
            read = request if work is Work.HEAVY else Request(request.scope, body.receive)
            async with admission.turn(work):
                await _admit(request, need)
                if work is Work.HEAVY or await body.comes_at_once():
                    return await handle(read)
            with admission.awaiting_body():
                await body.wait()
            async with admission.turn(work):
                return await handle(read)

        return guarded


def _work_for(need: Need) -> Work:
    return Work.LABELS if need.permission is Permission.LABEL else Work.READS


def check_routes(app: FastAPI) -> None:
    """Refuse an application in which something but the static files stands outside the gate.

    Raises:
        Undeclared.

    """
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, Guarded) and not _is_static(route):
            raise Undeclared(f"{context.path} is not guarded: APIRouter(..., route_class=Guarded)")


def guarded_routes(app: FastAPI) -> Iterable[tuple[str, str, Need]]:
    """Method, path and need of every route."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Guarded):
            for method in sorted(context.methods or ()):
                yield method, context.path or "", need_of(context.original_route.endpoint)


def cookie_name(settings: Settings) -> str:
    """A `__Host-` cookie can be set by this very host alone, and only over TLS."""
    return "__Host-equimark" if settings.is_https else "equimark"


def public_url(request: Request) -> str:
    """The address that people type: as it is set, or as this request came, whose host has been checked."""
    settings = get_state(request).settings
    return settings.public_url or str(request.base_url).rstrip("/")


def invitation_url(request: Request, secret: str) -> str:
    """The link of an invitation."""
    return f"{public_url(request)}/invitations/{secret}"


def _is_static(route: BaseRoute) -> bool:
    return isinstance(route, Mount) and route.path == "/static"


async def _admit(request: Request, need: Need) -> None:
    state = get_state(request)
    now = state.clock()
    credentials = Credentials(
        cookie=request.cookies.get(cookie_name(state.settings)), bearer=bearer_of(request.headers)
    )
    if state.gate.has_accounts:
        admitted = await run_in_threadpool(state.gate.admit, need, credentials, request.path_params, now=now)
    else:  # nothing is looked up, so no thread is needed
        admitted = state.gate.admit(need, credentials, request.path_params, now=now)
    _check_person(request, admitted.caller)
    request.state.caller, request.state.role = admitted.caller, admitted.role
    if admitted.caller is not None:
        structlog.contextvars.bind_contextvars(user=admitted.caller.user_id)
    _show(state, admitted)
    if admitted.seen_is_stale and admitted.caller is not None:
        async with writing(state) as session:
            await run_in_threadpool(state.gate.touch, session, admitted.caller, now=now)


def _check_person(request: Request, caller: Caller | None) -> None:
    """A page that was opened by one person must not answer as another who has signed in since."""
    meant = request.headers.get(PERSON)
    if meant is not None and caller is not None and not caller.is_local and meant != str(caller.user_id):
        raise OtherPerson


def _show(state: State, admitted: Admitted) -> None:
    if not state.gate.has_accounts or admitted.caller is None:
        signed_in.set(None)
        return
    permissions = admitted.role.permissions if admitted.role else frozenset()
    signed_in.set(SignedIn(admitted.caller.user_id, admitted.caller.name, permissions))
