"""The web application, put together: state, security, errors, features."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp

from app import __version__, log, migrate, owners
from app.access import Gate
from app.annotations import pages as annotation_pages
from app.annotations import routes as annotation_routes
from app.db import BUSY_TIMEOUT_SECONDS, Database, open_database, utc_now
from app.exchange import routes as exchange_routes
from app.heartbeats import WEB, Pulse, beating
from app.http import access, errors, health, language, openapi
from app.http.deps import State
from app.http.pages import STATIC
from app.http.security import SecurityMiddleware
from app.http.static import CheckedFiles
from app.http.stopping import StoppingAsProblem
from app.http.too_large import TooLargeAsProblem
from app.images import pages as image_pages
from app.images import routes as image_routes
from app.insights import audit_pages, metrics_routes
from app.insights import pages as insight_pages
from app.insights import routes as insight_routes
from app.predictions import routes as prediction_routes
from app.projects import pages as project_pages
from app.projects import routes as project_routes
from app.queue import pages as queue_pages
from app.queue import routes as queue_routes
from app.settings import Settings, get_settings
from app.sign_on import open_provider
from app.storage import open_storage
from app.training import pages as training_pages
from app.training import routes as training_routes
from app.users import account_pages, people_pages, sign_on_pages
from app.users import pages as user_pages
from app.users import routes as user_routes
from app.users import service as users
from app.users.gate import AccountsGate, LocalGate

API = "/api/v1"
FORM_BYTES = 2**16  # what a form adds to its file
BODY_LIMIT_BYTES = 2 * 2**20  # a label with 1000 landmarks has 100 kB; uploads set their own limit


class Application(FastAPI):
    """FastAPI whose every failure is a problem, that of its own body limit and of its end too."""

    def build_middleware_stack(self) -> ASGIApp:
        """The stack, with the limiter inside."""
        return StoppingAsProblem(TooLargeAsProblem(super().build_middleware_stack()))


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service of these settings; nothing is opened before it starts."""
    settings = settings or get_settings()
    log.configure()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        database = open_database(settings, lock_wait_seconds=BUSY_TIMEOUT_SECONDS)
        await asyncio.to_thread(migrate.await_schema, database)
        app.state.equimark = make_state(settings, database)
        with beating(Pulse(settings.work_dir, f"{socket.gethostname()}:{os.getpid()}", does=[WEB])):
            yield
        database.close()

    app = Application(
        title="Equimark",
        version=__version__,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,  # app/http/openapi.py gives it out, behind the gate
        max_body_size=BODY_LIMIT_BYTES,
    )
    app.add_middleware(
        SecurityMiddleware,
        allowed_hosts=settings.answered_hosts,
        has_accounts=settings.has_accounts,
        is_https=settings.is_https,
    )
    app.add_middleware(language.LanguageMiddleware)
    errors.install(app)
    app.mount("/static", GZipMiddleware(CheckedFiles(directory=STATIC)), name="static")
    for router in routers():
        app.include_router(router)
    openapi.install(app)
    for uploads in (image_routes.uploads, image_pages.uploads, exchange_routes.uploads):
        app.include_router(uploads, max_body_size=settings.upload_limit_bytes)
    app.include_router(prediction_routes.uploads, max_body_size=settings.image_limit_bytes + FORM_BYTES)
    access.check_routes(app)
    return app


def make_state(settings: Settings, database: Database) -> State:
    """What the requests of one service share."""
    return State(
        settings=settings,
        database=database,
        storage=open_storage(settings),
        gate=make_gate(settings, database),
        provider=open_provider(settings),
    )


def make_gate(settings: Settings, database: Database) -> Gate:
    """Who may pass: people with accounts, or the one owner of this machine."""
    if settings.has_accounts:
        return AccountsGate(database, things=owners.THINGS, idle=settings.session_idle)
    with database.unit_of_work() as session:
        return LocalGate(users.ensure_local_owner(session, now=utc_now()).id)


def routers() -> tuple[APIRouter, ...]:
    """Those of all features, REST and pages."""
    return (
        project_routes.router,
        project_pages.router,
        image_routes.router,
        image_pages.router,
        annotation_routes.router,
        annotation_pages.router,
        queue_routes.router,
        queue_pages.router,
        training_routes.router,
        training_pages.router,
        prediction_routes.router,
        exchange_routes.router,
        insight_routes.router,
        insight_pages.router,
        metrics_routes.router,
        audit_pages.router,
        user_routes.router,
        user_pages.router,
        sign_on_pages.router,
        account_pages.router,
        people_pages.router,
        language.router,
        openapi.router,
        health.router,
    )
