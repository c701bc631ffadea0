"""Which file system a folder lies on: one that goes with its container or with the power keeps no labels."""

import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")
OF_MEMORY = frozenset({"tmpfs", "ramfs"})
OF_CONTAINER = OF_MEMORY | {"overlay", "aufs", "fuse-overlayfs"}


def find_fleeting(folder: Path, *, is_in_container: bool, mounts: Path = MOUNTS) -> str | None:
    """The kind of file system, where it does not outlast the container or the machine's next start.

    None also where it cannot be known, as on a system without /proc.
    """
    kind = find_file_system(folder, mounts=mounts)
    return kind if kind in (OF_CONTAINER if is_in_container else OF_MEMORY) else None


def find_file_system(folder: Path, *, mounts: Path = MOUNTS) -> str | None:
    """Kind of the file system on which `folder` lies or would lie."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return None
    found, place = None, folder.absolute().resolve()
    deepest = -1
    for line in lines:
        before, _, after = line.partition(" - ")
        point = Path(re.sub(r"\\(\d{3})", lambda octal: chr(int(octal.group(1), 8)), before.split()[4]))
        # a later mount at the same point hides the earlier one
        if place.is_relative_to(point) and len(point.parts) >= deepest:
            deepest, found = len(point.parts), after.split()[0]
    return found
