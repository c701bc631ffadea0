"""An annotator who labels by the REST API as the page does: the same answer is sent until acknowledged."""

import csv
import time
import uuid
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


class Annotator:
    """Labels Blocks with their true points and remembers what was acknowledged."""

    def __init__(self, address: str, truth: dict[str, list[dict[str, Any]]]) -> None:
        self._client = httpx2.Client(base_url=f"{address}/api/v1", timeout=SLOW_SECONDS)
        self._truth = truth
        self.project_id = 0
        self.acknowledged: dict[str, tuple[int, list[dict[str, Any]]]] = {}
        self.retries = 0

    def make_project(self, name: str, images: list[Path]) -> None:
        """A project with these images in it."""
        self.project_id = self.send("POST", "/projects", json={"name": name, "schema": SCHEMA})["id"]
        files = [("files", (path.name, path.read_bytes(), "image/png")) for path in images]
        uploaded = self.send("POST", f"/projects/{self.project_id}/images", files=files)
        assert {each["outcome"] for each in uploaded["items"]} == {"added"}, uploaded

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

    def send(self, method: str, path: str, **request: Any) -> Any:
        """The same request until a definite answer: what broke on the way is sent again."""
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                response = self._client.request(method, path, **request)
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
