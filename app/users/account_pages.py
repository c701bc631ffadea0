"""My account: the password, the browsers that are signed in, the tokens of programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, ClassVar

from anyio import to_thread
from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.access import OWN_ACCOUNT, Caller, Permission
from app.errors import DomainError
from app.http.access import Guarded, needs
from app.http.deps import CallerDep, NowDep, ReadDep, RowId, State, StateDep, WriteDep, writing
from app.http.errors import status_of, words_of
from app.http.pages import Page, render
from app.language import _, msgid
from app.projects import service as projects
from app.projects.service import ProjectNotFound
from app.users import passwords, service, sessions, signing_in, tokens
from app.users.browsers import browser_words
from app.users.limits import TooManySignIns
from app.users.pages import PasswordField, address_of, hashing
from app.users.passwords import PasswordRefused
from app.users.service import PasswordChangedMeanwhile
from app.users.signing_in import Attempt, SignInFailed

TOKEN_DAYS = (30, 90, 365)
SCOPES = {
    Permission.SEE: msgid("read everything of a project"),
    Permission.LABEL: msgid("answer questions, have a picture predicted"),
    Permission.REVIEW: msgid("read answers that were not merged"),
    Permission.MANAGE: msgid("images, schema, training, exports, people"),
    Permission.ADMIN: msgid("make projects, list all people"),
    Permission.METRICS: msgid("read /metrics, for Prometheus"),
}

router = APIRouter(
    prefix="/account", include_in_schema=False, default_response_class=HTMLResponse, route_class=Guarded
)


@dataclass(frozen=True)
class SessionRow:
    """One browser that is signed in."""

    id: int
    browser: str
    address: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


@dataclass(frozen=True)
class TokenRow:
    """One token in words."""

    id: int
    name: str
    start: str
    scopes: str
    seen_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True)
class Choice:
    """One project that a token may be bound to."""

    id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class AccountPage(Page):
    """What templates/users/account.html may use."""

    template: ClassVar[str] = "users/account.html"
    account_name: str
    sessions: Sequence[SessionRow]
    tokens: Sequence[TokenRow]
    projects: Sequence[Choice]
    scopes: dict[Permission, str]
    token_days: tuple[int, ...] = TOKEN_DAYS
    least: int = passwords.LEAST
    new_secret: str | None = None
    password_error: str = ""
    token_error: str = ""
    said: str = ""


@router.get("")
@needs(OWN_ACCOUNT)
def account_page(session: ReadDep, state: StateDep, caller: CallerDep, now: NowDep) -> HTMLResponse:
    """The whole page."""
    return render(_page(session, state, caller, now))


@router.post("/password")
@needs(OWN_ACCOUNT)
async def change_password(
    request: Request,
    state: StateDep,
    caller: CallerDep,
    now: NowDep,
    current: PasswordField = "",
    password: PasswordField = "",
) -> Response:
    """Change the password; all other browsers are signed out."""
    try:
        await _change_password(request, state, caller, current, password, now)
    except (SignInFailed, TooManySignIns, PasswordRefused, PasswordChangedMeanwhile) as error:
        wrong = _("This is not your password.") if isinstance(error, SignInFailed) else words_of(error)
        return await run_in_threadpool(_render, state, caller, now, error, password_error=wrong)
    said = _("The password is changed, and all other browsers are signed out.")
    return await run_in_threadpool(_render, state, caller, now, None, said=said)


@router.post("/sessions/{sign_in_id}/end")
@needs(OWN_ACCOUNT)
def end_session(sign_in_id: RowId, session: WriteDep, caller: CallerDep, now: NowDep) -> Response:
    """Sign another browser out."""
    sessions.end(session, user_id=caller.user_id, sign_in_id=sign_in_id, now=now)
    return RedirectResponse("/account", status_code=303)


@router.post("/tokens")
@needs(OWN_ACCOUNT)
def make_token(
    session: WriteDep,
    state: StateDep,
    caller: CallerDep,
    now: NowDep,
    name: Annotated[str, Form(max_length=100)] = "",
    scopes: Annotated[list[Permission] | None, Form()] = None,
    project_id: Annotated[int, Form(ge=0, le=2**63 - 1)] = 0,
    days: Annotated[int, Form(ge=1, le=365)] = 90,
) -> Response:
    """Make a token and show its secret, this once."""
    if not name.strip() or not scopes:
        error = _("A token needs a name and something that it may do.")
        return render(_page(session, state, caller, now, token_error=error), status=422)
    try:
        if project_id:
            projects.check_seen(session, project_id, seen_by=caller)
    except ProjectNotFound as missing:
        return render(_page(session, state, caller, now, token_error=words_of(missing)), status=404)
    _token, secret = tokens.make(
        session,
        caller.user_id,
        name=name.strip(),
        scopes=scopes,
        project_id=project_id or None,
        lasts=timedelta(days=days),
        now=now,
    )
    return render(_page(session, state, caller, now, new_secret=secret))


@router.post("/tokens/{token_id}/revoke")
@needs(OWN_ACCOUNT)
def revoke_token(token_id: RowId, session: WriteDep, caller: CallerDep, now: NowDep) -> Response:
    """End a token."""
    tokens.revoke(session, user_id=caller.user_id, token_id=token_id, now=now)
    return RedirectResponse("/account", status_code=303)


async def _change_password(
    request: Request, state: State, caller: Caller, current: str, password: str, now: datetime
) -> None:
    """The current one is asked for, and limited like a sign-in: a browser left open is no password."""
    address = address_of(request)
    async with writing(state) as session:
        attempt = await run_in_threadpool(
            signing_in.begin, session, name=caller.name, address=address, now=now
        )
    if not await to_thread.run_sync(signing_in.is_right, attempt, current, limiter=hashing):
        async with writing(state) as session:
            await run_in_threadpool(signing_in.fail, session, attempt, address=address, now=now)
        raise SignInFailed
    hashed = await to_thread.run_sync(_hash, password, caller.name, limiter=hashing)
    async with writing(state) as session:
        await run_in_threadpool(_store, session, caller, attempt, hashed, now)


def _hash(password: str, name: str) -> str:
    return passwords.hash_password(password, name=name)


def _store(session: Session, caller: Caller, attempt: Attempt, hashed: str, now: datetime) -> None:
    service.set_password(
        session,
        caller.user_id,
        was=attempt.password_hash,
        password_hash=hashed,
        keep=caller.sign_in_id,
        by=caller.user_id,
        now=now,
    )
    signing_in.count_success(session, attempt)


def _render(
    state: State, caller: Caller, now: datetime, error: DomainError | None, **words: str
) -> HTMLResponse:
    with state.database.reading() as session:
        page = _page(session, state, caller, now, **words)
    return render(page, status=status_of(error) if error else 200)


def _page(
    session: Session,
    state: State,
    caller: Caller,
    now: datetime,
    *,
    new_secret: str | None = None,
    password_error: str = "",
    token_error: str = "",
    said: str = "",
) -> AccountPage:
    valid = sessions.list_valid(session, caller.user_id, idle=state.settings.session_idle, now=now)
    return AccountPage(
        page_title=_("My account"),
        account_name=caller.name,
        sessions=[
            SessionRow(
                row.id,
                browser_words(row.browser),
                row.address,
                row.created_at,
                row.seen_at,
                row.id == caller.sign_in_id,
            )
            for row in valid
        ],
        tokens=[
            TokenRow(row.id, row.name, row.start, ", ".join(row.scopes), row.seen_at, row.expires_at)
            for row in tokens.list_of(session, caller.user_id)
            if row.ended_at is None and row.expires_at > now
        ],
        projects=[
            Choice(row.id, row.name) for row in projects.list_projects(session, seen_by=caller, limit=200)
        ],
        scopes=SCOPES,
        new_secret=new_secret,
        password_error=password_error,
        token_error=token_error,
        said=said,
    )
