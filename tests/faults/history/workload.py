"""What the annotators do: take an image, look at it, answer, skip, correct what they said before."""

import asyncio
import random
import time
import uuid
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import httpx2

from tests.faults.history.images import CLASSES, HEIGHT_PX, SCHEMA, WIDTH_PX
from tests.faults.history.record import Answer, Held, History, ImageSeen, Outcome, Read, Skip
from tests.faults.history.sender import Sender
from tests.faults.history.stacks import LEASE_SECONDS

SHARES = {"submit": 70, "skip": 10, "edit": 15, "stale_edit": 5}
LOOKS_AGAIN = 0.2  # share of the acknowledged answers that are read back at once
WALKS_AWAY = 0.004  # share of the asks that are answered only after their lease
GIVES_UP = 0.1  # share of the requests that nobody repeats after the first unknown outcome
IDLE_SECONDS = 0.3  # where nothing is left to ask


@dataclass
class Shared:
    """What all clients know: until when they work, and the files behind the images' names."""

    history: History
    project_id: int
    ends_at: float
    uploaded: dict[str, str] = field(default_factory=dict)
    is_hungry: bool = False  # somebody was told that nothing is left to ask

    @property
    def is_over(self) -> bool:
        """Whether it is time to begin nothing new."""
        return time.monotonic() >= self.ends_at


