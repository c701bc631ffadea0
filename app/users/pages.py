"""Pages that let people in: sign-in, sign-out, and what an invitation's link opens."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from urllib.parse import quote

import anyio
from anyio import to_thread
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.access import OWN_ACCOUNT, PUBLIC
from app.errors import DomainError
from app.http.access import Guarded, cookie_name, needs
from app.http.deps import CallerDep, NowDep, ReadDep, State, StateDep, WriteDep, writing
from app.http.errors import status_of, words_of
from app.http.local_path import HOME, local_path
from app.http.pages import Page, render
from app.language import _
from app.projects import service as projects
from app.users import invitations, passwords, service, sessions, signing_in
from app.users.invitations import Offer
from app.users.limits import TooManySignIns
from app.users.passwords import PasswordRefused
from app.users.service import UserNameInvalid, UserNameTaken
from app.users.signing_in import SignInFailed

HASHES_AT_ONCE = 2  # each takes 64 MiB and a core; labels go on meanwhile

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded)
hashing = anyio.CapacityLimiter(HASHES_AT_ONCE)
NameField = Annotated[str, Form(max_length=200)]
PasswordField = Annotated[str, Form(max_length=1000)]
NextField = Annotated[str, Form(alias="next", max_length=2000)]


@dataclass(frozen=True)
class SignOn:
    """The way to the identity provider."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class SignInPage(Page):
    """What templates/users/sign_in.html may use."""

    template: ClassVar[str] = "users/sign_in.html"
    name: str = ""
    next_path: str = HOME
    error: str = ""
    sign_on: SignOn | None = None


@dataclass(frozen=True, kw_only=True)
class InvitationPage(Page):
    """What templates/users/invitation.html may use: make an account, or join with one that exists."""

    template: ClassVar[str] = "users/invitation.html"
    secret: str
    project_name: str | None
    role: str | None
    joins_as: str | None = None
    name: str = ""
    error: str = ""
    least: int = passwords.LEAST
    sign_on: SignOn | None = None


@router.get("/sign-in")
@needs(PUBLIC)
def sign_in_page(request: Request, state: StateDep) -> Response:
    """The form; `next` is where it leads afterwards, and at once where there are no accounts."""
    to = local_path(request.query_params.get("next", HOME))
    if not state.gate.has_accounts:
        return RedirectResponse(to, 303)
    return render(SignInPage(page_title=_("Sign in"), next_path=to, sign_on=sign_on_of(state, to)))


@router.post("/sign-in")
@needs(PUBLIC)
async def sign_in(
    request: Request,
    state: StateDep,
    now: NowDep,
    name: NameField = "",
    password: PasswordField = "",
    next_path: NextField = HOME,
) -> Response:
    """Check the password and begin a session."""
    try:
        secret = await _sign_in(request, state, name, password, now)
    except (SignInFailed, TooManySignIns) as error:
        to = local_path(next_path)
        page = SignInPage(
            page_title=_("Sign in"),
            name=name,
            next_path=to,
            error=words_of(error),
            sign_on=sign_on_of(state, to),
        )
        wait = error.context.get("retry_after_seconds")
        return render(page, status=status_of(error), headers={"Retry-After": str(wait)} if wait else None)
    return begin_session(state, secret, to=local_path(next_path))


@router.post("/sign-out")
@needs(OWN_ACCOUNT)
def sign_out(state: StateDep, session: WriteDep, caller: CallerDep, now: NowDep) -> Response:
    """End this browser's session."""
    if caller.sign_in_id is not None:
        sessions.end(session, user_id=caller.user_id, sign_in_id=caller.sign_in_id, now=now)
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(cookie_name(state.settings), path="/", secure=state.settings.is_https, httponly=True)
    return answer


@router.get("/invitations/{secret}")
@needs(PUBLIC)
def invitation_page(secret: str, session: ReadDep, state: StateDep, now: NowDep) -> HTMLResponse:
    """What the link offers, and a form for a new account."""
    offer = invitations.look_at(session, secret, now=now)
    return render(_invitation_page(session, secret, offer, sign_on=_invited_sign_on(state, secret)))


@router.post("/invitations/{secret}")
@needs(PUBLIC)
async def accept_invitation(
    secret: str,
    request: Request,
    state: StateDep,
    now: NowDep,
    name: NameField = "",
    password: PasswordField = "",
) -> Response:
    """Make an account and begin its first session."""
    offer = await run_in_threadpool(_look_at, state, secret, now)
    try:
        hashed = await to_thread.run_sync(_hash, password, name, limiter=hashing)
        async with writing(state) as session:
            cookie = await run_in_threadpool(_accept, session, request, state, secret, name, hashed, now)
    except (PasswordRefused, UserNameTaken, UserNameInvalid) as error:
        return await run_in_threadpool(_refused, state, secret, offer, name, error)
    return begin_session(state, cookie, to=_home_of(offer))


