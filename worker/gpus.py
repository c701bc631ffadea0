"""How busy the NVIDIA GPUs of this machine are, by the program that comes with their driver."""

import shutil
import subprocess
import threading

import structlog

from app.heartbeats import GpuUse

LOOK_EVERY_SECONDS = 15.0
ANSWER_SECONDS = 10.0
QUERY = ("--query-gpu=index,utilization.gpu,memory.used,memory.total", "--format=csv,noheader,nounits")
log = structlog.get_logger()


class GpuWatch:
    """Looks in a thread of its own, since the program takes a while; without one there are no GPUs."""

    def __init__(self) -> None:
        self.seen: tuple[GpuUse, ...] = ()
        self._is_over = threading.Event()

    def start(self) -> None:
        """Begin to look, where there is anything to see."""
        if (program := shutil.which("nvidia-smi")) is not None:
            threading.Thread(target=self._look, args=(program,), name="gpus", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._is_over.set()

    def _look(self, program: str) -> None:
        while not self._is_over.is_set():
            try:
                command = [program, *QUERY]
                done = subprocess.run(  # noqa: S603  # the driver's program, nothing of it from outside
                    command, capture_output=True, text=True, timeout=ANSWER_SECONDS, check=True
                )
                self.seen = parse(done.stdout)
            except (OSError, subprocess.SubprocessError, ValueError) as error:
                self.seen = ()
                log.warning("gpus_not_seen", error=str(error))
            self._is_over.wait(LOOK_EVERY_SECONDS)


def parse(table: str) -> tuple[GpuUse, ...]:
    """One line a GPU: index, per cent, MiB in use, MiB there are.

    Raises:
        ValueError: it is written otherwise, e.g. `[N/A]` by a GPU that does not measure itself.

    """
    rows = [[cell.strip() for cell in line.split(",")] for line in table.splitlines() if line.strip()]
    return tuple(
        GpuUse(int(index), float(percent) / 100, int(used) * 2**20, int(size) * 2**20)
        for index, percent, used, size in rows
    )
