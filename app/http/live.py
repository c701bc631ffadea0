"""What happens in a project as server-sent events: the rows of app/events.py, read about once a second."""

from collections.abc import AsyncIterator, Sequence

import anyio
from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from app import events
from app.events import ProjectEvent
from app.http.deps import State, StateDep

LOOK_EVERY_SECONDS = 1.0
RETRY_MILLISECONDS = 2000
LASTS_SECONDS = 300.0  # then the browser asks anew, and so does the gate: a role may have been taken away


async def listening(state: StateDep) -> AsyncIterator[None]:
    """Be counted for as long as the answer lasts: streams hold no place, but there may not be any number.

    Raises:
        Overloaded.

    """
    with state.admission.listening():
        yield


async def project_events(
    state: State, project_id: int, last_id: int | None
) -> AsyncIterator[ServerSentEvent]:
    """Events newer than `last_id`, or from now on; ends when the server stops, or to be asked for anew.

    The first message only carries an id: a browser that is cut off before anything happens resumes there.
    """
    if last_id is None:
        last_id = await run_in_threadpool(_newest, state, project_id)
    yield ServerSentEvent(id=str(last_id), retry=RETRY_MILLISECONDS, comment="listening")
    ends_at = anyio.current_time() + LASTS_SECONDS
    while not state.is_stopping and anyio.current_time() < ends_at:
        for row in await run_in_threadpool(_after, state, project_id, last_id):
            yield ServerSentEvent(id=str(row.id), event=row.name, data=row.body)
            last_id = row.id
        await anyio.sleep(LOOK_EVERY_SECONDS)


def _newest(state: State, project_id: int) -> int:
    with state.database.reading() as session:
        return events.newest_event_id(session, project_id)


def _after(state: State, project_id: int, last_id: int) -> Sequence[ProjectEvent]:
    with state.database.reading() as session:
        return events.events_after(session, project_id, last_id)
