"""Services that break a promise: each function makes one of the process that calls it, before it begins.

Where a fault would have to hit within microseconds, the mutant waits there, as a slow disk would.
"""

import asyncio
import io
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, BinaryIO

MOMENT_SECONDS = 0.1


def audit_in_a_second_transaction() -> None:
    from sqlalchemy.orm import Session

    from app import audit, db

    record = audit.record

    def record_afterwards(session: Session, **entry: Any) -> None:
        def write() -> None:
            time.sleep(MOMENT_SECONDS)
            with Session(session.get_bind()) as own:
                record(own, **entry)
                own.commit()

        db.after_commit(session, write)

    audit.record = record_afterwards


def acknowledged_before_the_commit() -> None:
    from sqlalchemy.orm import Session
    from starlette.concurrency import run_in_threadpool

    from app.http import deps

    commits = set()

    @asynccontextmanager
    async def writing(state: deps.State) -> AsyncIterator[Session]:
        session = state.database.writing_session()

        async def commit() -> None:
            await asyncio.sleep(5 * MOMENT_SECONDS)
            await run_in_threadpool(session.commit)
            await run_in_threadpool(session.close)

        try:
            yield session
        finally:
            task = asyncio.create_task(commit())
            commits.add(task)
            task.add_done_callback(commits.discard)

    deps.writing = writing


def no_idempotency() -> None:
    from app.annotations import repository, service

    append = service._append

    def append_anew(session: Any, revision: Any, *, image: Any, kind: str, base: int, **by: Any) -> None:
        if repository.find_revision(session, revision.id) is not None:
            revision.id = uuid.uuid4()
            base = repository.find_current(session, image.id, kind).number
        append(session, revision, image=image, kind=kind, base=base, **by)

    service._find_earlier = lambda *_: None
    service._append = append_anew


def queued_before_the_commit() -> None:
    from sqlalchemy.orm import Session

    from app import jobs

    enqueue = jobs.enqueue

    def enqueue_at_once(session: Session, kind: Any, **about: Any) -> Any:
        with Session(session.get_bind(), expire_on_commit=False) as own:
            job = enqueue(own, kind, **about)
            own.commit()
        time.sleep(20 * MOMENT_SECONDS)
        return job

    jobs.enqueue = enqueue_at_once


def hold_taken_from_whoever_has_it() -> None:
    from app.db import insert_into
    from app.queue import repository
    from app.queue.tables import Hold

    def take_hold(session: Any, lease: Any, *, now: Any) -> bool:
        held = {"lease_id": lease.id, "expires_at": lease.expires_at}
        fresh = insert_into(session, Hold).values(image_id=lease.image_id, **held)
        session.execute(fresh.on_conflict_do_update(index_elements=["image_id"], set_=held))
        return True

    repository.take_hold = take_hold


def jobs_without_a_fence() -> None:
    from app import jobs
    from app.exchange import exporting
    from worker.context import JobContext

    copy = exporting._copy_images

    def copy_slowly(*arguments: Any) -> Any:
        time.sleep(10 * MOMENT_SECONDS)
        return copy(*arguments)

    exporting._copy_images = copy_slowly
    jobs._fenced = lambda claim: (jobs.Job.id == claim.job_id,)
    JobContext.check_wanted = lambda _: None


def counter_read_then_written() -> None:
    from app.annotations import service
    from app.annotations.tables import Tally

    def count(session: Any, revision: Any) -> None:
        tally = session.get(Tally, (revision.project_id, revision.kind), populate_existing=True)
        if tally is None:
            tally = Tally(project_id=revision.project_id, kind=revision.kind)
            tally.labelled_count = tally.revision_count = tally.timed_count = 0
            tally.active_seconds = 0.0
            session.add(tally)
        # plain numbers, as a program keeps them that has read them
        tally.labelled_count += revision.number == 1
        tally.revision_count += 1
        tally.timed_count += revision.active_seconds is not None
        tally.active_seconds += min(revision.active_seconds or 0.0, service.LONGEST_TIMED_SECONDS)
        session.flush()

    service._count = count


def blobs_written_in_place() -> None:
    from app.storage import FolderStorage

    writing = FolderStorage.writing

    @contextmanager
    def write_in_place(self: FolderStorage, key: str) -> Iterator[BinaryIO]:
        if not key.startswith(("images/", "networks/", "exports/")):
            with writing(self, key) as file:
                yield file
            return
        content = io.BytesIO()
        yield content
        target = self.path_of(key)
        if target.exists():  # stays as it is, half or whole
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            half = len(content.getvalue()) // 2
            file.write(content.getvalue()[:half])
            file.flush()
            time.sleep(10 * MOMENT_SECONDS)
            file.write(content.getvalue()[half:])

    FolderStorage.writing = write_in_place


def predictions_written_into_labels() -> None:
    from sqlalchemy import update

    from app.annotations.tables import Revision
    from app.predictions import service
    from tests.append_only import lift_guard

    store = service.store_predictions

    def store_and_write(session: Any, network: Any, rows: Any) -> int:
        lift_guard(session)
        for row in rows:
            points = [
                {"name": point["name"], "state": "visible", "x": point["x"], "y": point["y"]}
                for point in row["points"]
            ]
            theirs = update(Revision).where(
                Revision.image_id == row["image_id"], Revision.kind == "landmarks"
            )
            session.execute(theirs.values(body={"points": points}))
        return store(session, network, rows)

    service.store_predictions = store_and_write


PATCHES: Mapping[str, Callable[[], None]] = {
    patch.__name__: patch
    for patch in (
        audit_in_a_second_transaction,
        acknowledged_before_the_commit,
        no_idempotency,
        queued_before_the_commit,
        hold_taken_from_whoever_has_it,
        jobs_without_a_fence,
        counter_read_then_written,
        blobs_written_in_place,
        predictions_written_into_labels,
    )
}
