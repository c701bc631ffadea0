"""`equimark db`: bring the database to this version's schema, and check that everything in it agrees."""

from typing import Annotated

import typer

from app import migrate
from app.cli.output import AsJson, print_json
from app.db import open_database
from app.insights import verify as checks
from app.settings import get_settings
from app.storage import open_storage

commands = typer.Typer(help="The database.", no_args_is_help=True)
ReadBlobs = Annotated[bool, typer.Option("--read-blobs", help="Read and hash every blob, too.")]


def add_to(cli: typer.Typer) -> None:
    """Register the family."""
    cli.add_typer(commands, name="db")


@commands.command()
def upgrade() -> None:
    """Migrate the database to this version's schema; nothing happens where nothing is due."""
    database = open_database(get_settings())
    try:
        migrate.upgrade(database)
    finally:
        database.close()
    typer.echo("The database is at this version's schema.")


@commands.command()
def verify(*, as_json: AsJson = False, read_blobs: ReadBlobs = False) -> None:
    """Check the database file, counters, revision chains and blobs; exit status 1 where one is wrong."""
    settings = get_settings()
    database = open_database(settings)
    try:
        migrate.check_schema(database)
        with database.reading() as session:
            findings = checks.findings(session, open_storage(settings), reads_blobs=read_blobs)
    finally:
        database.close()
    if as_json:
        print_json({"findings": [{"code": each.code, "detail": each.detail} for each in findings]})
    else:
        for each in findings:
            typer.echo(f"{each.code}: {each.detail}")
        typer.echo("Everything agrees." if not findings else f"{len(findings)} findings.")
    if findings:
        raise typer.Exit(1)
