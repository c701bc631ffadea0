"""`equimark serve`, `equimark worker` and `equimark upkeep`."""

import os
import resource
import signal
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from app import migrate, roles
from app.cli.supervisor import Supervisor
from app.db import open_database, utc_now
from app.durability import check_durable
from app.errors import NotAllowed
from app.mounts import MOUNTS, OF_MEMORY, find_fleeting
from app.settings import Settings, get_settings, is_loopback
from app.users import invitations
from app.users.invitations import AlreadySetUp

if TYPE_CHECKING:
    import uvicorn

KEEP_ALIVE_SECONDS = 130  # longer than a proxy keeps an idle connection (Caddy: two minutes)
DRAIN_SECONDS = 12  # for answers under way when the server stops: a writer may wait ten for the database


class HostNotLocal(NotAllowed):
    """Without accounts, whoever reaches the service may do everything."""

    message = (
        "Without accounts Equimark listens on this machine alone, and {host} is not a loopback address. "
        "Set EQUIMARK_ACCOUNTS=required, or open a tunnel: ssh -L 8000:127.0.0.1:8000 <this machine>"
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
    host: Annotated[str | None, typer.Option(help="Address; one beyond this machine needs accounts.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    worker: Annotated[bool, typer.Option(help="Run the embedded worker, too.")] = True,
    migrate_database: Annotated[
        bool, typer.Option("--migrate", help="Upgrade a database of an older version.")
    ] = False,
) -> None:
    """Start the web service and its worker; prints the address once it answers."""
    settings = get_settings()
    host = settings.host if host is None else host
    settings = settings.model_copy(update={"host": host})
    if not (settings.has_accounts or settings.listens_in_container):
        check_local(host)
    warn_if_fleeting(settings)
    allow_open_files()
    prepare_database(settings, may_migrate=migrate_database)
    supervisor = Supervisor(nice=settings.nice) if worker else None
    started = time.monotonic()

    def say_ready(address: str) -> None:
        typer.echo(f"Equimark answers at {address} (ready in {time.monotonic() - started:.1f} s)")
        if settings.has_accounts:
            say_first_account(settings, address)
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


def allow_open_files() -> None:
    """As many as the system grants; 1024, the usual, is 85 browsers with six images each at once."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError):  # some systems name a limit here that they do not grant
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


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
    if not is_loopback(host):
        raise HostNotLocal(host=host)


def warn_if_fleeting(settings: Settings, *, mounts: Path = MOUNTS) -> None:
    """Say loudly that labels will be gone with this container, or with the power of this machine."""
    kind = find_fleeting(settings.home_dir, is_in_container=settings.listens_in_container, mounts=mounts)
    if kind is not None and settings.keeps_in_home:
        typer.echo(
            f"WARNING: {settings.home_dir} lies on {kind}. All labels in it are gone when this "
            f"{'container is removed' if kind not in OF_MEMORY else 'machine or container stops'}. "
            "Mount a volume there, or set EQUIMARK_HOME_DIR.",
            err=True,
        )


def say_first_account(settings: Settings, address: str) -> None:
    """While nobody can sign in, print the link that makes the first account; it works once."""
    database = open_database(settings)
    try:
        with database.unit_of_work() as session:
            secret = invitations.invite_first(session, now=utc_now())
    except AlreadySetUp:
        return
    finally:
        database.close()
    base = settings.public_url or address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    typer.echo(f"Nobody can sign in yet. Make the first account within a day: {base}/invitations/{secret}")


def prepare_database(settings: Settings, *, may_migrate: bool) -> None:
    """Make the schema of a new, empty database; upgrade an older one only when asked.

    Raises:
        DatabaseOld: it is not at this version's schema.
        DurabilityUnsafe: it could lose what it acknowledges.

    """
    with closing(open_database(settings)) as database:
        try:
            migrate.await_schema(database)
        except migrate.SchemaMismatch as mismatch:
            if mismatch.context["found"] != "none" and not may_migrate:
                place = database.engine.url.render_as_string(hide_password=True)
                raise DatabaseOld(place=place, **mismatch.context) from mismatch
            roles.upgrade(database, settings)
        check_durable(database, settings)


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
        log_config=None,  # app/log.py has its lines
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=list(settings.trusted_proxies),
    )
    return Server(config)
