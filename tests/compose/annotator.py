"""Who signs in and labels by the REST API as the page does: the same answer is sent until acknowledged.

A manager makes the project and brings the images; the annotator, who was invited, gives the answers.
"""

import csv
import io
import time
import uuid
import zipfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2

SQUARES = [f"square_{number}" for number in range(1, 6)]
SCHEMA = {
    "landmarks": SQUARES,
    "edges": [list(pair) for pair in pairwise(SQUARES)],
    "attributes": [],
    "normaliser": {"kind": "box"},
}
PATIENCE_SECONDS = 180.0
SLOW_SECONDS = 15.0  # for one request, while containers die
PASSWORD = "nine squares on a table"
ENDED = {"done", "failed"}


def signed_in(address: str, *, name: str, invitation: str) -> httpx2.Client:
    """A browser in which somebody has made an account by a link, and has then signed in anew."""
    account = {"name": name, "password": PASSWORD}
    with _browser(address) as first:
        _submit(first, f"{address}/invitations/{invitation}", account)
    client = _browser(address)
    _submit(client, f"{address}/sign-in", account)
    return client


def _browser(address: str) -> httpx2.Client:
    """With every write it says where it comes from; it follows nothing and keeps its cookies."""
    return httpx2.Client(
        base_url=f"{address}/api/v1",
        timeout=SLOW_SECONDS,
        headers={"Origin": address},
        follow_redirects=False,
    )


def _submit(client: httpx2.Client, url: str, form: dict[str, str]) -> None:
    answer = client.post(url, data=form)
    assert answer.status_code == 303, f"{url.rpartition('/')[0]}: {answer.status_code}"
    assert client.cookies, "no session has begun"


class Annotator:
    """Labels Blocks with their true points and remembers what was acknowledged."""

    def __init__(self, address: str, truth: dict[str, list[dict[str, Any]]], *, first: str) -> None:
        """`first` is the secret of the link with which the first account is made."""
        self._address = address
        self._manager = self._client = signed_in(address, name="manager", invitation=first)
        self._truth = truth
        self.project_id = 0
        self.acknowledged: dict[str, tuple[int, list[dict[str, Any]]]] = {}
        self.retries = 0

    def make_project(self, name: str, images: list[Path]) -> None:
        """A project with these images in it, made by the manager, who invites the annotator."""
        self.project_id = self.send("POST", "/projects", json={"name": name, "schema": SCHEMA})["id"]
        files = [("files", (path.name, path.read_bytes(), "image/png")) for path in images]
        uploaded = self.send("POST", f"/projects/{self.project_id}/images", files=files)
        assert {each["outcome"] for each in uploaded["items"]} == {"added"}, uploaded
        self._refuse_a_stranger()
        path = f"/projects/{self.project_id}/invitations"
        link = self.send("POST", path, json={"role": "annotator"})["url"]
        self._client = signed_in(self._address, name="annotator", invitation=link.rpartition("/")[2])

    def import_archive(self, images: list[Path]) -> None:
        """The manager brings more images, in an archive, and waits until the helper has read it."""
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            for path in images:
                file.write(path, path.name)
        files = {"archive": ("more.zip", archive.getvalue(), "application/zip")}
        path = f"/projects/{self.project_id}/imports"
        import_id = self.send("POST", path, by=self._manager, files=files)["id"]

        def look() -> dict[str, Any] | None:
            row: dict[str, Any] = self.send("GET", f"/imports/{import_id}", by=self._manager)
            return row if row["status"] in ENDED else None

        row = self.until(look, "the import")
        assert (row["status"], row["outcome_counts"].get("added")) == ("done", len(images)), row

    def close(self) -> None:
        """Both browsers are closed."""
        self._client.close()
        self._manager.close()

    def _refuse_a_stranger(self) -> None:
        """Whoever has not signed in sees nothing of the project."""
        answer = httpx2.get(f"{self._address}/api/v1/projects/{self.project_id}", timeout=SLOW_SECONDS)
        assert answer.status_code == 401, answer.text

    def label_next(self) -> None:
        """Take the next image and answer it."""
        wanted = {"kinds": ["landmarks"]}
        ask = self.send("POST", f"/projects/{self.project_id}/asks/next", json=wanted)
        answer_id, points = str(uuid.uuid4()), self._truth[ask["image"]["name"]]
        answer = {
            "id": answer_id,
            "base_revision": ask["revision"],
            "lease_id": ask["lease_id"],
            "points": points,
            "active_seconds": 5.0,
            "next_kinds": [],
        }
        said = self.send("PUT", f"/images/{ask['image']['id']}/landmarks", json=answer)
        assert said["revision"]["id"] == answer_id
        self.acknowledged[answer_id] = (ask["image"]["id"], points)

    def lost(self) -> list[str]:
        """Acknowledged answers that are not there exactly once, as they were given."""
        return [
            answer_id
            for answer_id, (image_id, points) in self.acknowledged.items()
            if [
                revision["points"]
                for revision in self.get(f"/images/{image_id}/revisions")
                if revision["id"] == answer_id
            ]
            != [points]
        ]

    def wait_for_run(self, number: int) -> dict[str, Any]:
        """The project's run of this number, once it has ended."""
        return self.until(lambda: next(iter(self._runs(number, has_ended=True)), None), "a run to end")

    def wait_for_step(self, number: int) -> dict[str, Any]:
        """The run, once it has recorded progress."""
        return self.until(
            lambda: next((run for run in self._runs(number) if run["step"] > 0), None), "a run to begin"
        )

    def predictions(self) -> list[dict[str, Any]]:
        """Those of the current network."""
        items: list[dict[str, Any]] = self.get(f"/projects/{self.project_id}/predictions")["items"]
        return items

    def until(self, look: Any, what: str, *, seconds: float = 900.0) -> Any:
        """What `look` returns as soon as it is something."""
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            if found := look():
                return found
            time.sleep(0.5)
        raise AssertionError(f"waited {seconds:.0f} s for {what}")

    def get(self, path: str) -> Any:
        """JSON of a GET."""
        return self.send("GET", path)

    def send(self, method: str, path: str, *, by: httpx2.Client | None = None, **request: Any) -> Any:
        """The same request until a definite answer: what broke on the way is sent again.

        by   who sends it; else the annotator, and before there is one, the manager
        """
        client = by or self._client
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                response = client.request(method, path, **request)
            except httpx2.TransportError as error:
                reason = repr(error)
            else:
                if response.status_code < 500:
                    assert response.is_success, f"{method} {path}: {response.status_code} {response.text}"
                    return response.json()
                reason = response.text
            self.retries += 1
            assert time.monotonic() < ends_at, f"{method} {path}: {reason}"
            time.sleep(0.5)

    def _runs(self, number: int, *, has_ended: bool = False) -> list[dict[str, Any]]:
        runs = self.get(f"/projects/{self.project_id}/runs")["items"]
        return [run for run in runs if run["number"] == number and (run["finished_at"] or not has_ended)]


def true_points(table: Path) -> dict[str, list[dict[str, Any]]]:
    """By image name; the common layout has pixel centres at integers, the service has corners there."""
    with table.open(newline="") as file:
        return {
            row["image"]: [
                {
                    "name": name,
                    "state": "visible",
                    "x": float(row[f"{name}_x"]) + 0.5,
                    "y": float(row[f"{name}_y"]) + 0.5,
                }
                for name in SQUARES
            ]
            for row in csv.DictReader(file)
        }
