"""What the manager does meanwhile: more images when the annotators run out of them."""

import asyncio
from hashlib import sha256
from itertools import count

from tests.faults.history.images import pictures
from tests.faults.history.sender import Sender
from tests.faults.history.workload import Shared

IMAGES_AT_ONCE = 30
LOOKS_EVERY_SECONDS = 0.5


class Manager:
    """One person who manages the project."""

    def __init__(self, sender: Sender, shared: Shared) -> None:
        self._sender, self._shared = sender, shared
        self._numbers = count(1, IMAGES_AT_ONCE)

    async def run(self) -> None:
        """Until time is up."""
        while not self._shared.is_over:
            if self._shared.is_hungry:
                await self.upload()
            await asyncio.sleep(LOOKS_EVERY_SECONDS)
        await self._sender.close()

    async def upload(self) -> None:
        """Add images; sent again until it is known that they are there."""
        files = pictures(next(self._numbers), IMAGES_AT_ONCE)
        self._shared.uploaded |= {name: sha256(content).hexdigest() for name, content in files.items()}
        path = f"/projects/{self._shared.project_id}/images"
        parts = [("files", (name, content, "image/png")) for name, content in files.items()]
        said = await self._sender.send("upload", "POST", path, files=parts, gives_up=self._may_give_up)
        if said is not None:
            assert said.status_code == 200, said.text
            self._shared.is_hungry = False

    def _may_give_up(self) -> bool:
        return self._shared.is_over
