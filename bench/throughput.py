"""How fast much goes in and out: predictions stored, a folder imported, files uploaded, a project exported.

On PostgreSQL, with a real server for the uploads and a process of its own for the export, whose memory is
measured. Pictures are noise of a few pixels blown up, so that they compress like photographs; `--seed` makes
them. Blobs are written with fsync, as ever.

    python bench/throughput.py
    python bench/throughput.py --only predictions upload
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from rich.console import Console
from rich.table import Table
from throughput_files import take_in, upload
from throughput_rows import export, write_back
from world import ROOT, write_results

RESULTS = ROOT / "bench" / "results" / "throughput.json"
ASKED = {"predictions": 5000.0, "import": 500.0, "upload": 25.0}  # images/s; of an upload per core
PARTS: dict[str, Callable[[argparse.Namespace], Iterator[dict[str, Any]]]] = {
    "predictions": write_back,
    "import": take_in,
    "upload": upload,
    "export": export,
}


def show(rows: list[dict[str, Any]]) -> Table:
    """The table that is printed."""
    table = Table("what", "images", "images/s", "asked", "more")
    for row in rows:
        rates = row.get("images_per_second_and_core", row["images_per_second"])
        spread = f" ± {stdev(rates):,.0f}" if len(rates) > 1 else ""
        known = {"what", "images", "images_per_second", "images_per_second_and_core"}
        more = ", ".join(f"{name} {value}" for name, value in row.items() if name not in known)
        asked = f"{ASKED[row['what']]:,.0f}" if row["what"] in ASKED else ""
        table.add_row(row["what"], f"{row['images']:,}", f"{fmean(rates):,.0f}{spread}", asked, more)
    return table


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--predictions", type=int, default=50_000, help="images to be predicted")
    parser.add_argument("--files", type=int, default=1_000, help="of 640 x 480 px; fewer of the large ones")
    parser.add_argument("--export", nargs="+", type=int, default=[1_000, 100_000], help="images to export")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    began_under = os.getloadavg()
    rows = []
    for part in options.only:
        for row in PARTS[part](options):
            rows.append(row)
            print(json.dumps(row), file=sys.stderr)
    Console(width=180).print(show(rows))
    settings = {"seed": options.seed, "repeats": options.repeats}
    write_results(options.out, rows, began_under=began_under, settings=settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
