"""The people of bench/load.py: annotators who think, managers who look, somebody who uploads, and a crowd.

Latency counts from the moment at which a request was meant to be sent, so that a server that is stuck is
charged for the requests that it kept from being sent.
"""

import io
import json
import queue
import random
import threading
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException, HTTPResponse
from typing import Any

import numpy as np
from PIL import Image as Pixels
from world import HEIGHT_PX, LANDMARKS, WIDTH_PX, World

KIND = "landmarks"
BREAK_SHARE, BREAK_TIMES = 0.05, 5  # of the pauses, and how many times as long
EDIT_SHARE, SKIP_SHARE = 0.05, 0.01
SPREAD = 0.5  # of the logarithm of a pause
DASHBOARD_SECONDS, UPLOAD_SECONDS = 5.0, 1.2  # 50 images a minute
RETRY_SECONDS = 2.0
REQUEST_SECONDS = 60.0


@dataclass
class Record:
    """What all people together saw while it was measured."""

    milliseconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[str] = field(default_factory=Counter)
    done_in_second: Counter[int] = field(default_factory=Counter)
    acknowledged: dict[str, tuple[int, list[dict[str, Any]]]] = field(default_factory=dict)
    refusals: list[float] = field(default_factory=list)  # ms of answers with 503
    is_measuring: bool = False
    began: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, what: str, status: int | str, due: float) -> None:
        """A request has been answered, or was not."""
        now = time.perf_counter()
        with self.lock:
            if not self.is_measuring:
                return
            self.statuses[f"{what} {status}"] += 1
            if status in {200, 201, 204}:
                self.milliseconds[what].append((now - due) * 1000)
                self.done_in_second[int(now - self.began)] += 1
            elif status == 503:
                self.refusals.append((now - due) * 1000)

    def keep(self, answer_id: str, image_id: int, points: list[dict[str, Any]]) -> None:
        """An answer was acknowledged, measured or not."""
        with self.lock:
            self.acknowledged[answer_id] = (image_id, points)


class Person:
    """One who sends requests with a token of their own, over one connection."""

    def __init__(self, world: World, port: int, token: str, record: Record, *, seed: int) -> None:
        self.world, self.record, self.dice = world, record, random.Random(seed)
        self._port, self._headers = port, {"Authorization": f"Bearer {token}"}
        self._connection: HTTPConnection | None = None

    def send(
        self,
        what: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        due: float,
        kind: str = "application/json",
    ) -> tuple[int | str, Any, float]:
        """Status, JSON and after how many seconds to come again; a lost connection is status `lost`."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body)
        headers = self._headers | ({} if body is None else {"Content-Type": kind})
        try:
            answer, received = self._exchange(method, path, content, headers)
        except (OSError, HTTPException):
            self._connection = None
            self.record.note(what, "lost", due)
            return "lost", None, RETRY_SECONDS
        self.record.note(what, answer.status, due)
        is_json = answer.headers.get_content_type() == "application/json"
        wait = float(answer.headers.get("Retry-After", RETRY_SECONDS))
        return answer.status, json.loads(received) if is_json and received else None, wait

    def _exchange(
        self, method: str, path: str, content: str | bytes | None, headers: dict[str, str]
    ) -> tuple[HTTPResponse, bytes]:
        """As a browser does: a connection that the server has closed while it was idle is opened anew."""
        is_kept = self._connection is not None
        if self._connection is None:
            self._connection = HTTPConnection("127.0.0.1", self._port, timeout=REQUEST_SECONDS)
        try:
            self._connection.request(method, path, content, headers)
            answer = self._connection.getresponse()
        except (ConnectionError, HTTPException):
            if not is_kept:
                raise
            self._connection = None
            return self._exchange(method, path, content, headers)
        return answer, answer.read()


class Annotator(Person):
    """Takes an image, looks, thinks, answers, and gets the next one with the answer."""

    ask: dict[str, Any] | None = None
    last: tuple[int, int] | None = None  # image and revision of the own last answer

    def take(self, *, due: float) -> bool:
        """Ask for an image and load its picture; False where there was none."""
        path = f"/api/v1/projects/{self.world.project_id}/asks/next"
        status, answer, wait = self.send("next", "POST", path, {"kinds": [KIND]}, due=due)
        if status != 200:
            time.sleep(wait)
            return False
        self.ask = answer
        self.look()
        return True

    def look(self) -> None:
        """Load the picture of the ask."""
        assert self.ask is not None
        self.world.place_blob(self.ask["image"]["id"])
        self.send("image", "GET", self.ask["image"]["file_url"], due=time.perf_counter())

    def answer(self, *, due: float, may_retry: bool) -> bool:
        """Save the ask's points, again with the same id until acknowledged where `may_retry`."""
        assert self.ask is not None
        image_id, revision, lease = self.ask["image"]["id"], self.ask["revision"], self.ask["lease_id"]
        saved = self._save("save", image_id, revision, lease, due=due, may_retry=may_retry)
        if saved is None:
            return False
        self.last = (image_id, saved["revision"]["number"])
        self.ask = saved["next"]
        return True

    def edit(self, *, due: float) -> None:
        """Correct the own last answer."""
        if self.last is not None:
            image_id, number = self.last
            saved = self._save("edit", image_id, number, None, due=due, may_retry=True)
            self.last = None if saved is None else (image_id, number + 1)

    def skip(self, *, due: float) -> None:
        """Put the ask away unanswered."""
        assert self.ask is not None
        path = f"/api/v1/asks/{self.ask['lease_id']}/skip"
        status, answer, _ = self.send("skip", "POST", path, {"next_kinds": [KIND]}, due=due)
        self.ask = answer["next"] if status == 200 else None

    def _save(
        self, what: str, image_id: int, base: int, lease: str | None, *, due: float, may_retry: bool
    ) -> dict[str, Any] | None:
        points = [self._point(name) for name in LANDMARKS]
        body = {
            "id": str(uuid.uuid4()),
            "base_revision": base,
            "lease_id": lease,
            "points": points,
            "active_seconds": 3.0,
            "assist": {"kind": "none", "prediction_id": None},
            "next_kinds": [KIND] if lease else [],
        }
        while True:
            status, answer, wait = self.send(what, "PUT", f"/api/v1/images/{image_id}/{KIND}", body, due=due)
            if status == 200:
                self.record.keep(body["id"], image_id, points)
                return dict(answer)
            if not may_retry or status not in {"lost", 429, 503}:
                return None
            time.sleep(wait)

    def _point(self, name: str) -> dict[str, Any]:
        x, y = self.dice.uniform(0, WIDTH_PX), self.dice.uniform(0, HEIGHT_PX)
        return {"name": name, "state": "visible", "x": round(x, 3), "y": round(y, 3)}


