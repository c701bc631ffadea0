"""`equimark demo`: a project to try the whole loop on, from nothing to the labelling page."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.demo_news import NewsTeller
from app.cli.serve import prepare_database, serve
from app.db import Database, open_database, utc_now
from app.errors import Conflict
from app.exchange import service as exchange
from app.exchange.source import Options
from app.exchange.tables import Import
from app.projects import service as projects
from app.projects.service import ProjectNotFound
from app.settings import Settings, get_settings
from app.storage import open_storage
from app.training import service as training
from app.training.repository import find_newest_run
from app.training.schemas import RunOptions
from app.training.service import NotEnoughLabels, TrainingAlreadyRunning
from app.users import service as users

BLOCKS = "Blocks"
BLOCKS_COUNTS = ("--count", "400", "--validation", "60", "--seed", "1")
KEEP_LANDMARKS_PERCENT = 5.0  # 20 of the Blocks: the least with which the paper's losses help
LOCAL = "127.0.0.1"


class PortTaken(Conflict):
    """Found before the long part begins."""

    message = "Port {port} is in use. Choose another one: make demo PORT={other}"


def add_to(cli: typer.Typer) -> None:
    """Register the command."""
    cli.command()(demo)


def demo(
    *,
    home: Annotated[Path, typer.Option(help="Folder of the demo; delete it to start anew.")] = Path(".demo"),
    data: Annotated[
        Path | None,
        typer.Option(exists=True, help="Real images in the common layout, instead of generated Blocks."),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
) -> None:
    """Make a demo project, train a first network and serve it until Ctrl+C. Run again, it goes on."""
    started = time.monotonic()
    _check_port(port)
    os.environ["EQUIMARK_HOME_DIR"] = str(home.absolute())
    get_settings.cache_clear()
    settings = get_settings()
    typer.echo(f"==> 1/4 Preparing the database in {home}")
    prepare_database(settings, may_migrate=True)
    database = open_database(settings)
    try:
        project_id = _filled_project(database, settings, data)
        is_training = _request_first_run(database, project_id)
        page = f"http://{LOCAL}:{port}/projects/{project_id}/label"
        typer.echo("==> 4/4 Starting the web server" + (" and the first training run" if is_training else ""))
        typer.secho(f"\n    Label here: {page}\n    Stop with Ctrl+C.\n", bold=True)
        news = NewsTeller(database, project_id, page=page, started=started)
        news.start()
        serve(host=LOCAL, port=port, worker=True, migrate_database=False)
        news.stop()
    finally:
        database.close()


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCAL, port))
        except OSError as error:
            raise PortTaken(port=port, other=port + 1 if port < 65535 else port - 1) from error


def _filled_project(database: Database, settings: Settings, data: Path | None) -> int:
    """The demo's project with its images; what an interrupted demo left undone is done now."""
    source = data.resolve() if data else settings.home_dir.absolute() / "blocks"
    if data is None and not (source / "meta.json").exists():
        typer.echo("==> 2/4 Drawing Blocks, the images of the paper's own first experiment")
        command = [sys.executable, "-m", "ml", "blocks", "--out", str(source), *BLOCKS_COUNTS]
        subprocess.run(command, check=True)  # noqa: S603  our own program with arguments of our own
    name = f"Demo: {data.resolve().name if data else BLOCKS}"
    now = utc_now()
    with database.unit_of_work() as session:
        owner_id = users.ensure_local_owner(session, now=now).id
        try:
            project_id = projects.get_project_by_name(session, name).id
        except ProjectNotFound:
            schema = exchange.schema_from(source, settings=settings)
            project_id = projects.create(session, name=name, schema=schema, by=owner_id, now=now).id
        place = exchange.Place(shown=source.name, folder=source)
        options = Options(keep_landmarks_percent=KEEP_LANDMARKS_PERCENT)
        import_id = (
            _find_import(session, project_id)
            or exchange.start_import(
                session, project_id=project_id, place=place, options=options, by=owner_id, now=now
            ).id
        )
    _run_import(database, settings, import_id)
    return project_id


def _find_import(session: Session, project_id: int) -> int | None:
    newest = select(Import.id).where(Import.project_id == project_id).order_by(Import.id.desc())
    return session.scalar(newest.limit(1))


def _run_import(database: Database, settings: Settings, import_id: int) -> None:
    with database.reading() as session:
        if exchange.get_import(session, import_id).status == "done":
            return
    columns = (TextColumn("==> 3/4 Importing"), BarColumn(), MofNCompleteColumn(), TextColumn("images"))
    with Progress(*columns) as progress:
        bar = progress.add_task("import", total=None)

        def show(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        exchange.run_import(
            database=database,
            storage=open_storage(settings),
            settings=settings,
            import_id=import_id,
            now=utc_now,
            on_progress=show,
        )


def _request_first_run(database: Database, project_id: int) -> bool:
    """Ask for a run where there was none yet. False: there was, or nothing can be learnt."""
    with database.unit_of_work() as session:
        if find_newest_run(session, project_id) is not None:
            return False
        try:
            training.request_run(
                session,
                project_id=project_id,
                options=RunOptions(),
                reason="the first run of the demo",
                by=None,
                now=utc_now(),
            )
        except (NotEnoughLabels, TrainingAlreadyRunning) as refusal:
            typer.echo(f"No training yet: {refusal}")
            return False
    return True
