"""The order of a project's queue."""

from app.jobs import Job
from app.projects.service import ADDED
from app.queue.grown import ask_again
from app.queue.ranking import rank_project
from worker.context import JobContext


def rank(context: JobContext) -> None:
    """Rank all open asks by what is labelled and predicted now; twice is as good as once."""
    project_id = context.claim.project_id
    with context.database.reading() as session:
        added = session.get_one(Job, context.claim.job_id).payload.get(ADDED)
    if added:
        ask_again(database=context.database, project_id=project_id, landmarks=added)
    rank_project(database=context.database, project_id=project_id, now=context.clock())