def annotate(person: Annotator, is_over: threading.Event, *, pause_seconds: float) -> None:
    """A closed loop whose clock does not wait for the server: the next request is meant at its own time."""
    due = time.perf_counter() + person.dice.uniform(0, pause_seconds)
    while not is_over.is_set():
        is_over.wait(max(0.0, due - time.perf_counter()))
        if is_over.is_set():
            return
        if person.ask is None:
            if not person.take(due=due):
                due = time.perf_counter()
                continue
        elif person.dice.random() < SKIP_SHARE:
            person.skip(due=due)
        else:
            if person.dice.random() < EDIT_SHARE:
                person.edit(due=due)
            person.answer(due=due, may_retry=True)
            if person.ask is not None:
                person.look()
        due = max(due, time.perf_counter() - pause_seconds) + _pause(person.dice, pause_seconds)


def _pause(dice: random.Random, median: float) -> float:
    """Log-normal, now and then a break."""
    pause = median * float(np.exp(dice.gauss(0.0, SPREAD)))
    return pause * (BREAK_TIMES if dice.random() < BREAK_SHARE else 1)


def manage(person: Person, is_over: threading.Event) -> None:
    """Look at the overview and the runs every few seconds."""
    project_id = person.world.project_id
    while not is_over.wait(person.dice.uniform(0.5, 1.5) * DASHBOARD_SECONDS):
        for path in (f"/api/v1/projects/{project_id}", f"/api/v1/projects/{project_id}/runs"):
            person.send("dashboard", "GET", path, due=time.perf_counter())


def upload(person: Person, is_over: threading.Event) -> None:
    """Bring in new images, one after the other."""
    path, number = f"/api/v1/projects/{person.world.project_id}/images", 0
    while not is_over.wait(UPLOAD_SECONDS):
        number += 1
        kind, body = _form(picture_of(number), f"upload_{number}.jpg")
        person.send("upload", "POST", path, body, due=time.perf_counter(), kind=kind)


def picture_of(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (15, 20, 3), dtype=np.uint8)
    file = io.BytesIO()
    Pixels.fromarray(noise).resize((WIDTH_PX, HEIGHT_PX)).save(file, "JPEG", quality=90)
    return file.getvalue()


def _form(content: bytes, name: str) -> tuple[str, bytes]:
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
    head += "Content-Type: image/jpeg\r\n\r\n"
    return f"multipart/form-data; boundary={edge}", head.encode() + content + f"\r\n--{edge}--\r\n".encode()


class Crowd:
    """An open loop: answers come at a fixed rate, whatever the server does; whoever is free sends one."""

    def __init__(self, people: list[Annotator], *, rate: float, is_over: threading.Event) -> None:
        self._free: queue.SimpleQueue[Annotator] = queue.SimpleQueue()
        self._due: queue.SimpleQueue[float] = queue.SimpleQueue()
        self._rate, self._is_over = rate, is_over
        self.never_sent = 0
        for person in people:
            self._free.put(person)
        self._works: list[Callable[[], None]] = [self._send] * len(people)

    @property
    def works(self) -> list[Callable[[], None]]:
        """What its threads do."""
        return [self._come, *self._works]

    def _come(self) -> None:
        dice, due = random.Random(0), time.perf_counter()
        while not self._is_over.is_set():
            due += dice.expovariate(self._rate)
            self._is_over.wait(max(0.0, due - time.perf_counter()))
            self._due.put(due)
        self.never_sent = self._due.qsize()

    def _send(self) -> None:
        while not self._is_over.is_set():
            try:
                due = self._due.get(timeout=0.5)
                person = self._free.get(timeout=0.5)
            except queue.Empty:
                continue
            if person.ask is None:
                person.take(due=due)
            else:
                person.answer(due=due, may_retry=False)
            self._free.put(person)
