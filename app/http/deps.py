"""What routes ask for: sessions, the person, the time, settings and storage.

The writing session commits in the dependency, before the response leaves (scope "function"): the browser may
ask for the next image as soon as it reads the answer. Writers take turns in a first-come queue of the event
loop: one at a time on SQLite, whose own busy polling starves some of them for seconds; a few on PostgreSQL.
No thread may wait while one is needed to finish the request that holds the turn.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Annotated

import anyio
from fastapi import Depends, Path, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from app.access import Caller, Gate, Role
from app.db import BUSY_TIMEOUT_SECONDS, Database, database_now, utc_now
from app.errors import DatabaseBusy, DomainError
from app.http.admission import Admission
from app.measures import Measures
from app.settings import Settings
from app.sign_on import Provider
from app.storage import Storage

WRITERS = 4  # at once on PostgreSQL; 32 of them took four times as long, holding each other's row locks


class State:
    """What one running service shares between its requests."""

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        storage: Storage,
        gate: Gate,
        provider: Provider | None = None,
    ) -> None:
        self.settings = settings
        self.database = database
        self.storage = storage
        self.gate = gate
        self.provider = provider
        self.clock: Callable[[], datetime] = utc_now
        self.database_clock: Callable[[Session], datetime] = database_now
        self.admission = Admission()
        self.measures = Measures(lambda: self.admission.places)
        self.is_stopping = False  # set by `equimark serve`: endless answers end, or the server never would
        self._writers_turn = anyio.Semaphore(1 if database.is_sqlite else WRITERS)

    def writers_turn(self) -> AbstractAsyncContextManager[object]:
        """Held while a request writes; whoever came first goes first."""
        return self._writers_turn


def get_state(request: Request) -> State:
    """The state that the lifespan put there."""
    state: State = request.app.state.equimark
    return state


StateDep = Annotated[State, Depends(get_state)]


def get_reading_session(state: StateDep) -> Iterator[Session]:
    """A session for GET routes."""
    with state.database.reading() as session:
        yield session


@asynccontextmanager
async def writing(state: State) -> AsyncIterator[Session]:
    """A short writing session for a route that must work without one first, e.g. decode an upload."""
    turn = state.writers_turn()
    with anyio.move_on_after(BUSY_TIMEOUT_SECONDS) as waited:
        await turn.__aenter__()
    if waited.cancelled_caught:
        raise DatabaseBusy
    session = state.database.writing_session()
    try:
        yield session
        await run_in_threadpool(session.commit)
    except DomainError as error:
        if error.keeps_changes:
            await run_in_threadpool(session.commit)
        raise
    finally:
        with anyio.CancelScope(shield=True):
            await run_in_threadpool(session.close)
            await turn.__aexit__(None, None, None)


async def get_writing_session(state: StateDep) -> AsyncIterator[Session]:
    """A session for writing routes: committed when the route returns, rolled back when it raises."""
    async with writing(state) as session:
        yield session


def get_caller(request: Request) -> Caller:
    """Who asks, as the gate found out; a public route has none."""
    caller: Caller = request.state.caller
    return caller


def get_role(request: Request) -> Role:
    """What the caller is in the project of the path."""
    role: Role = request.state.role
    return role


def get_user_id(caller: Annotated[Caller, Depends(get_caller)]) -> int:
    """Whose work this request does."""
    return caller.user_id


def get_now(state: StateDep) -> datetime:
    """The time at which this request is answered."""
    return state.clock()


def get_settings_of_app(state: StateDep) -> Settings:
    """The settings that this service was started with."""
    return state.settings


ReadDep = Annotated[Session, Depends(get_reading_session, scope="function")]
WriteDep = Annotated[Session, Depends(get_writing_session, scope="function")]


def get_lease_now(state: StateDep, session: WriteDep) -> datetime:
    """The time by which leases begin and end: the database's, since clocks of web services may differ."""
    return state.database_clock(session)


UserIdDep = Annotated[int, Depends(get_user_id)]
CallerDep = Annotated[Caller, Depends(get_caller)]
RoleDep = Annotated[Role, Depends(get_role)]
NowDep = Annotated[datetime, Depends(get_now)]
SettingsDep = Annotated[Settings, Depends(get_settings_of_app)]
LeaseNowDep = Annotated[datetime, Depends(get_lease_now, scope="function")]
RowId = Annotated[int, Path(ge=1, le=2**63 - 1)]
