"""`equimark project`."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from sqlalchemy.orm import Session

from app import migrate
from app.cli.output import AsJson, print_json, print_rows
from app.db import open_database, utc_now
from app.projects import service as projects
from app.projects.schemas import Schema
from app.settings import get_settings
from app.users import service as users

project_commands = typer.Typer(help="Projects.", no_args_is_help=True)


def add_to(cli: typer.Typer) -> None:
    """Register the family."""
    cli.add_typer(project_commands, name="project")


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """A writing session on the database of the settings, which must be at this version's schema."""
    database = open_database(get_settings())
    try:
        migrate.check_schema(database)
        with database.unit_of_work() as session:
            yield session
    finally:
        database.close()


@project_commands.command("create")
def create_project(
    name: str,
    *,
    schema: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="JSON file, as in GET /projects/{id}.")
    ] = None,
    landmarks: Annotated[str, typer.Option(help="Names in order, with commas: nose,eye_l,eye_r")] = "",
    as_json: AsJson = False,
) -> None:
    """Make an empty project from a schema file, or from a list of landmark names."""
    if bool(schema) == bool(landmarks):
        raise typer.BadParameter("give --schema or --landmarks")
    wanted = _read_schema(schema) if schema else _schema_of_names(landmarks)
    now = utc_now()
    with unit_of_work() as session:
        owner = users.ensure_local_owner(session, now=now)
        project = projects.create(session, name=name, schema=wanted, by=owner.id, now=now)
    if as_json:
        print_json({"id": project.id, "name": project.name})
    else:
        typer.echo(f"Project {project.id}: {project.name}")


@project_commands.command("list")
def list_projects(*, as_json: AsJson = False) -> None:
    """All projects."""
    with unit_of_work() as session:
        rows = [
            {"id": each.id, "name": each.name, "images": each.image_count, "schema": each.schema_version}
            for each in projects.list_projects(session, limit=10_000)
        ]
    print_rows(rows, as_json=as_json, empty="No project yet. Try: equimark demo")


def _read_schema(path: Path) -> Schema:
    try:
        return Schema.model_validate_json(path.read_bytes())
    except ValidationError as error:
        raise typer.BadParameter(_first_reason(error)) from error


def _schema_of_names(names: str) -> Schema:
    try:
        return Schema(landmarks=tuple(names.split(",")))
    except ValidationError as error:
        raise typer.BadParameter(_first_reason(error)) from error


def _first_reason(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}".removeprefix(": ")
