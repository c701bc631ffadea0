"""A Celery worker from its start to its end: `equimark worker --queues train`."""

import os
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from celery import signals

from app import log as log_format
from app import migrate
from app.db import open_database
from app.doorbell import QUEUES, check_broker_url
from app.durability import check_durable
from app.errors import Invalid
from app.heartbeats import Pulse, beating
from app.settings import Settings
from worker import celery_app as application
from worker.gpus import GpuWatch


class QueueUnknown(Invalid):
    """A worker would wait for ever on a queue that nobody rings."""

    message = "There is no queue {name!r}; there are: {known}."


class BrokerMissing(Invalid):
    """Celery has nothing to listen to."""

    message = "EQUIMARK_BROKER_URL is not set. Without a broker, start `equimark worker` without --queues."


def run_celery_worker(settings: Settings, *, queues: Sequence[str], processes: int) -> None:
    """Serve these queues until SIGTERM; never returns.

    Raises:
        BrokerMissing, BrokerUnknown, BrokerUnprotected, DurabilityUnsafe, QueueUnknown, SchemaMismatch.

    """
    log_format.configure()
    _check(settings, queues)
    name = f"{socket.gethostname()}:{os.getpid()}"
    os.environ[application.NAME], os.environ[application.QUEUES] = name, ",".join(queues)
    controller = application.celery_app.Worker(
        hostname=f"{'-'.join(queues)}@{name}",
        pool="prefork",
        concurrency=processes,
        queues=list(queues),
        loglevel="WARNING",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
    )

    def tell_slots(**_: Any) -> None:
        """SIGTERM reaches this process alone; Celery would wait for the end of a training run."""
        for process_id in controller.pool.info["processes"]:
            with suppress(ProcessLookupError):
                os.kill(process_id, application.STOP_SIGNAL)

    signals.worker_shutting_down.connect(tell_slots, weak=False)
    gpus = GpuWatch()
    gpus.start()
    with beating(Pulse(settings.work_dir, name, does=queues), lambda: gpus.seen):
        controller.start()
    sys.exit(controller.exitcode)


def _check(settings: Settings, queues: Sequence[str]) -> None:
    if not settings.broker_url:
        raise BrokerMissing
    check_broker_url(settings.broker_url)
    for name in queues:
        if name not in QUEUES:
            raise QueueUnknown(name=name, known=", ".join(QUEUES))
    database = open_database(settings)
    try:
        migrate.await_schema(database)
        check_durable(database, settings)
    finally:
        database.close()
