"""Pages of signing in with an identity provider: the way there, and the way back.

Both are GETs, as the protocol wants it. The way there changes nothing here: what belongs to it lies in a
cookie of the browser. The way back needs that cookie and the `state` in it, so no other page can send anybody
there.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

import anyio
from anyio import to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.access import PUBLIC
from app.errors import DomainError
from app.http.access import Guarded, needs
from app.http.deps import NowDep, State, StateDep, writing
from app.http.errors import status_of, words_of
from app.http.local_path import HOME, local_path
from app.http.pages import render
from app.language import _
from app.sign_on import CALLBACK, Claims, Flow, Provider, SignOnOff, SignOnRefused, SignOnUnavailable
from app.users import identities, invitations, sessions
from app.users.pages import SignInPage, address_of, begin_session, sign_on_of
from app.users.service import UserNameTaken

FLOW_SECONDS = 600  # to type a password at the provider and find the telephone
ASKED_AT_ONCE = 4  # a provider that hangs must not take the threads that labels are saved by
# not written down: anybody can cause them, any number of times
NOT_BELIEVED = (SignOnRefused, SignOnUnavailable)
NOT_LET_IN = (
    identities.EmailNotVerified,
    identities.NotInvited,
    identities.PersonDisabled,
    invitations.AlreadySetUp,
    invitations.InvitationEnded,
    invitations.InvitationNotFound,
    UserNameTaken,
)

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded)
_asking = anyio.CapacityLimiter(ASKED_AT_ONCE)
Said = Annotated[str, Query(max_length=4096)]


@dataclass(frozen=True)
class Answer:
    """What the provider sent along with the browser."""

    state: str
    code: str
    error: str
    issuer: str


@router.get("/sign-in/oidc")
@needs(PUBLIC)
async def sign_on(state: StateDep, next_path: Annotated[str, Query(alias="next")] = HOME) -> Response:
    """Send the browser to the provider."""
    return await _sent(state, Flow.begin(next_path=local_path(next_path)))


@router.get("/invitations/{secret}/oidc")
@needs(PUBLIC)
async def sign_on_invited(secret: str, state: StateDep, now: NowDep) -> Response:
    """The same with an invitation in hand."""
    await run_in_threadpool(_check_invitation, state, secret, now)
    return await _sent(state, Flow.begin(next_path=HOME, invitation=secret))


@router.get(CALLBACK)
@needs(PUBLIC)
async def come_back(
    request: Request,
    state: StateDep,
    now: NowDep,
    said_state: Annotated[Said, Query(alias="state")] = "",
    code: Said = "",
    said_error: Annotated[Said, Query(alias="error")] = "",
    iss: Said = "",
) -> Response:
    """The provider has answered: begin a session, or say why not."""
    provider = _provider_of(state)
    flow = Flow.find(request.cookies.get(_cookie_name(state)))
    try:
        answer = Answer(state=said_state, code=code, error=said_error, issuer=iss)
        secret, to = await _entered(request, state, provider, flow, answer, now)
    except NOT_BELIEVED as error:
        return _refused(state, flow, error)
    except NOT_LET_IN as error:
        async with writing(state) as session:
            await run_in_threadpool(
                identities.record_refusal, session, error, address=address_of(request), now=now
            )
        return _refused(state, flow, error)
    return _forgetting(state, begin_session(state, secret, to=to))


async def _sent(state: State, flow: Flow) -> Response:
    provider = _provider_of(state)
    address = await to_thread.run_sync(provider.address_of, flow, limiter=_asking)
    answer = RedirectResponse(address, status_code=303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        _cookie_name(state),
        flow.to_cookie(),
        max_age=FLOW_SECONDS,
        path="/",
        secure=state.settings.is_https,
        httponly=True,
        samesite="lax",
    )
    return answer


async def _entered(
    request: Request, state: State, provider: Provider, flow: Flow | None, answer: Answer, now: datetime
) -> tuple[str, str]:
    """The secret of the new session, and where to go."""
    if flow is None or not hmac.compare_digest(flow.state.encode(), answer.state.encode()):
        raise SignOnRefused(reason="this browser has not asked for it, or too long ago")
    if answer.error or not answer.code:
        raise SignOnRefused(reason="the sign-in service did not let you through")
    if answer.issuer and answer.issuer != provider.issuer:  # RFC 9207
        raise SignOnRefused(reason="another service answered than was asked")

    def redeem() -> Claims:
        return provider.redeem(flow, answer.code, now=now)

    claims = await to_thread.run_sync(redeem, limiter=_asking)
    async with writing(state) as session:
        return await run_in_threadpool(_enter, session, request, state, flow, claims, now)


def _enter(
    session: Session, request: Request, state: State, flow: Flow, claims: Claims, now: datetime
) -> tuple[str, str]:
    entered = identities.enter(session, claims, invitation=flow.invitation, now=now)
    secret = sessions.begin(
        session,
        entered.user,
        address=address_of(request),
        browser=request.headers.get("user-agent", ""),
        lasts=state.settings.session_lasts,
        now=now,
    )
    return secret, f"/projects/{entered.project_id}" if entered.project_id else local_path(flow.next_path)


def _refused(state: State, flow: Flow | None, error: DomainError) -> Response:
    next_path = local_path(flow.next_path) if flow else HOME
    page = SignInPage(
        page_title=_("Sign in"),
        next_path=next_path,
        error=words_of(error),
        sign_on=sign_on_of(state, next_path),
    )
    return _forgetting(state, render(page, status=status_of(error)))


def _forgetting(state: State, answer: Response) -> Response:
    """The flow is over: its cookie must not serve twice."""
    answer.delete_cookie(_cookie_name(state), path="/", secure=state.settings.is_https, httponly=True)
    return answer


def _provider_of(state: State) -> Provider:
    if state.provider is None:
        raise SignOnOff
    return state.provider


def _check_invitation(state: State, secret: str, now: datetime) -> None:
    with state.database.reading() as session:
        invitations.look_at(session, secret, now=now)


def _cookie_name(state: State) -> str:
    return "__Host-equimark-sign-on" if state.settings.is_https else "equimark-sign-on"
