"""`equimark train` and `equimark predict`: ask the worker for a run or predictions, or predict files here."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn

from app import jobs, migrate
from app.cli.output import AsJson, print_json
from app.db import Database, open_database, utc_now
from app.jobs import Job, JobKind, JobStatus
from app.predictions import service as networks
from app.predictions import serving
from app.projects import service as projects
from app.settings import get_settings
from app.storage import open_storage
from app.training import repository, service
from app.training.schemas import RunOptions
from app.training.tables import Run, RunStatus
from app.users import service as users

LOOK_EVERY_SECONDS = 0.5
ProjectOption = Annotated[str, typer.Option("--project", help="Name or number of the project.")]


def add_to(cli: typer.Typer) -> None:
    """Register both commands."""
    cli.command()(train)
    cli.command()(predict)


@contextmanager
def _database() -> Iterator[Database]:
    database = open_database(get_settings())
    try:
        migrate.check_schema(database)
        yield database
    finally:
        database.close()


def train(
    *,
    project: ProjectOption,
    steps: Annotated[int | None, typer.Option(min=1, help="Optimiser steps.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Show the run's progress until it ends.")] = False,
    as_json: AsJson = False,
) -> None:
    """Queue a run; a worker (`equimark serve` or `equimark worker`) does it."""
    now = utc_now()
    with _database() as database:
        with database.unit_of_work() as session:
            run = service.request_run(
                session,
                project_id=projects.get_project_by_name(session, project).id,
                options=RunOptions(steps=steps),
                reason="asked for on the command line",
                by=users.ensure_local_owner(session, now=now).id,
                now=now,
            )
        if wait:
            run = _watch(database, run.id)
    if as_json:
        print_json({"id": run.id, "number": run.number, "status": run.status, "outcome": run.outcome})
    else:
        typer.echo(f"Run {run.number}: {run.outcome or run.error_detail or run.status}")
    if run.status in {RunStatus.FAILED, RunStatus.CANCELLED}:
        raise typer.Exit(1)


def _watch(database: Database, run_id: int) -> Run:
    """Progress until the run has ended."""

    def look() -> Run:
        with database.reading() as session:
            return service.get_run(session, run_id)

    with Progress(
        *Progress.get_default_columns(), TextColumn("{task.fields[error]}"), console=_errors()
    ) as bar:
        task = bar.add_task("waits for a worker", total=None, error="")
        while (run := look()).status in repository.ACTIVE:
            with database.reading() as session:
                errors = [
                    point.nme for point in repository.points_of(session, run_id) if point.nme is not None
                ]
            error = f"validation error {errors[-1]:.3g}" if errors else ""
            words = "trains" if run.status == RunStatus.RUNNING else "waits for a worker"
            bar.update(task, description=words, total=run.steps or None, completed=run.step, error=error)
            time.sleep(LOOK_EVERY_SECONDS)
    return run


def predict(
    images: Annotated[list[Path] | None, typer.Argument(exists=True, dir_okay=False)] = None,
    *,
    project: ProjectOption,
    as_json: AsJson = False,
) -> None:
    """Predict files with the project's network, or, without files, all images of the project."""
    with _database() as database:
        with database.reading() as session:
            project_id = projects.get_project_by_name(session, project).id
            network = networks.get_current_network(session, project_id)
        if not images:
            _predict_project(database, project_id, network.id)
            return
    settings = get_settings()
    predictor = serving.predictor_of(open_storage(settings), network.onnx_sha256)
    for path in images:
        said = serving.predict_file(
            path.read_bytes(),
            path.name,
            predictor=predictor,
            limit_bytes=settings.image_limit_bytes,
            limit_pixels=settings.image_limit_pixels,
        )
        (print_json if as_json else _print_words)({"image": str(path), **said})


def _print_words(said: dict[str, Any]) -> None:
    typer.echo(said["image"])
    for point in said["points"]:
        typer.echo(
            f"  {point['name']}: {point['x']:.1f}, {point['y']:.1f}  (doubt {point['doubt_px']:.1f} px)"
        )
    for name, answer in said["attributes"].items():
        best = max(answer, key=lambda each: answer[each]) if isinstance(answer, dict) else answer
        typer.echo(f"  {name}: {best}")


def _predict_project(database: Database, project_id: int, network_id: int) -> None:
    with database.unit_of_work() as session:
        jobs.enqueue_once(
            session, JobKind.PREDICT, project_id=project_id, subject_id=network_id, now=utc_now()
        )
    with _errors().status("A worker predicts what is missing"):
        while (job := _newest_job(database, network_id)).status in {JobStatus.QUEUED, JobStatus.RUNNING}:
            time.sleep(LOOK_EVERY_SECONDS)
    if job.status != JobStatus.DONE:
        typer.echo(f"equimark: {job.error_detail} [{job.error_code}]", err=True)
        raise typer.Exit(1)
    typer.echo("Every image that can be read has its prediction.")


def _newest_job(database: Database, network_id: int) -> Job:
    """The last slice of the work: a long one is cut so that other jobs get their turn."""
    with database.reading() as session:
        job = jobs.find_job(session, JobKind.PREDICT, network_id)
    assert job is not None
    return job


def _errors() -> Console:
    """Progress goes to standard error, so that an answer in JSON stays one document."""
    return Console(file=sys.stderr)
