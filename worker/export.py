"""Exports in the background."""

from app.exchange import service
from worker.context import JobContext


def export(context: JobContext) -> None:
    """Write what an export asks for."""
    service.run_export(
        database=context.database,
        storage=context.storage,
        settings=context.settings,
        export_id=context.claim.subject_id,
        now=context.clock,
        on_progress=lambda *_: context.check_wanted(),
        recording=context.recording,
    )
