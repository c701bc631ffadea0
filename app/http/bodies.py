"""What a request brings is awaited without a place, and not for ever: slow senders hold up nobody.

Nearly every body is there with its headers, or a moment later, and is waited for where the request stands.
One that is not gives up its place, and takes another when it is whole.
"""

import anyio
from fastapi import Request
from starlette.types import Message

from app.errors import TooSlow

AT_ONCE_SECONDS = 0.05  # a place is kept for so long: many times what the second packet of a label takes
WHOLE_SECONDS = 10.0  # 2 MB by a slow line; a label has 5 kB


class BodyTooSlow(TooSlow):
    """The request began, and its end did not come."""

    message = "The rest of the request did not come within {seconds} s; nothing was changed. Send it again."


class Body:
    """The bytes of one request, which may still be on their way."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._is_told = request.headers.get("content-length", "0") != "0"
        self._is_told |= "transfer-encoding" in request.headers
        self._arrived: list[Message] = []

    async def comes_at_once(self) -> bool:
        """Whether all of it is here, or there is none."""
        with anyio.move_on_after(AT_ONCE_SECONDS):
            await self._arrive()
        return self._is_whole

    async def wait(self) -> None:
        """Until all of it is here.

        Raises:
            BodyTooSlow: it does not come.

        """
        with anyio.move_on_after(WHOLE_SECONDS):
            await self._arrive()
        if not self._is_whole:
            raise BodyTooSlow(seconds=round(WHOLE_SECONDS))

    async def receive(self) -> Message:
        """For whoever reads the request: what has arrived, then what follows."""
        return self._arrived.pop(0) if self._arrived else await self._receive()

    @property
    def _is_whole(self) -> bool:
        return not self._is_told or bool(self._arrived and not self._arrived[-1].get("more_body", False))

    async def _arrive(self) -> None:
        while not self._is_whole:
            self._arrived.append(await self._receive())
