"""Tests that a machine cannot run are skipped loudly, and fail where CI is set."""

import os
from typing import NoReturn

import pytest

LEFT_OUT = "LEFT OUT: "


def leave_out(reason: str) -> NoReturn:
    """Skip loudly where something is not installed; where CI is set that is a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"CI must not leave this out: {reason}", pytrace=False)
    pytest.skip(LEFT_OUT + reason)
