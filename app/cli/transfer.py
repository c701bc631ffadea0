"""`equimark import` and `equimark export`: in the foreground, with a progress bar."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from sqlalchemy.orm import Session

from app import migrate
from app.cli.output import AsJson, print_json
from app.db import Database, open_database, utc_now
from app.exchange import repository, service
from app.exchange.detect import AUTO
from app.exchange.exporting import Exporting
from app.exchange.source import Options
from app.projects import service as projects
from app.projects.schemas import Schema
from app.settings import get_settings
from app.storage import open_storage
from app.users import service as users

SHOWN_PROBLEMS = 20
FILES_AT_ONCE = 500
ProjectOption = Annotated[str, typer.Option("--project", help="Name or number of the project.")]


def add_to(cli: typer.Typer) -> None:
    """Register both commands."""
    cli.command("import")(import_command)
    cli.command("export")(export_command)


def import_command(
    path: Annotated[Path, typer.Argument(help="Folder, ZIP archive, COCO file or image.")],
    *,
    project: ProjectOption,
    format_name: Annotated[str, typer.Option("--format", help="auto, folder, coco or images.")] = AUTO,
    create: Annotated[
        bool, typer.Option("--create", help="Make the project as the source describes it.")
    ] = False,
    keep_landmarks: Annotated[
        float,
        typer.Option("--keep-landmarks", min=0, max=100, help="Percent of training images that keep theirs."),
    ] = 100,
    seed: Annotated[int, typer.Option(help="Chooses them.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Take over images and labels. Again, or after a break, only what is missing is added."""
    settings = get_settings()
    now = utc_now()
    with _database() as database:
        schema = service.schema_from(path, settings=settings, named_format=format_name) if create else None
        with database.unit_of_work() as session:
            owner_id = users.ensure_local_owner(session, now=now).id
            row = service.start_import(
                session,
                project_id=_project_id(session, project, schema, owner_id),
                place=service.Place(str(path), folder=path.resolve()),
                named_format=format_name,
                options=Options(keep_landmarks_percent=keep_landmarks, seed=seed),
                by=owner_id,
                now=now,
            )
        with _progress_bar("importing", is_quiet=as_json) as on_progress:
            service.run_import(
                database=database,
                storage=open_storage(settings),
                settings=settings,
                import_id=row.id,
                now=utc_now,
                on_progress=on_progress,
            )
        _print_import(database, row.id, as_json=as_json)


def export_command(
    *,
    project: ProjectOption,
    format_name: Annotated[str, typer.Option("--format", help="folder or coco.")] = "folder",
    out: Annotated[Path, typer.Option(help="A new ZIP file (.zip) or a new folder.")],
    as_json: AsJson = False,
) -> None:
    """Write all images and current labels, as of one instant."""
    settings = get_settings()
    with _database() as database:
        with database.reading() as session:
            project_id = projects.get_project_by_name(session, project).id
        exporting = Exporting(
            database, open_storage(settings), settings.work_dir, project_id, format_name, utc_now()
        )
        with _progress_bar("exporting", is_quiet=as_json) as on_progress:
            counts = service.export_to_path(exporting, out, on_progress)
    if as_json:
        print_json({"path": str(out), "counts": counts})
        return
    labels = ", ".join(f"{count} {kind}" for kind, count in counts["labels"].items())
    typer.echo(f"{counts['image_files']} of {counts['images']} images and {labels} in {out}")


def _project_id(session: Session, name: str, schema: Schema | None, owner_id: int) -> int:
    """The project; with a schema, it is made where there is none of this name."""
    try:
        return projects.get_project_by_name(session, name).id
    except projects.ProjectNotFound:
        if schema is None:
            raise
        return projects.create(session, name=name, schema=schema, by=owner_id, now=utc_now()).id


@contextmanager
def _database() -> Iterator[Database]:
    database = open_database(get_settings())
    try:
        migrate.check_schema(database)
        yield database
    finally:
        database.close()


@contextmanager
def _progress_bar(words: str, *, is_quiet: bool) -> Iterator[Any]:
    """A bar on standard error, so that standard output is for the answer."""
    columns = (TextColumn(words), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=is_quiet) as bar:
        task = bar.add_task(words, total=None)

        def on_progress(done: int, total: int) -> bool:
            bar.update(task, completed=done, total=total)
            return True

        yield on_progress


def _print_import(database: Database, import_id: int, *, as_json: bool) -> None:
    with database.reading() as session:
        row = service.get_import(session, import_id)
        files, after = [], ""
        while page := repository.files_of(session, import_id, after=after, limit=FILES_AT_ONCE):
            files += [file for file in page if file.code]
            after = page[-1].name
    problems = [
        {"name": each.name, "outcome": each.outcome, "code": each.code, "detail": each.detail}
        for each in files
    ]
    if as_json:
        counts = {"files": row.file_count, **row.outcome_counts}
        answer = {"import": row.id, "project": row.project_id, "format": row.format}
        print_json({**answer, "counts": counts, "problems": problems})
        return
    counted = ", ".join(f"{count} {outcome}" for outcome, count in sorted(row.outcome_counts.items()))
    typer.echo(counted or "nothing")
    if problems:
        table = Table("file", "outcome", "code", "detail")
        for each in problems[:SHOWN_PROBLEMS]:
            table.add_row(*(str(value) for value in each.values()))
        Console().print(table)
    if len(problems) > SHOWN_PROBLEMS:
        typer.echo(f"and {len(problems) - SHOWN_PROBLEMS} more; --json lists them all")
