"""`/healthz` says that the process lives, `/readyz` that it can work: for supervisors and load balancers."""

from fastapi import APIRouter
from sqlalchemy import text

from app import migrate
from app.access import PUBLIC
from app.http.access import Guarded, needs
from app.http.deps import StateDep
from app.http.errors import problems

router = APIRouter(tags=["operation"], route_class=Guarded)


@router.get("/healthz")
@needs(PUBLIC)
def get_health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses=problems(migrate.SchemaMismatch, migrate.SchemaTooNew))
@needs(PUBLIC)
def get_readiness(state: StateDep) -> dict[str, str]:
    """The database answers and is at this version's schema."""
    with state.database.reading() as session:
        session.execute(text("SELECT 1"))
    migrate.check_schema(state.database)
    return {"status": "ok"}
