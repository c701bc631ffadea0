"""`python -m worker.team_launch FOLDER`: torchrun, for as long as the worker gives signs of life.

torchrun puts each member into a session of its own, so no signal to a group reaches them: they watch this
process (`worker/team_member.py`), and this process watches its standard input.
"""

import argparse
import os
import select
import sys
import threading

from torch.distributed import run as torchrun

RESTARTS = 1  # of all, from the last checkpoint, when one of them is killed
LEFT = 1  # exit status of a process that ends because the worker is gone


def main() -> None:
    """Start them, and end when they have ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--processes", type=int, required=True)
    parser.add_argument("--silence-seconds", type=float, required=True)
    arguments = parser.parse_args()
    threading.Thread(target=_end_with_worker, args=(arguments.silence_seconds,), daemon=True).start()
    # else a team that begins anew may read the addresses of the one before from torchrun's own store, and
    # meets closed ports (pytorch issue 135712)
    os.environ["TORCH_DISABLE_SHARE_RDZV_TCP_STORE"] = "1"
    torchrun.main(
        [
            "--standalone",
            f"--nproc-per-node={arguments.processes}",
            f"--max-restarts={RESTARTS}",
            # else torchrun makes a folder in the system's own for temporary files, and leaves it there
            f"--log-dir={arguments.folder}/logs",
            "-m",
            "worker.team_member",
            arguments.folder,
        ]
    )


def _end_with_worker(silence_seconds: float) -> None:
    worker = sys.stdin.fileno()
    while True:
        heard, _, _ = select.select([worker], [], [], silence_seconds)
        if not heard or not os.read(worker, 4096):
            os._exit(LEFT)


if __name__ == "__main__":
    main()