class Annotator:
    """One person who labels. What was acknowledged last, by image and kind, is what they correct."""

    def __init__(self, sender: Sender, shared: Shared, dice: random.Random) -> None:
        self._sender, self._shared, self._dice = sender, shared, dice
        self._history = shared.history
        self._mine: dict[tuple[int, str], int] = {}
        self._ask: dict[str, Any] | None = None
        self._taken_at = 0.0

    async def run(self) -> None:
        """Until time is up; what was begun is brought to an end."""
        while not self._shared.is_over:
            if self._ask is None:
                await self._take()
            if self._ask is None:
                await asyncio.sleep(IDLE_SECONDS)
                continue
            what = self._dice.choices(list(SHARES), list(SHARES.values()))[0]
            if what == "submit":
                await self._look()
                await self._submit()
            elif what == "skip":
                await self._skip()
            elif self._mine:
                await self._edit(is_stale=what == "stale_edit")
        await self._sender.close()

    async def _take(self) -> None:
        path = f"/projects/{self._shared.project_id}/asks/next"
        said = await self._send("next", "POST", path, json={})
        if said is not None and said.status_code == 204:
            self._shared.is_hungry = True
        self._hold(said.json() if said is not None and said.status_code == 200 else None)

    def _hold(self, ask: dict[str, Any] | None) -> None:
        self._ask, self._taken_at = ask, time.time()

    def _let_go(self) -> dict[str, Any]:
        """The ask in hand, from now on no more: before the request leaves that ends its lease."""
        ask, self._ask = self._ask, None
        assert ask is not None
        until = min(time.time(), self._taken_at + LEASE_SECONDS, _seconds(ask["expires_at"]))
        held = Held(self._sender.name, ask["lease_id"], ask["image"]["id"], self._taken_at, until)
        self._history.held.append(held)
        return ask

    async def _look(self) -> None:
        assert self._ask is not None
        image = self._ask["image"]
        said = await self._send("image", "GET", f"/images/{image['id']}/file")
        if said is None or said.status_code != 200:
            return
        seen = ImageSeen(
            image["id"],
            sha256(said.content).hexdigest(),
            self._shared.uploaded[image["name"]],
            said.headers["etag"].strip('"'),
        )
        self._history.images.append(seen)

    async def _submit(self) -> None:
        if self._dice.random() < WALKS_AWAY:
            await asyncio.sleep(LEASE_SECONDS + 1)
        ask = self._let_go()
        answer = self._make("submit", ask["image"]["id"], ask["kind"], base=ask["revision"])
        said = await self._give(answer, lease_id=ask["lease_id"], next_kinds=None)
        if said is not None and said.status_code == 200:
            self._hold(said.json()["next"])

    async def _skip(self) -> None:
        ask = self._let_go()
        skip = Skip(ask["lease_id"], ask["image"]["id"], ask["kind"])
        self._history.skips.append(skip)
        said = await self._send("skip", "POST", f"/asks/{ask['lease_id']}/skip", json={})
        if said is not None:
            is_done = said.status_code == 200
            skip.outcome = Outcome.ACKNOWLEDGED if is_done else Outcome.REFUSED
            self._hold(said.json()["next"] if is_done else None)

    async def _edit(self, *, is_stale: bool) -> None:
        """Correct an own answer; a stale edit pretends not to know the newest revision."""
        (image_id, kind), number = self._dice.choice(list(self._mine.items()))
        base = self._dice.randrange(number) if is_stale else number
        await self._give(self._make("stale_edit" if is_stale else "edit", image_id, kind, base=base))

    def _make(self, what: str, image_id: int, kind: str, *, base: int) -> Answer:
        answer = Answer(
            id=str(uuid.UUID(int=self._dice.getrandbits(128), version=4)),
            client=self._sender.name,
            what=what,
            project_id=self._shared.project_id,
            image_id=image_id,
            kind=kind,
            base=base,
            stamp=self._history.next_stamp(),
            body=self._said_of(kind),
        )
        self._history.answers[answer.id] = answer
        return answer

    def _said_of(self, kind: str) -> dict[str, Any]:
        if kind != "landmarks":
            return {"value": self._dice.choice([*CLASSES, None])}
        spot = lambda limit: round(self._dice.uniform(0, limit), 3)  # noqa: E731
        points = [
            {"name": name, "state": "visible", "x": spot(WIDTH_PX), "y": spot(HEIGHT_PX)}
            for name in SCHEMA["landmarks"]
        ]
        return {"points": points}

    async def _give(
        self, answer: Answer, *, lease_id: str | None = None, next_kinds: list[str] | None = None
    ) -> httpx2.Response | None:
        """Send it until the outcome is definite, and remember what is known then."""
        path = f"/images/{answer.image_id}/" + (
            "landmarks" if answer.kind == "landmarks" else f"attributes/{answer.kind}"
        )
        content = {
            "id": answer.id,
            "base_revision": answer.base,
            "lease_id": lease_id,
            "active_seconds": answer.stamp,
            "next_kinds": [] if lease_id is None else next_kinds,
            **answer.body,
        }

        def count() -> None:
            answer.tries += 1

        said = await self._send(answer.what, "PUT", path, json=content, on_try=count)
        answer.completed = time.monotonic()
        where = (answer.image_id, answer.kind)
        if said is None or said.status_code != 200:
            self._mine.pop(where, None)  # what the newest revision is, is not known any more
        if said is None:
            return None
        if said.status_code == 200:
            answer.outcome, answer.number = Outcome.ACKNOWLEDGED, said.json()["revision"]["number"]
            self._mine[where] = answer.number
            if self._dice.random() < LOOKS_AGAIN:
                await self._read(answer.image_id)
        else:
            answer.outcome, answer.code = Outcome.REFUSED, said.json()["code"]
        return said

    async def _read(self, image_id: int) -> None:
        invoked = time.monotonic()
        said = await self._send("read", "GET", f"/images/{image_id}/revisions", is_fresh=True)
        if said is None or said.status_code != 200:
            return
        revisions: dict[str, list[str]] = {}
        for each in sorted(said.json(), key=lambda row: row["number"]):
            revisions.setdefault(each["kind"], []).append(each["id"])
        self._history.reads.append(Read(self._sender.name, image_id, revisions, invoked, time.monotonic()))

    async def _send(self, what: str, method: str, path: str, **options: Any) -> httpx2.Response | None:
        gives_up_soon = self._dice.random() < GIVES_UP
        return await self._sender.send(what, method, path, gives_up=lambda: gives_up_soon, **options)


def _seconds(moment: str) -> float:
    from datetime import datetime

    return datetime.fromisoformat(moment).timestamp()
