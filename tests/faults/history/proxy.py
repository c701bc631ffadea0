"""A TCP proxy between clients and servers that can lose what passes through it.

Each connection goes to the next server that takes it, as behind a load balancer.
"""

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from itertools import count

CHUNK_BYTES = 1 << 16


class Mode(StrEnum):
    """What becomes of what passes."""

    PASS = "pass"
    LOSE_ANSWERS = "lose_answers"  # the server has done it, and the client sees its connection break
    LOSE_REQUESTS = "lose_requests"  # the client sees the same, and the server has heard nothing
    STALL = "stall"  # nothing comes back until the mode changes


class Proxy:
    """Listens on a port of loopback; `mode` may be changed from any thread.

    share   of the passing pieces that meet what the mode says
    """

    def __init__(self, upstream_ports: Sequence[int], *, dice: random.Random, share: float = 0.3) -> None:
        self.mode = Mode.PASS
        self.port = 0
        self._ports = list(upstream_ports)
        self._dice, self._share = dice, share
        self._turn = count()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listen no more, and end what is open."""
        assert self._server is not None
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await asyncio.sleep(0)  # transports close in the next round of the loop

    async def _serve(self, client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        writers = [to_client]
        is_lost = True
        try:
            if (connected := await self._connect()) is not None:
                server, to_server = connected
                writers.append(to_server)
                is_lost = await self._pump_both(client, to_client, server, to_server)
        except asyncio.CancelledError:
            return  # by `stop`; asyncio's streams complain of a task that ends as cancelled
        finally:
            self._connections.discard(connection)
            for writer in writers:
                if is_lost:
                    writer.transport.abort()  # no orderly end that a client could take for an answer
                else:
                    writer.close()

    async def _pump_both(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> bool:
        """Until one way ends; whether something was lost on it."""
        ways = (
            self._pump(client, to_server, Mode.LOSE_REQUESTS),
            self._pump(server, to_client, Mode.LOSE_ANSWERS),
        )
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
        return any(task.result() for task in ended)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for number in range(len(self._ports)):
            port = self._ports[(first + number) % len(self._ports)]
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, losing: Mode) -> bool:
        """Until one end is closed (False), or something is lost on the way (True)."""
        try:
            while piece := await source.read(CHUNK_BYTES):
                while self.mode is Mode.STALL:  # noqa: ASYNC110  # another thread changes it
                    await asyncio.sleep(0.05)
                if self.mode is losing and self._dice.random() < self._share:
                    return True
                target.write(piece)
                await target.drain()
        except OSError:
            return True
        return False
