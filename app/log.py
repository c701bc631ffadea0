"""One line an event: for people on a terminal, JSON where a program reads it; in every process the same.

Whoever begins a piece of work binds its ids (`request_id` and `user`, or `job`, `kind` and `attempt`), and
every line that is written meanwhile carries them. Lines of other libraries (uvicorn, Celery, Alembic) come in
the same form, from warnings on, and so do Python's own warnings.
"""

import contextvars
import io
import logging
import sys
import threading
from collections.abc import Callable
from typing import TextIO, cast

import structlog

SHARED: tuple[structlog.typing.Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)


class _StandardError(io.TextIOBase):
    """Where standard error leads at the moment of writing, for it may be exchanged."""

    def write(self, text: str) -> int:
        """Write."""
        return sys.stderr.write(text)

    def flush(self) -> None:
        """Let it out."""
        sys.stderr.flush()


class _LinesOfOthers(logging.StreamHandler[_StandardError]):
    """Known by its class, so that it is put there once."""


STANDARD_ERROR = _StandardError()


def configure(*, level: int = logging.INFO) -> None:
    """Set the format once a process; local variables never reach the log, they may hold images or labels."""
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    endings = (structlog.processors.format_exc_info, renderer)
    structlog.configure(
        processors=[*SHARED, *endings],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=cast("TextIO", STANDARD_ERROR)),
        cache_logger_on_first_use=False,
    )
    _take_other_libraries_in(endings)


def _take_other_libraries_in(endings: tuple[structlog.typing.Processor, ...]) -> None:
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, _LinesOfOthers)]:
        root.removeHandler(handler)
    handler = _LinesOfOthers(STANDARD_ERROR)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*SHARED, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *endings],
        )
    )
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)


def thread_with_ids(run: Callable[[], None], *, name: str) -> threading.Thread:
    """A thread whose lines carry the ids that are bound now; a plain one would have none."""
    context = contextvars.copy_context()
    return threading.Thread(target=lambda: context.run(run), name=name, daemon=True)
