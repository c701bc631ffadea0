"""`python -m worker`: do background jobs until told to stop."""

import argparse
import os


def main() -> None:
    """Read the arguments that the supervisor gives; a person needs none."""
    parser = argparse.ArgumentParser(prog="python -m worker", description=__doc__)
    parser.add_argument("--name", help="name under which this worker holds jobs")
    parser.add_argument("--replaces", help="name of a dead worker whose jobs are free at once")
    parser.add_argument("--parent-pid", type=int, help="end when this process is no longer the parent")
    parser.add_argument("--nice", type=int, default=0, help="added to the niceness")
    arguments = parser.parse_args()
    # threads that spin while they wait take the cores from the web server; to be set before torch is there
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    if arguments.nice:
        os.nice(arguments.nice)

    from app.settings import get_settings  # noqa: PLC0415  # after the environment is set
    from worker.loop import run_worker  # noqa: PLC0415

    run_worker(
        get_settings(), name=arguments.name, replaces=arguments.replaces, parent_pid=arguments.parent_pid
    )


if __name__ == "__main__":
    main()
