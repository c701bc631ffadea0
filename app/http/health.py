"""`/healthz` says that the process lives, `/readyz` that it can work: for supervisors and load balancers."""

from fastapi import APIRouter
from sqlalchemy import text

from app import migrate
from app.access import PUBLIC
from app.errors import Unavailable
from app.http.access import Guarded, needs
from app.http.admission import Work
from app.http.deps import StateDep
from app.http.errors import problems

router = APIRouter(tags=["operation"], route_class=Guarded)


class ShuttingDown(Unavailable):
    """It finishes what it has begun; whoever balances the load should send nothing more."""

    message = "The service is about to end."


@router.get("/healthz")
@needs(PUBLIC, work=Work.HEALTH)
def get_health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", responses=problems(migrate.SchemaMismatch, migrate.SchemaTooNew, ShuttingDown))
@needs(PUBLIC, work=Work.HEALTH)
def get_readiness(state: StateDep) -> dict[str, str]:
    """The database answers and is at this version's schema, and the process is not about to end."""
    if state.is_stopping:
        raise ShuttingDown
    with state.database.reading() as session:
        session.execute(text("SELECT 1"))
    migrate.check_schema(state.database)
    return {"status": "ok"}
