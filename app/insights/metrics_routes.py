"""`/metrics`: what Prometheus reads. For an administrator's token with the scope `metrics`, or on loopback.

Of one process what it counts itself, and of the installation what the database says.
"""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from app.access import METRICS
from app.http.access import Guarded, needs
from app.http.admission import Work
from app.http.deps import NowDep, ReadDep, SettingsDep, StateDep
from app.insights.facts import facts

router = APIRouter(include_in_schema=False, route_class=Guarded)


@router.get("/metrics")
@needs(METRICS, work=Work.HEALTH)
def get_metrics(state: StateDep, session: ReadDep, settings: SettingsDep, now: NowDep) -> Response:
    """All measures in Prometheus' text format."""
    told = generate_latest(state.measures.registry) + generate_latest(facts(session, settings, now=now))
    return Response(told, media_type=CONTENT_TYPE_LATEST)
