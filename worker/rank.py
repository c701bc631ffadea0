"""The order of a project's queue."""

from app.queue.ranking import rank_project
from worker.context import JobContext


def rank(context: JobContext) -> None:
    """Rank all open asks by what is labelled and predicted now; twice is as good as once."""
    rank_project(database=context.database, project_id=context.claim.project_id, now=context.clock())
