"""Python imports this at the start of a process with this folder on its path: it applies the mutant."""

import os

from tests.faults.history.mutants.patches import PATCHES

PATCHES[os.environ["HISTORY_MUTANT"]]()
