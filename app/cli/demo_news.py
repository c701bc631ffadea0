"""Tells on the terminal what the demo's worker has done: the project's own events, in words."""

import threading
import time
from typing import Any

import typer

from app import events
from app.db import Database

POLL_SECONDS = 1.0
TOLD_STEPS = 4  # of a run: a line for each quarter


class NewsTeller:
    """A thread that reads the events of one project until stopped."""

    def __init__(self, database: Database, project_id: int, *, page: str, started: float) -> None:
        self._database, self._project_id = database, project_id
        self._page, self._started = page, started
        self._told_quarter: dict[int, int] = {}
        self._is_stopping = threading.Event()
        with database.reading() as session:
            self._last_id = events.newest_event_id(session, project_id)
        self._thread = threading.Thread(target=self._run, name="demo-news", daemon=True)

    def start(self) -> None:
        """Begin with what happens from now on."""
        self._thread.start()

    def stop(self) -> None:
        """End after the current look."""
        self._is_stopping.set()
        self._thread.join()

    def _run(self) -> None:
        tell = {
            "run": self._of_run,
            "epoch": self._of_epoch,
            "network": self._of_network,
            "predictions": self._of_predictions,
        }
        while not self._is_stopping.wait(POLL_SECONDS):
            with self._database.reading() as session:
                news = events.events_after(session, self._project_id, self._last_id)
            for event in news:
                self._last_id = event.id
                if words := tell.get(event.name, _of_nothing)(event.body):
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
        nme = (body["validation"] or {}).get("nme")
        error = "" if nme is None else f", validation error {100 * nme:.1f} %"
        return f"Step {body['step']} of {body['steps']}{error}."

    def _of_network(self, body: dict[str, Any]) -> str:
        nme = "" if body["nme"] is None else f", validation error {100 * body['nme']:.1f} %"
        what = "is in" if body["promoted"] else "was not better and is kept aside"
        return f"Network {body['network_number']} {what}{nme}."

    def _of_predictions(self, body: dict[str, Any]) -> str:
        return (
            f"{body['count']} predictions of network {body['network_number']}: ghost points on {self._page}"
        )


def _of_nothing(_body: dict[str, Any]) -> None:
    """Events that need no words here."""
