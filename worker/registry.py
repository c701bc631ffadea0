"""Kind of job -> the function that does it. Imported when first needed: only a run needs torch."""

from collections.abc import Callable, Mapping

from app.jobs import JobKind
from worker.context import JobContext


def _train(context: JobContext) -> None:
    from worker.train import train  # noqa: PLC0415

    train(context)


def _predict(context: JobContext) -> None:
    from worker.predict import predict  # noqa: PLC0415

    predict(context)


def _rank(context: JobContext) -> None:
    from worker.rank import rank  # noqa: PLC0415

    rank(context)


def _import(context: JobContext) -> None:
    from worker.ingest import ingest  # noqa: PLC0415

    ingest(context)


def _export(context: JobContext) -> None:
    from worker.export import export  # noqa: PLC0415

    export(context)


def _prepare(context: JobContext) -> None:
    from worker.prepare import prepare  # noqa: PLC0415

    prepare(context)


FUNCTIONS: Mapping[JobKind, Callable[[JobContext], None]] = {
    JobKind.TRAIN: _train,
    JobKind.PREDICT: _predict,
    JobKind.RANK: _rank,
    JobKind.IMPORT: _import,
    JobKind.EXPORT: _export,
    JobKind.PREPARE: _prepare,
}
