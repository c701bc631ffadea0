"""The resumable state of a run: one file in the run's own folder."""

import pickle  # only for its error class; torch.load runs with weights_only
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any

import torch

from ml.durable import remove_leftovers, write_durably

FILE = "resume.pt"


@dataclass
class ResumeFile:
    """Where a run keeps its state. `key` ties it to one config and one pool."""

    folder: Path
    key: str

    def save(self, state: dict[str, Any]) -> None:
        """Replace the state, all or nothing. Raises NoSpace."""
        # torch hides a full disk behind an error of its own when it writes to a file itself
        content = BytesIO()
        torch.save({"key": self.key, **state}, content)

        def write(file: IO[bytes]) -> None:
            file.write(content.getbuffer())

        write_durably(self.folder / FILE, write)

    def find(self) -> dict[str, Any] | None:
        """The last state, if it is of this very config and pool and whole; else the run starts over."""
        remove_leftovers(self.folder / FILE)
        path = self.folder / FILE
        if not path.exists():
            return None
        try:
            # weights_only: tensors and plain values, no code, even if somebody put the file there
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        except (RuntimeError, EOFError, OSError, ValueError, KeyError, pickle.UnpicklingError):
            return None
        return state if isinstance(state, dict) and state.get("key") == self.key else None

    def remove(self) -> None:
        """The run is over."""
        (self.folder / FILE).unlink(missing_ok=True)
