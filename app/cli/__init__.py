"""The command line `equimark`: a module a family of commands, all reached from here.

output.py      what every command prints with: tables, JSON, progress
database.py    db upgrade, db verify
projects.py    project create, project list
people.py      user add, list, password, role, ...; token create
demo.py        demo
serve.py       serve, worker, upkeep
learning.py    train, predict
study.py       study table, ablation
transfer.py    import, export
doctor.py      doctor

`equimark --help` must be quick, so commands import what is heavy when they run.
"""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from app import log
from app.errors import DomainError

# in the order of --help; each has `add_to(cli)`
MODULES = ("serve", "demo", "learning", "study", "transfer", "projects", "people", "database", "doctor")

cli = typer.Typer(
    name="equimark",
    help="Label landmarks on images with as few annotator minutes as possible.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of the database file and the blobs.", envvar="EQUIMARK_HOME_DIR"),
]


@cli.callback()
def choose_home(home: Home = None) -> None:
    """Options of every command; child processes inherit them."""
    if home is not None:
        os.environ["EQUIMARK_HOME_DIR"] = str(home.absolute())


for _module in MODULES:
    import_module(f"app.cli.{_module}").add_to(cli)


def main() -> None:
    """Run the command; an expected failure is one line on standard error and exit status 1."""
    log.configure()
    try:
        cli()
    except DomainError as error:
        typer.echo(f"equimark: {error} [{error.code()}]", err=True)
        sys.exit(1)
