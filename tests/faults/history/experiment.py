"""One run: people at work, one thing after the other broken, then all well again and every row looked at."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select

from app.access import Permission, Role
from app.db import utc_now
from app.images.tables import Image
from app.insights.verify import findings
from app.jobs import Job
from app.projects import service as projects
from app.projects.schemas import Schema
from app.settings import Settings
from app.users import members, service, tokens
from tests.apart import run_apart
from tests.faults.history.admin import Manager
from tests.faults.history.background import Background
from tests.faults.history.calm import check_calm
from tests.faults.history.checker import Stored, Violation, check_labels
from tests.faults.history.cuts import check_exports, check_import
from tests.faults.history.images import SCHEMA
from tests.faults.history.nemesis import Nemesis
from tests.faults.history.parts import until
from tests.faults.history.proxy import Proxy
from tests.faults.history.record import History
from tests.faults.history.sender import Sender
from tests.faults.history.stacks import Stack
from tests.faults.history.workload import Annotator, Shared

CLIENTS = 16
TOKEN_LASTS = timedelta(days=1)
SETTLE_SECONDS = 180.0
LOOK_SECONDS = 0.2


@dataclass(frozen=True)
class People:
    """Who works, and with which headers."""

    project_id: int
    manager: dict[str, str]
    annotators: dict[str, dict[str, str]]


def furnish(stack: Stack) -> People:
    """A project and its people, with a token each."""
    with stack.opened() as database, database.unit_of_work() as session:
        now = utc_now()

        def headers_of(name: str) -> tuple[int, dict[str, str]]:
            user = service.add(session, name=name, now=now)
            _, secret = tokens.make(
                session, user.id, name="history", scopes=set(Permission), project_id=None,
                lasts=TOKEN_LASTS, now=now,
            )  # fmt: skip
            return user.id, {"Authorization": f"Bearer {secret}"}

        manager_id, manager = headers_of("manager")
        project = projects.create(
            session, name="history", schema=Schema.model_validate(SCHEMA), by=manager_id, now=now
        )
        annotators = {}
        for number in range(1, CLIENTS + 1):
            user_id, annotators[f"annotator {number}"] = headers_of(f"annotator {number}")
            members.put(
                session, project_id=project.id, user_id=user_id, role=Role.ANNOTATOR,
                by=manager_id, as_role=Role.OWNER, now=now,
            )  # fmt: skip
        return People(project.id, manager, annotators)


def run(stack: Stack, *, seconds: float, seed: int, faults: Sequence[str] | None = None) -> History:
    """Everybody at work for so long, while things break: all that can, or these alone."""
    people = furnish(stack)
    stack.start()
    history = History(seed)
    run_apart(lambda: _work(stack, people, history, seconds=seconds, faults=faults))
    settle(stack)
    return history


async def _work(
    stack: Stack, people: People, history: History, *, seconds: float, faults: Sequence[str] | None
) -> None:
    dice = random.Random(history.seed)

    def own_dice() -> random.Random:
        return random.Random(dice.getrandbits(64))

    proxy = Proxy(stack.ports, dice=own_dice())
    await proxy.start()
    url = f"http://127.0.0.1:{proxy.port}/api/v1"

    def sender(name: str, headers: dict[str, str]) -> Sender:
        return Sender(name, url=url, headers=headers, history=history, dice=own_dice())

    shared = Shared(history, people.project_id, ends_at=time.monotonic() + seconds)
    manager = Manager(sender("manager", people.manager), shared, stack.folder, own_dice())
    await manager.upload()
    annotators = [
        Annotator(sender(name, headers), shared, own_dice()) for name, headers in people.annotators.items()
    ]
    nemesis = Nemesis(stack, proxy, history, dice=own_dice(), only=faults)
    nemesis.start()
    work = asyncio.gather(manager.run(), *(annotator.run() for annotator in annotators))
    try:
        while not shared.is_over:
            await asyncio.sleep(LOOK_SECONDS)
            if nemesis.error is not None:
                shared.ends_at = 0.0
        # the last fault ends before the work does, so that all who are still repeating get an answer
        await asyncio.to_thread(nemesis.stop)
        await work
    finally:
        nemesis.is_over.set()
        await proxy.stop()
    if nemesis.error is not None:
        raise nemesis.error


def settle(stack: Stack) -> None:
    """Wait until the jobs that were begun or asked for have ended."""

    def is_idle() -> bool:
        stack.check()
        with stack.opened() as database, database.reading() as session:
            return not session.scalar(select(func.count()).where(Job.status.in_(["queued", "running"])))

    until(is_idle, "the jobs to end", seconds=SETTLE_SECONDS)


def check(stack: Stack, history: History) -> list[Violation]:
    """All that is wrong."""
    settings = Settings(home_dir=stack.home, database_url=stack.database_url)
    with stack.opened() as database:
        with database.snapshot() as session:
            stored = Stored.read(session)
            names = dict(session.execute(select(Image.id, Image.name)).all())
            violations = [
                *check_labels(history, stored),
                *Background(session, stack.home / "blobs", history, stored).violations(),
                *check_exports(history, stored, names),
                *(
                    Violation(each.code, each.detail)
                    for each in findings(session, stack.storage, reads_blobs=True)
                    if not each.is_harmless  # e.g. a blob whose writer died before it named it
                ),
            ]
        for taken in history.exports[-1:]:
            violations += check_import(database, settings, taken)
    return [*violations, *check_calm(history), *stack.damage()]


def told(violations: Sequence[Violation]) -> str:
    """The first of each kind, and how many there are."""
    codes = sorted({violation.code for violation in violations})
    lines = []
    for code in codes:
        same = [violation.detail for violation in violations if violation.code == code]
        lines += [f"{code}: {len(same)} times", *(f"    {detail}" for detail in same[:3])]
    return "\n".join(lines)
