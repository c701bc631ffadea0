"""What the manager does meanwhile: uploads, imports, new questions, exports, runs, promotions."""

import asyncio
import io
import random
import time
import zipfile
from collections.abc import Awaitable, Callable
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import httpx2

from tests.faults.history.images import MOST_QUESTIONS, attribute, pictures
from tests.faults.history.record import ExportTaken
from tests.faults.history.sender import Sender
from tests.faults.history.workload import Shared

IMAGES_AT_ONCE = 30
IMPORTED_AT_ONCE = 5
PAUSE_SECONDS = (0.3, 1.5)
POLL_SECONDS = 0.4
EXPORTS = 40  # at most, however long it takes: each is a copy of all images
ENDED = {"done", "failed", "succeeded", "cancelled"}


class Manager:
    """One person with several browser tabs: what takes long does not keep the rest from going on."""

    def __init__(self, sender: Sender, shared: Shared, folder: Path, dice: random.Random) -> None:
        self._sender, self._shared, self._folder, self._dice = sender, shared, folder, dice
        self._numbers = count(1, IMAGES_AT_ONCE)
        self._imported = count(1_000_000, IMPORTED_AT_ONCE)
        self._in_project = f"/projects/{shared.project_id}"
        self._export_pause = (shared.ends_at - time.monotonic()) / EXPORTS

    async def run(self) -> None:
        """Until time is up."""
        tabs = (
            self._repeat(self._feed),
            self._repeat(self._import, self._ask_more),
            self._repeat(self._export, pause_seconds=self._export_pause),
            self._repeat(self._train, self._promote, self._promote),
        )
        await asyncio.gather(*tabs)
        await self._sender.close()

    async def _repeat(
        self, *actions: Callable[[], Awaitable[None]], pause_seconds: float | None = None
    ) -> None:
        while not self._shared.is_over:
            await self._dice.choice(actions)()
            pause = self._dice.uniform(*PAUSE_SECONDS) if pause_seconds is None else pause_seconds
            await asyncio.sleep(min(pause, self._shared.ends_at - time.monotonic()))

    async def _feed(self) -> None:
        if self._shared.is_hungry:
            await self.upload()

    async def upload(self) -> None:
        """Add images."""
        files = self._made(next(self._numbers), IMAGES_AT_ONCE)
        parts = [("files", (name, content, "image/png")) for name, content in files.items()]
        if await self._send("upload", "POST", f"{self._in_project}/images", files=parts):
            self._shared.is_hungry = False

    async def _import(self) -> None:
        """A small ZIP file of images; importing it again changes nothing."""
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            for name, picture in self._made(next(self._imported), IMPORTED_AT_ONCE).items():
                archive.writestr(name, picture)
        file = {"archive": ("pictures.zip", content.getvalue(), "application/zip")}
        if said := await self._send("import", "POST", f"{self._in_project}/imports", files=file):
            await self._until_ended("imports", said.json()["id"])

    async def _ask_more(self) -> None:
        """One more question about all images."""
        if (seen := await self._send("project", "GET", self._in_project)) is None:
            return
        schema = seen.json()["schema"]
        number = len(schema["attributes"])
        if number < MOST_QUESTIONS:
            schema["attributes"].append(attribute(number))
            wanted = {"schema": schema, "base_schema_version": seen.json()["schema_version"]}
            await self._send("schema", "PATCH", self._in_project, json=wanted)

    async def _export(self) -> None:
        asked = time.monotonic()
        path = f"{self._in_project}/exports"
        said = await self._send("export", "POST", path, json={"format": "folder"}, headers=self._key())
        if said is None:
            return
        export = await self._until_ended("exports", said.json()["id"])
        if export is None or export["status"] != "done":
            return
        if file := await self._send("export_file", "GET", f"/exports/{export['id']}/file"):
            kept = self._folder / f"export-{export['id']}.zip"
            await asyncio.to_thread(kept.write_bytes, file.content)
            taken = ExportTaken(
                export_id=export["id"],
                project_id=self._shared.project_id,
                asked=asked,
                completed=time.monotonic(),
                path=kept,
                sha256=sha256(file.content).hexdigest(),
            )
            self._shared.history.exports.append(taken)

    async def _train(self) -> None:
        said = await self._send("run", "POST", f"{self._in_project}/runs", headers=self._key())
        if said is not None and said.status_code == 202:
            await self._until_ended("runs", said.json()["id"])

    async def _promote(self) -> None:
        """Any version, back and forth; on a promotion that may not be the last any more."""
        listed = await self._send("networks", "GET", f"{self._in_project}/networks")
        if listed is not None and listed.json()["items"]:
            network = self._dice.choice(listed.json()["items"])
            base = {"base": listed.json()["promotion"]}
            await self._send("promote", "POST", f"/networks/{network['id']}/promote", json=base)

    async def _until_ended(self, kind: str, row_id: int) -> dict[str, Any] | None:
        while said := await self._send(kind, "GET", f"/{kind}/{row_id}"):
            row: dict[str, Any] = said.json()
            if row["status"] in ENDED:
                self._shared.history.actions.append(f"{kind} {row['status']}")
                return row
            if self._shared.is_over:
                return None
            await asyncio.sleep(POLL_SECONDS)
        return None

    async def _send(self, what: str, method: str, path: str, **content: Any) -> httpx2.Response | None:
        """What was answered for good, if anything was; refusals are looked at by the checker."""
        is_over = lambda: self._shared.is_over  # noqa: E731
        said = await self._sender.send(what, method, path, gives_up=is_over, **content)
        if said is not None:
            self._shared.history.actions.append(f"{what} {said.status_code}")
        return said if said is not None and said.is_success else None

    def _made(self, first: int, number: int) -> dict[str, bytes]:
        files = pictures(first, number)
        self._shared.uploaded |= {name: sha256(content).hexdigest() for name, content in files.items()}
        return files

    def _key(self) -> dict[str, str]:
        return {"Idempotency-Key": f"{self._dice.getrandbits(64):x}"}
