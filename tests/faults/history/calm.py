"""What must hold of the service while nothing is broken: I15."""

from collections.abc import Iterator

from tests.faults.history.checker import Violation
from tests.faults.history.record import History, Request

SETTLING_SECONDS = 2.0  # after a fault: connections that it broke are found broken when they are used next
EXPECTED = {
    "edit": {409},
    "stale_edit": {409},
    "submit": {409},  # after its lease
    "promote": {409},
    "run": {409, 422},  # one runs already; nothing is labelled yet
    "schema": {409},  # sent again
}


def check_calm(history: History) -> Iterator[Violation]:
    """No failure outside the times of faults, and no refusal that nobody expects at any time."""
    for request in history.requests:
        is_failed = request.status == 0 or request.status >= 500
        if is_failed and not _meets_fault(history, request):
            yield Violation("I15", f"nothing was broken: {request}")
        if 400 <= request.status < 500 and request.status not in EXPECTED.get(request.what, set()):
            yield Violation("I15", f"refused: {request}")
        if request.status == 500:
            yield Violation("I15", f"an error that nobody foresaw: {request}")


def _meets_fault(history: History, request: Request) -> bool:
    return any(
        fault.began <= request.completed and request.invoked <= fault.ended + SETTLING_SECONDS
        for fault in history.faults
    )
