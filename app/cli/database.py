"""`equimark db`: schema, backup, restore, and the check that everything agrees."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy.orm import Session

from app import backup as backups
from app import migrate, roles
from app.backup import Report
from app.cli.output import AsJson, print_json
from app.db import Database, open_database, utc_now
from app.insights import verify as checks
from app.insights.verify import Finding
from app.settings import get_settings
from app.storage import Storage, open_storage
from app.users import sessions, tokens

commands = typer.Typer(help="The database.", no_args_is_help=True)
Place = Annotated[Path, typer.Argument(help="Folder of the backups.")]
SnapshotName = Annotated[
    str | None,
    typer.Option("--snapshot", help="One of the backups, e.g. 20261125T120000Z; by default the newest."),
]


def add_to(cli: typer.Typer) -> None:
    """Register the family."""
    cli.add_typer(commands, name="db")


@commands.command()
def upgrade() -> None:
    """Migrate the database to this version's schema; nothing happens where nothing is due."""
    with _opened() as (database, _):
        roles.upgrade(database, get_settings())
    typer.echo("The database is at this version's schema.")


@commands.command()
def backup(
    place: Place,
    *,
    keep: Annotated[
        int, typer.Option(min=0, help="Remove all but so many of the newest backups; 0 removes none.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Copy blobs and database while the service works; a second backup copies only blobs that are new."""
    with _opened() as (database, storage), _progress("Backing up") as on_progress:
        report = backups.back_up(database, storage, place, now=utc_now(), keep=keep, on_progress=on_progress)
    _tell(report, place, as_json=as_json)


@commands.command()
def restore(place: Place, *, snapshot: SnapshotName = None, as_json: AsJson = False) -> None:
    """Bring a backup into an empty database; then everybody is signed out and everything is checked.

    Sessions that ended since the backup would live again, so all of them end. API tokens of the backup work,
    also those that were revoked since: they are listed.
    """
    with _opened() as (database, storage):
        with _progress("Restoring") as on_progress:
            report = backups.restore(database, storage, place, name=snapshot, on_progress=on_progress)
        with database.unit_of_work() as session:
            doors = _close_doors(session, now=utc_now())
        with database.reading() as session:
            findings = checks.findings(session, storage, reads_blobs=False)
    _tell(report, place, as_json=as_json, findings=findings, doors=doors)


@commands.command()
def verify(
    *,
    as_json: AsJson = False,
    read_blobs: Annotated[bool, typer.Option("--read-blobs", help="Read and hash every blob, too.")] = False,
    place: Annotated[
        Path | None,
        typer.Option("--backup", help="Check a backup in this folder instead: all of it is read."),
    ] = None,
    snapshot: SnapshotName = None,
) -> None:
    """Check the database file, counters, revision chains and blobs; exit status 1 where one is wrong."""
    if place is not None:
        _tell(backups.examine(place, name=snapshot), place, as_json=as_json)
        return
    with _opened() as (database, storage):
        migrate.check_schema(database)
        with database.reading() as session:
            findings = checks.findings(session, storage, reads_blobs=read_blobs)
    if as_json:
        print_json({"findings": _as_rows(findings)})
    else:
        _print(findings)
    _exit_unless_well(findings)


@contextmanager
def _opened() -> Iterator[tuple[Database, Storage]]:
    settings = get_settings()
    database = open_database(settings)
    try:
        yield database, open_storage(settings)
    finally:
        database.close()


@contextmanager
def _progress(verb: str) -> Iterator[Callable[[str], None]]:
    """Says on a terminal how far it is."""
    with Console(stderr=True).status(f"{verb} ...") as status:
        done = 0

        def step(what: str) -> None:
            nonlocal done
            done += 1
            status.update(f"{verb}: {done} copied, {what}")

        yield step


@dataclass(frozen=True)
class _Doors:
    """Who could come in by what a backup holds: how many sessions were ended, and the tokens that work."""

    sessions_ended: int
    tokens: list[dict[str, str]]


def _close_doors(session: Session, *, now: datetime) -> _Doors:
    working = [
        {
            "person": user.name,
            "name": token.name,
            "start": token.start,
            "expires_at": f"{token.expires_at:%Y-%m-%d %H:%M} UTC",
        }
        for token, user in tokens.list_valid(session, now=now)
    ]
    return _Doors(sessions.end_all(session, by=None, now=now), working)


def _tell(
    report: Report,
    place: Path,
    *,
    as_json: bool,
    findings: list[Finding] | None = None,
    doors: _Doors | None = None,
) -> None:
    bad = [Finding("blob_damaged", key) for key in report.damaged]
    bad += [Finding("blob_missing", key) for key in report.missing]
    findings = bad + [each for each in findings or [] if each not in bad]
    if as_json:
        counts = {"rows": report.rows, "blobs": report.blobs, "copied": report.copied}
        came_in = asdict(doors) if doors else {}
        print_json({"snapshot": report.name, **counts, **came_in, "findings": _as_rows(findings)})
    else:
        typer.echo(
            f"{place / report.name}: {report.rows} rows, {report.blobs} blobs ({report.copied} copied)."
        )
        if doors:
            _print_doors(doors)
        _print(findings)
    _exit_unless_well(findings)


def _print_doors(doors: _Doors) -> None:
    typer.echo(f"Everybody is signed out: {doors.sessions_ended} sessions of the backup have ended.")
    for each in doors.tokens:
        typer.echo(
            f"Token {each['start']}... ({each['name']}) of {each['person']} works until {each['expires_at']}."
        )


def _as_rows(findings: list[Finding]) -> list[dict[str, Any]]:
    return [{"code": each.code, "detail": each.detail, "is_harmless": each.is_harmless} for each in findings]


def _print(findings: list[Finding]) -> None:
    for each in findings:
        typer.echo(f"{each.code}: {each.detail}")
    bad = [each for each in findings if not each.is_harmless]
    typer.echo("Everything agrees." if not bad else f"{len(bad)} findings.")


def _exit_unless_well(findings: list[Finding]) -> None:
    if any(not each.is_harmless for each in findings):
        raise typer.Exit(1)