@router.get("/invitations/{secret}/join")
@needs(OWN_ACCOUNT)
def join_page(secret: str, session: ReadDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """The same offer for somebody who has an account."""
    offer = invitations.look_at(session, secret, now=now)
    return render(_invitation_page(session, secret, offer, joins_as=caller.name))


@router.post("/invitations/{secret}/join")
@needs(OWN_ACCOUNT)
def join(secret: str, session: WriteDep, caller: CallerDep, now: NowDep) -> Response:
    """Take the role that is offered."""
    offer = invitations.look_at(session, secret, now=now)
    invitations.accept_as(session, secret, service.get(session, caller.user_id), now=now)
    return RedirectResponse(_home_of(offer), status_code=303)


def begin_session(state: State, secret: str, *, to: str) -> Response:
    """Give the browser its cookie."""
    answer = RedirectResponse(to, status_code=303, headers={"Cache-Control": "no-store"})
    answer.set_cookie(
        cookie_name(state.settings),
        secret,
        max_age=round(state.settings.session_lasts.total_seconds()),
        path="/",
        secure=state.settings.is_https,
        httponly=True,
        samesite="lax",
    )
    return answer


def sign_on_of(state: State, to: str) -> SignOn | None:
    """The way to the identity provider and then to `to`, where there is a provider."""
    if state.provider is None:
        return None
    return SignOn(state.provider.name, f"/sign-in/oidc?next={quote(to, safe='')}")


def address_of(request: Request) -> str:
    """Who asks, as far as the connection says."""
    return request.client.host[:64] if request.client else "unknown"


async def _sign_in(request: Request, state: State, name: str, password: str, now: datetime) -> str:
    address = address_of(request)
    async with writing(state) as session:
        attempt = await run_in_threadpool(signing_in.begin, session, name=name, address=address, now=now)
    is_right = await to_thread.run_sync(signing_in.is_right, attempt, password, limiter=hashing)
    async with writing(state) as session:
        if is_right:
            return await run_in_threadpool(_begin, session, request, state, attempt, now)
        await run_in_threadpool(signing_in.fail, session, attempt, address=address, now=now)
    raise SignInFailed


def _begin(
    session: Session, request: Request, state: State, attempt: signing_in.Attempt, now: datetime
) -> str:
    return signing_in.succeed(
        session,
        attempt,
        address=address_of(request),
        browser=request.headers.get("user-agent", ""),
        lasts=state.settings.session_lasts,
        now=now,
    )


def _look_at(state: State, secret: str, now: datetime) -> Offer:
    with state.database.reading() as session:
        return invitations.look_at(session, secret, now=now)


def _hash(password: str, name: str) -> str:
    return passwords.hash_password(password, name=service.checked_name(name))


def _accept(
    session: Session, request: Request, state: State, secret: str, name: str, hashed: str, now: datetime
) -> str:
    user = invitations.accept_new(session, secret, name=name, password_hash=hashed, now=now)
    return sessions.begin(
        session,
        user,
        address=address_of(request),
        browser=request.headers.get("user-agent", ""),
        lasts=state.settings.session_lasts,
        now=now,
    )


def _refused(state: State, secret: str, offer: Offer, name: str, error: DomainError) -> HTMLResponse:
    with state.database.reading() as session:
        sign_on = _invited_sign_on(state, secret)
        page = _invitation_page(session, secret, offer, name=name, error=words_of(error), sign_on=sign_on)
    return render(page, status=status_of(error))


def _invitation_page(
    session: Session,
    secret: str,
    offer: Offer,
    *,
    joins_as: str | None = None,
    name: str = "",
    error: str = "",
    sign_on: SignOn | None = None,
) -> InvitationPage:
    project = projects.get_project(session, offer.project_id) if offer.project_id else None
    return InvitationPage(
        page_title=_("Invitation"),
        secret=secret,
        project_name=project.name if project else None,
        role=offer.role,
        joins_as=joins_as,
        name=name,
        error=error,
        sign_on=sign_on,
    )


def _invited_sign_on(state: State, secret: str) -> SignOn | None:
    if state.provider is None:
        return None
    return SignOn(state.provider.name, f"/invitations/{quote(secret, safe='')}/oidc")


def _home_of(offer: Offer) -> str:
    return f"/projects/{offer.project_id}" if offer.project_id else HOME
