"""Imports in the background."""

from app.exchange import service
from worker.context import JobContext


def ingest(context: JobContext) -> None:
    """Take over what an import names; files that are known already stay as they are."""
    service.run_import(
        database=context.database,
        storage=context.storage,
        settings=context.settings,
        import_id=context.claim.subject_id,
        now=context.clock,
        on_progress=lambda *_: context.check_wanted(),
        recording=context.recording,
    )
