"""The service ends while requests are under way: they are cut off, and told to come again."""

import asyncio

import httpx2
import pytest

from app.http.stopping import StoppingAsProblem
from app.main import create_app
from tests.apart import run_apart


async def cut_off(settings, *, is_stopping: bool) -> httpx2.Response:
    """A request that is cancelled while it is done, as the web server does it at its end."""
    app = create_app(settings)
    has_begun = asyncio.Event()

    async def take_long(scope, receive, send) -> None:
        has_begun.set()
        await asyncio.Event().wait()

    async def serve(scope, receive, send) -> None:
        await StoppingAsProblem(take_long)(scope | {"app": app}, receive, send)

    async with app.router.lifespan_context(app):
        app.state.equimark.is_stopping = is_stopping
        transport = httpx2.ASGITransport(serve)
        async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
            asked = asyncio.create_task(client.get("/api/v1/projects"))
            await has_begun.wait()
            asked.cancel()
            return await asked


def test_a_request_that_is_cut_off_at_the_end_may_come_again(settings, sqlite_url):
    answer = run_apart(lambda: cut_off(settings, is_stopping=True))

    assert (answer.status_code, answer.json()["code"]) == (503, "service_stopping")
    assert answer.json()["retryable"]
    assert answer.headers["Retry-After"] == "1"


def test_one_that_is_cancelled_for_another_reason_gets_no_answer(settings, sqlite_url):
    with pytest.raises(asyncio.CancelledError):
        run_apart(lambda: cut_off(settings, is_stopping=False))
