"""`python -m worker`: do background jobs until told to stop."""

import argparse
import os
import sys

from app.errors import DomainError
from app.settings import Settings, get_settings


def main() -> None:
    """Read the arguments that the supervisor gives; a person needs none."""
    parser = argparse.ArgumentParser(prog="python -m worker", description=__doc__)
    parser.add_argument("--name", help="name under which this worker holds jobs")
    parser.add_argument("--replaces", help="name of a dead worker whose jobs are free at once")
    parser.add_argument("--parent-pid", type=int, help="end when this process is no longer the parent")
    parser.add_argument("--nice", type=int, default=0, help="added to the niceness")
    parser.add_argument("--upkeep", action="store_true", help="only see to what is due; others do the jobs")
    parser.add_argument("--queues", help="be a Celery worker of these: train, predict, light")
    parser.add_argument("--processes", type=int, default=1, help="of a Celery worker; one job each")
    arguments = parser.parse_args()
    # threads that spin while they wait take the cores from the web server; to be set before torch is there
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if arguments.nice:
        os.nice(arguments.nice)

    try:
        _run(arguments, get_settings())
    except DomainError as error:
        sys.exit(f"equimark: {error} [{error.code()}]")


def _run(arguments: argparse.Namespace, settings: Settings) -> None:
    if arguments.upkeep:
        from worker.watch import run_upkeep  # noqa: PLC0415

        run_upkeep(settings)
    elif arguments.queues is not None:
        from worker.celery_run import run_celery_worker  # noqa: PLC0415

        run_celery_worker(settings, queues=arguments.queues.split(","), processes=arguments.processes)
    else:
        from worker.loop import run_worker  # noqa: PLC0415

        run_worker(
            settings, name=arguments.name, replaces=arguments.replaces, parent_pid=arguments.parent_pid
        )


if __name__ == "__main__":
    main()
