"""`equimark serve`, `equimark worker` and `equimark upkeep`."""

import ipaddress
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from app import migrate
from app.cli.supervisor import Supervisor
from app.db import open_database
from app.errors import NotAllowed
from app.settings import Settings, get_settings

if TYPE_CHECKING:
    import uvicorn

LOCAL_NAMES = {"localhost"}
DRAIN_SECONDS = 5  # for answers under way when the server stops


class HostNotLocal(NotAllowed):
    """Without accounts, whoever reaches the service may do everything."""

    message = (
        "Equimark has no accounts yet, so it listens on this machine alone: {host} is not a loopback "
        "address. To use it from another machine, open a tunnel: ssh -L 8000:127.0.0.1:8000 <this machine>"
    )


class DatabaseOld(NotAllowed):
    """An upgrade changes the file, so a person decides."""

    message = (
        "The database was written by another version (schema {found}, this one needs {needed}). Make a copy "
        "of {place}, then start with --migrate."
    )


def add_to(cli: typer.Typer) -> None:
    """Register the commands."""
    cli.command()(serve)
    cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(worker)
    cli.command()(upkeep)


def serve(
    *,
    host: Annotated[str | None, typer.Option(help="Address to listen on; loopback only.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    worker: Annotated[bool, typer.Option(help="Run the embedded worker, too.")] = True,
    migrate_database: Annotated[
        bool, typer.Option("--migrate", help="Upgrade a database of an older version.")
    ] = False,
) -> None:
    """Start the web service and its worker; prints the address once it answers."""
    settings = get_settings()
    host = settings.host if host is None else host
    if not settings.listens_in_container:
        check_local(host)
    prepare_database(settings, may_migrate=migrate_database)
    supervisor = Supervisor(nice=settings.nice) if worker else None
    started = time.monotonic()

    def say_ready(address: str) -> None:
        typer.echo(f"Equimark answers at {address} (ready in {time.monotonic() - started:.1f} s)")
        if supervisor is not None:
            supervisor.start()

    server = _server(settings, host=host, port=settings.port if port is None else port, on_ready=say_ready)
    # uvicorn raises the signal again when it is done; by then there is still a worker to end
    signal.signal(signal.SIGTERM, _ignore)
    signal.signal(signal.SIGINT, _ignore)
    try:
        server.run()
    finally:
        if supervisor is not None:
            supervisor.stop()
    if not server.started:
        raise typer.Exit(1)


def worker(context: typer.Context) -> None:
    """Do background jobs until told to stop; with --queues train,predict,light as a Celery worker."""
    os.execv(sys.executable, [sys.executable, "-m", "worker", *context.args])  # noqa: S606


def upkeep() -> None:
    """See to what is due and to jobs that nobody takes; for Celery workers, which do not do it themselves."""
    os.execv(sys.executable, [sys.executable, "-m", "worker", "--upkeep"])  # noqa: S606


def check_local(host: str) -> None:
    """Raise unless `host` is this machine alone.

    Raises:
        HostNotLocal.

    """
    try:
        is_local = ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        is_local = host in LOCAL_NAMES
    if not is_local:
        raise HostNotLocal(host=host)


def prepare_database(settings: Settings, *, may_migrate: bool) -> None:
    """Make the schema of a new, empty database; upgrade an older one only when asked.

    Raises:
        DatabaseOld: it is not at this version's schema.

    """
    database = open_database(settings)
    try:
        migrate.check_schema(database)
    except migrate.SchemaMismatch as mismatch:
        if mismatch.context["found"] != "none" and not may_migrate:
            place = database.engine.url.render_as_string(hide_password=True)
            raise DatabaseOld(place=place, **mismatch.context) from mismatch
        migrate.upgrade(database)
    finally:
        database.close()


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """Somebody else has reacted already."""


def _server(settings: Settings, *, host: str, port: int, on_ready: Callable[[str], None]) -> "uvicorn.Server":
    import socket  # noqa: PLC0415

    import uvicorn  # noqa: PLC0415  # half a second that other commands need not wait

    from app.main import create_app  # noqa: PLC0415

    app = create_app(settings)

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                bound = self.servers[0].sockets[0].getsockname()
                name = f"[{bound[0]}]" if ":" in bound[0] else bound[0]
                on_ready(f"http://{name}:{bound[1]}")

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            app.state.equimark.is_stopping = True
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        server_header=False,
    )
    return Server(config)
