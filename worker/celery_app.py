"""The Celery worker's application: one task, whose message names a job. The table decides about all else.

Messages are acknowledged before the work begins: a training run outlasts every time-out of a broker, and
whether it lives is known from the lease on its row. Only JSON is read, and nobody steers a worker through the
broker.
"""

import os
import signal
import threading
from typing import Any

import structlog
from billiard import current_process
from celery import Celery, signals

from app import log as log_format
from app.db import open_database, utc_now
from app.doorbell import TASK
from app.settings import get_settings
from app.storage import open_storage
from worker.lane import Workplace
from worker.slot import Slot

NAME, QUEUES = "WORKER_NAME", "WORKER_QUEUES"  # a spawned process is a fresh interpreter: it reads these
STOP_SIGNAL = signal.SIGUSR2
START_SECONDS = 120.0  # for a fresh interpreter with its imports on a machine under load; Celery waits four
log = structlog.get_logger()

celery_app = Celery("equimark", broker=get_settings().broker_url, include=["worker.celery_app"])
celery_app.conf.update(
    accept_content=["json"],
    task_serializer="json",
    task_ignore_result=True,
    task_acks_late=False,
    worker_prefetch_multiplier=1,
    worker_pool_start_method="spawn",  # CUDA cannot be used in a forked child
    worker_proc_alive_timeout=START_SECONDS,
    worker_enable_remote_control=False,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # for ever: the table is looked at meanwhile
    broker_transport_options={
        "socket_connect_timeout": 5,
        "socket_timeout": 30,
        "socket_keepalive": True,
        "health_check_interval": 10,
    },
)
_slots: list[Slot] = []  # the one of this process, once it has begun


@celery_app.task(name=TASK)  # type: ignore[untyped-decorator]  # Celery has no types
def do_job(job_id: int) -> None:
    """Do a job of the table, unless it is done or in somebody's hands; what is no job's id is no job."""
    if not isinstance(job_id, int):
        log.warning("message_is_no_job", said=str(job_id)[:100])
        return
    for slot in _slots:
        slot.do_rung(job_id)


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _log_as_we_do(**_: Any) -> None:
    """Celery leaves logging alone where somebody answers this signal; its lines come in our form."""
    log_format.configure()


@signals.worker_process_init.connect  # type: ignore[untyped-decorator]
def _begin(**_: Any) -> None:
    settings = get_settings()
    index = getattr(current_process(), "index", 0)
    place = Workplace(
        name=f"{os.environ[NAME]}:{index}",
        database=open_database(settings),
        storage=open_storage(settings),
        settings=settings,
        clock=utc_now,
        is_stopping=threading.Event(),
    )
    slot = Slot(place, os.environ[QUEUES].split(","))
    signal.signal(STOP_SIGNAL, lambda *_: slot.stop())
    slot.start()
    _slots.append(slot)
    log.info("slot_ready", worker=place.name)


@signals.worker_process_shutdown.connect  # type: ignore[untyped-decorator]
def _end(**_: Any) -> None:
    for slot in _slots:
        slot.end()
