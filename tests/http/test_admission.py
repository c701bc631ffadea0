"""Overload: what finds no place is refused with a time to come again, and labels have places of their own."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx2
import pytest
from sqlalchemy import select, text
from starlette.testclient import TestClient

from app.annotations.tables import Revision
from app.db import Database
from app.http.admission import LIMITS, Admission, Limit, Overloaded, Places, Work
from app.main import create_app
from app.settings import Settings
from app.storage import Storage
from tests.apart import run_apart
from tests.factories import jpeg_bytes, landmarks_body, make_image, make_project

SMALL = {work: Limit(at_once=2, waiting=3, patience=0.2, come_again=(2, 2)) for work in LIMITS}
THREADS = 40  # of anyio
CONNECTIONS = 40  # of app/db.py


def test_all_places_together_leave_threads_and_connections_free():
    places = sum(limit.at_once for limit in LIMITS.values())

    assert places < min(THREADS, CONNECTIONS)


@pytest.fixture
def narrow(client: TestClient) -> TestClient:
    """A service with two places for each kind of work."""
    client.app.state.equimark.admission = Admission(SMALL, listeners=1)  # type: ignore[attr-defined]
    return client


def fill(client: TestClient, work: Work) -> Callable[[], None]:
    """Take all places of this kind; the call that comes back gives them up."""
    free = client.app.state.equimark.admission.places[work]._free  # type: ignore[attr-defined]
    assert client.portal is not None
    for _ in range(SMALL[work].at_once):
        client.portal.call(free.acquire)

    def empty() -> None:
        assert client.portal is not None
        for _ in range(SMALL[work].at_once):
            client.portal.call(free.release)

    return empty


def test_case_121_what_finds_no_place_is_told_when_to_come_again(narrow: TestClient):
    empty = fill(narrow, Work.READS)

    refused = narrow.get("/api/v1/projects")
    empty()

    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert (refused.headers["retry-after"], refused.json()["retryable"]) == ("2", True)
    assert refused.headers["content-security-policy"]
    assert narrow.get("/api/v1/projects").status_code == 200


def test_case_121_labels_go_on_while_everything_else_is_crowded(
    narrow: TestClient, database: Database, storage: Storage
):
    with database.unit_of_work() as session:
        project = make_project(session)
        image = make_image(session, project, storage=storage, content=jpeg_bytes())
    for work in (Work.READS, Work.HEAVY):
        fill(narrow, work)

    picture = narrow.get(f"/api/v1/images/{image.id}/file")
    saved = narrow.put(f"/api/v1/images/{image.id}/landmarks", json=landmarks_body())
    uploaded = narrow.post(
        f"/api/v1/projects/{project.id}/images", files={"files": ("a.jpg", jpeg_bytes(seed=1))}
    )

    assert (picture.status_code, saved.status_code) == (200, 200)
    assert (uploaded.status_code, uploaded.json()["code"]) == (503, "overloaded")


def test_case_124_whoever_watches_is_answered_in_any_crowd(narrow: TestClient):
    for work in LIMITS:
        fill(narrow, work)

    narrow.get("/api/v1/projects")
    measures = narrow.get("/metrics").text

    assert narrow.get("/healthz").status_code == narrow.get("/readyz").status_code == 200
    assert 'equimark_requests_shed_total{work="reads"} 1.0' in measures


def test_case_122_all_who_come_back_at_once_are_served_in_the_end_and_counted_once(
    narrow: TestClient, database: Database
):
    with database.unit_of_work() as session:
        project = make_project(session)
        images = [make_image(session, project).id for _ in range(30)]

    def save(image_id: int) -> int:
        body, refusals = landmarks_body(), 0
        while (answer := narrow.put(f"/api/v1/images/{image_id}/landmarks", json=body)).status_code != 200:
            assert answer.json()["code"] == "overloaded"
            refusals += 1
            time.sleep(0.01)  # much sooner than the answer says
        return refusals

    with ThreadPoolExecutor(len(images)) as crowd:
        refusals = sum(crowd.map(save, images))

    with database.reading() as session:
        stored = session.scalars(select(Revision.image_id)).all()
    places = narrow.app.state.equimark.admission.places[Work.LABELS]  # type: ignore[attr-defined]
    assert sorted(stored) == sorted(images)
    assert refusals == places.refused
    assert refusals > 0
    assert (places.taken, places.waiting) == (0, 0)


def test_a_queue_that_is_full_refuses_at_once_and_one_that_moves_lets_in_in_turn():
    async def come() -> tuple[list[int], float, int]:
        places, order = Places(Limit(at_once=1, waiting=2, patience=60, come_again=(1, 3))), []

        async def work(number: int) -> None:
            async with places.taking_one():
                order.append(number)
                await anyio.sleep(0.01)

        async with anyio.create_task_group() as tasks:
            for number in range(3):
                tasks.start_soon(work, number)
                await anyio.sleep(0.001)
            began = time.perf_counter()
            with pytest.raises(Overloaded) as refusal:
                await work(3)
            took = time.perf_counter() - began
        return order, took, refusal.value.context["retry_after_seconds"]

    order, took, come_again = run_apart(come)

    assert order == [0, 1, 2]
    assert took < 30  # it did not wait for its patience to end
    assert 1 <= come_again <= 3


def test_case_129_who_goes_away_while_waiting_leaves_nothing_behind():
    async def come_and_go() -> Places:
        places = Places(Limit(at_once=1, waiting=1, patience=60, come_again=(1, 1)))

        async def work() -> None:
            async with places.taking_one():
                await anyio.sleep_forever()

        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(work)
                await anyio.sleep(0.001)
            assert (places.taken, places.waiting) == (1, 1)
            tasks.cancel_scope.cancel()
        async with places.taking_one():
            return places

    places = run_apart(come_and_go)

    assert (places.taken, places.waiting, places.refused) == (0, 0, 0)


def test_case_126_there_may_not_be_any_number_of_event_streams(narrow: TestClient, database: Database):
    with database.unit_of_work() as session:
        project_id = make_project(session).id
    state = narrow.app.state.equimark  # type: ignore[attr-defined]
    state.is_stopping = True  # a stream ends after its first message

    with state.admission.listening():
        refused = narrow.get(f"/api/v1/projects/{project_id}/events")
    taken = narrow.get(f"/api/v1/projects/{project_id}/events")

    assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
    assert taken.status_code == 200
    assert state.admission.listeners == 0


@pytest.fixture
def postgres_client(settings: Settings, postgres_url: str) -> Iterator[TestClient]:
    given = settings.model_copy(update={"database_url": postgres_url})
    with TestClient(create_app(given), base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.postgres
def test_case_123_slow_queries_take_neither_threads_nor_connections_from_labels(
    postgres_client: TestClient, postgres_database: Database, storage: Storage
):
    with postgres_database.unit_of_work() as session:
        project = make_project(session)
        image = make_image(session, project, storage=storage, content=jpeg_bytes())
    state = postgres_client.app.state.equimark  # type: ignore[attr-defined]
    quick = {**LIMITS, Work.READS: Limit(at_once=12, waiting=20, patience=0.5, come_again=(1, 1))}
    state.admission = Admission(quick)
    is_over = threading.Event()

    def read(_: int) -> httpx2.Response:
        return postgres_client.get(f"/api/v1/projects/{project.id}/runs")

    with ThreadPoolExecutor(60) as crowd, postgres_database.engine.begin() as holding:
        holding.execute(text("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE"))
        coming = crowd.map(read, range(60))
        while state.admission.places[Work.READS].taken < 12:
            is_over.wait(0.01)
        saved = postgres_client.put(f"/api/v1/images/{image.id}/landmarks", json=landmarks_body())
        while state.admission.places[Work.READS].refused < 48:
            is_over.wait(0.01)
        holding.rollback()
        answers = [answer.status_code for answer in coming]

    assert saved.status_code == 200
    assert (answers.count(200), answers.count(503)) == (12, 48)
    assert state.database.engine.pool.checkedout() == 0
