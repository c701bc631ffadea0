"""The history test can fail: services that break a promise on purpose, each of which it must find out.

They take some ten minutes and are no part of `make test`: `make history-mutants`.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.history import experiment
from tests.faults.history.mutants.patches import PATCHES
from tests.faults.history.stacks import alone, spread
from tests.source import ROOT

SITE = Path(__file__).parent / "mutants" / "site"
SECONDS = float(os.environ.get("EQUIMARK_HISTORY_SECONDS", "45"))


@dataclass(frozen=True)
class Mutant:
    """What is broken, where it shows, by which faults, and what the checker has to say: any of these.

    An answer that is lost is missed by whoever reads it before it is missed in the end.
    """

    name: str
    stack: str
    faults: tuple[str, ...]
    found_by: set[str]


MUTANTS = (
    Mutant("audit_in_a_second_transaction", "sqlite", ("kill_web",), {"I5"}),
    Mutant("acknowledged_before_the_commit", "postgres", ("kill_web",), {"I1", "I10"}),
    Mutant("no_idempotency", "sqlite", ("lose_answers",), {"I2"}),
    Mutant("queued_before_the_commit", "postgres", ("kill_web",), {"I11"}),
    Mutant("hold_taken_from_whoever_has_it", "postgres", (), {"I8"}),
    Mutant("jobs_without_a_fence", "sqlite", ("stop_worker",), {"I11"}),
    Mutant("counter_read_then_written", "postgres", (), {"I5"}),
    Mutant("blobs_written_in_place", "sqlite", ("kill_worker",), {"blob_damaged"}),
    Mutant("predictions_written_into_labels", "sqlite", (), {"I9"}),
)

pytestmark = [pytest.mark.mutants, pytest.mark.timeout(SECONDS + 900)]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_broken_promise_is_found_out(mutant: Mutant, tmp_path: Path) -> None:
    environment = {"PYTHONPATH": f"{SITE}{os.pathsep}{ROOT}", "HISTORY_MUTANT": mutant.name}
    opened = {"sqlite": alone, "postgres": spread}[mutant.stack]

    with opened(tmp_path, environment) as stack:
        history = experiment.run(stack, seconds=SECONDS, seed=0, faults=mutant.faults)
        violations = experiment.check(stack, history)

    sys.stdout.write(f"{mutant.name}: {history.summary()}\n{experiment.told(violations)}\n")
    assert mutant.found_by & {violation.code for violation in violations}


def test_a_database_that_acknowledges_before_it_has_written_is_found_out(tmp_path: Path) -> None:
    accepted = {"EQUIMARK_UNSAFE_DURABILITY": "true"}
    with spread(tmp_path, accepted, {"synchronous_commit": "off"}) as stack:
        history = experiment.run(stack, seconds=SECONDS, seed=0, faults=("kill_postgres",))
        violations = experiment.check(stack, history)

    sys.stdout.write(f"synchronous_commit=off: {history.summary()}\n{experiment.told(violations)}\n")
    assert "I1" in {violation.code for violation in violations}


def test_each_mutant_is_tried() -> None:
    assert sorted(PATCHES) == sorted(mutant.name for mutant in MUTANTS)
