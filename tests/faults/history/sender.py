"""Sends requests until their outcome is definite, and keeps a record of each try."""

import asyncio
import random
import time
from collections.abc import Callable
from itertools import count
from typing import Any

import httpx2

from tests.faults.history.record import History, Request

PATIENT_SECONDS = 20.0  # a machine under load is no fault
# while something is broken, twice as long with each try: what is still being done meets its own repetition
IMPATIENT_SECONDS = 2.0
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
        for number in count():
            on_try()
            request = Request(self.name, what)
            self._history.requests.append(request)
            try:
                patience = self._patience(number)
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
        return None

    def _patience(self, number: int) -> float:
        if not self._history.is_breaking:
            return PATIENT_SECONDS
        return min(PATIENT_SECONDS, IMPATIENT_SECONDS * 2**number)

    async def close(self) -> None:
        """Close all connections."""
        await self._kept.aclose()
        await self._fresh.aclose()
