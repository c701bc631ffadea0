"""`equimark doctor`: which part of the service does not work."""

import typer

from app.cli.output import AsJson, print_json
from app.db import open_database, utc_now
from app.doctor import examine
from app.settings import get_settings


def add_to(cli: typer.Typer) -> None:
    """Register the command."""
    cli.command()(doctor)


def doctor(*, as_json: AsJson = False) -> None:
    """Look at database, schema, blobs, broker, workers and waiting jobs; exit status 1 where one is ill."""
    settings = get_settings()
    database = open_database(settings)
    try:
        hops = examine(database, settings, now=utc_now())
    finally:
        database.close()
    if as_json:
        print_json([{"name": hop.name, "is_well": hop.is_well, "detail": hop.detail} for hop in hops])
    else:
        for hop in hops:
            typer.echo(f"{'well' if hop.is_well else 'ILL '}  {hop.name}: {hop.detail}")
    if not all(hop.is_well for hop in hops):
        raise typer.Exit(1)
