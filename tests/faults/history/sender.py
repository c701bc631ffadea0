"""Sends requests until their outcome is definite, and keeps a record of each try."""

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any

import httpx2

from tests.faults.history.record import History, Request

PATIENT_SECONDS = 20.0  # a machine under load is no fault
IMPATIENT_SECONDS = 2.0  # while something is broken: what is still being done then meets its own repetition
PAUSE_SECONDS = (0.1, 0.6)  # between two tries
DEFINITE_BELOW = 500


class Sender:
    """One client's way to the service.

    gives_up   asked after each try without a definite answer
    """

    def __init__(
        self, name: str, *, url: str, headers: dict[str, str], history: History, dice: random.Random
    ) -> None:
        self.name = name
        self._history, self._dice = history, dice
        self._kept = httpx2.AsyncClient(base_url=url, headers=headers)
        # a connection of its own each time: another web process answers, behind the proxy
        fresh = httpx2.Limits(max_keepalive_connections=0)
        self._fresh = httpx2.AsyncClient(base_url=url, headers=headers, limits=fresh)

    async def send(
        self,
        what: str,
        method: str,
        path: str,
        *,
        gives_up: Callable[[], bool],
        is_fresh: bool = False,
        on_try: Callable[[], None] = lambda: None,
        **content: Any,
    ) -> httpx2.Response | None:
        """The same request until it is answered for good; None where the client gave up before."""
        client = self._fresh if is_fresh else self._kept
        while True:
            on_try()
            request = Request(self.name, what)
            self._history.requests.append(request)
            try:
                patience = IMPATIENT_SECONDS if self._history.is_breaking else PATIENT_SECONDS
                response = await client.request(method, path, timeout=patience, **content)
            except httpx2.TransportError as error:
                request.completed, request.said = time.monotonic(), repr(error)
            else:
                request.completed, request.status = time.monotonic(), response.status_code
                if response.status_code < DEFINITE_BELOW:
                    return response
                request.said = response.text[:500]
            if gives_up():
                return None
            await asyncio.sleep(self._dice.uniform(*PAUSE_SECONDS))

    async def close(self) -> None:
        """Close all connections."""
        await self._kept.aclose()
        await self._fresh.aclose()
