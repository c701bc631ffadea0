"""Tells on the terminal what the demo's worker has done: the project's own events, in words."""

import threading
import time
from typing import Any

import typer

from app import events
from app.db import Database
from app.projects import service as projects

POLL_SECONDS = 1.0
TOLD_STEPS = 4  # of a run: a line for each quarter
PIXELS = "pixels"  # the normaliser of errors that are no fractions


class NewsTeller:
    """A thread that reads the events of one project until stopped."""

    def __init__(self, database: Database, project_id: int, *, page: str, started: float) -> None:
        self._database, self._project_id = database, project_id
        self._page, self._started = page, started
        self._told_quarter: dict[int, int] = {}
        self._told_predictions: set[int] = set()
        self._is_stopping = threading.Event()
        with database.reading() as session:
            self._last_id = events.newest_event_id(session, project_id)
            schema = projects.schema_of(projects.get_project(session, project_id))
        self._is_in_pixels = schema.normaliser.kind == PIXELS
        self._thread = threading.Thread(target=self._run, name="demo-news", daemon=True)

    def start(self) -> None:
        """Begin with what happens from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End after the current look."""
        self._is_stopping.set()
        self._thread.join()

    def words_of(self, name: str, body: dict[str, Any]) -> str | None:
        """One event as a sentence; None where it needs none."""
        tell = {
            "run": self._of_run,
            "epoch": self._of_epoch,
            "network": self._of_network,
            "predictions": self._of_predictions,
        }
        return tell[name](body) if name in tell else None

    def _run(self) -> None:
        while not self._is_stopping.wait(POLL_SECONDS):
            with self._database.reading() as session:
                news = events.events_after(session, self._project_id, self._last_id)
            for event in news:
                self._last_id = event.id
                if words := self.words_of(event.name, event.body):
                    typer.echo(f"    [{time.monotonic() - self._started:5.0f} s] {words}")

    def _of_run(self, body: dict[str, Any]) -> str | None:
        number, status = body["number"], body["status"]
        words = {
            "running": "has begun",
            "failed": "failed, see the training page",
            "cancelled": "was cancelled",
        }
        return f"Training run {number} {words[status]}." if status in words else None

    def _of_epoch(self, body: dict[str, Any]) -> str | None:
        quarter = TOLD_STEPS * body["step"] // max(1, body["steps"])
        if quarter <= self._told_quarter.get(body["run_id"], 0):
            return None
        self._told_quarter[body["run_id"]] = quarter
        error = self._error((body["validation"] or {}).get("nme"))
        return f"Step {body['step']} of {body['steps']}{error}."

    def _of_network(self, body: dict[str, Any]) -> str:
        what = "is in" if body["promoted"] else "was not better and is kept aside"
        return f"Network {body['network_number']} {what}{self._error(body['nme'])}."

    def _of_predictions(self, body: dict[str, Any]) -> str | None:
        """Only the first of each network: they come in small batches for minutes."""
        number = body["network_number"]
        if number in self._told_predictions:
            return None
        self._told_predictions.add(number)
        return f"The first predictions of network {number} are in: ghost points on {self._page}"

    def _error(self, nme: float | None) -> str:
        if nme is None:
            return ""
        return (
            f", validation error {nme:.1f} px"
            if self._is_in_pixels
            else f", validation error {100 * nme:.1f} %"
        )
