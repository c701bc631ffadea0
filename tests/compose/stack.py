"""The stack of docker-compose.yml: up, down, and its containers killed as by a crash."""

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
WAIT_SECONDS = 300
LONG_RUNNING = ("postgres", "redis", "web", "worker", "helper", "upkeep")


class Stack:
    """One compose project on a port of loopback, apart from whatever else runs."""

    def __init__(self, *, name: str, port: int, training_steps: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        self._name = name
        self._environment = {
            **os.environ,
            "EQUIMARK_ACCOUNTS": "required",
            "EQUIMARK_PUBLISHED_PORT": str(port),
            "EQUIMARK_TRAINING_STEPS": str(training_steps),
        }

    def build(self) -> None:
        """Build the images that this machine lacks or whose sources have changed."""
        self.compose("build", "web", "worker")

    def up(self) -> None:
        """Start everything and wait until it is healthy."""
        self.compose("up", "--detach", "--wait", "--wait-timeout", str(WAIT_SECONDS))

    def down(self, *options: str) -> None:
        """Stop and remove the containers; volumes stay unless `--volumes` is given."""
        self.compose("down", *options)

    def kill(self, service: str) -> float:
        """SIGKILL to its first process, as by a crash; seconds until it is healthy again.

        `docker kill` would count as stopped on purpose, and Docker would not start it again.
        """
        before = self._state(service)
        os.kill(before["Pid"], signal.SIGKILL)
        began = time.monotonic()
        while time.monotonic() - began < WAIT_SECONDS:
            state = self._state(service)
            is_back = state["Pid"] not in {0, before["Pid"]} and state["StartedAt"] != before["StartedAt"]
            if is_back and state["Health"]["Status"] == "healthy":
                return time.monotonic() - began
            time.sleep(0.2)
        raise AssertionError(f"{service} did not come back")

    def first_invitation(self) -> str:
        """The secret of the link that the web service has printed, since nobody can sign in yet."""
        printed = self.compose("logs", "--no-color", "--no-log-prefix", "web")
        found = re.findall(r"Make the first account within a day: \S+/invitations/(\S+)", printed)
        if not found:
            raise AssertionError(f"no link to the first account: {printed}")
        return str(found[-1])

    def doctor(self) -> list[dict[str, Any]]:
        """What `equimark doctor` says inside."""
        said = self.compose("exec", "--no-TTY", "upkeep", "equimark", "doctor", "--json", may_fail=True)
        hops: list[dict[str, Any]] = json.loads(said)
        return hops

    def published(self) -> list[str]:
        """Every address of this machine that leads into a container."""
        command = ["ps", "--format", "{{range .Publishers}}{{.URL}}:{{.PublishedPort}} {{end}}"]
        return sorted(set(self.compose(*command).split()))

    def compose(self, *arguments: str, may_fail: bool = False) -> str:
        """Run `docker compose`; what it prints."""
        command = ["docker", "compose", "--project-name", self._name, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self._environment, capture_output=True, text=True, check=False
        )
        if done.returncode and not may_fail:
            raise AssertionError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
        return done.stdout

    def _state(self, service: str) -> dict[str, Any]:
        container = self.compose("ps", "--all", "--quiet", service).split()[0]
        command = ["docker", "inspect", "--format", "{{json .State}}", container]
        state: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        return state


def image_bytes(image: str) -> int:
    """Unpacked size of an image."""
    command = ["docker", "image", "inspect", "--format", "{{.Size}}", image]
    return int(subprocess.run(command, capture_output=True, check=True).stdout)
