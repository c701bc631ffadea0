"""The doorbell: a message to the broker says which job waits. The jobs table stays the truth.

Celery's client is imported only where a broker is set, and only in the thread that rings: whoever saves a
label never waits for the broker, be it slow, stopped or gone. What could not be rung is found in the table.
"""

import ipaddress
import queue
import threading
from collections.abc import Mapping
from contextlib import suppress
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog

from app.errors import Invalid, NotAllowed, Unavailable

if TYPE_CHECKING:
    from celery import Celery

TASK = "equimark.do_job"
LIGHT = "light"
# a training run takes the only process of its worker for an hour, so nothing else may wait behind it
QUEUE_OF: Mapping[str, str] = {"train": "train", "predict": "predict"}
QUEUES = ("train", "predict", LIGHT)
WAITING_AT_MOST = 1000  # rings; more are dropped, since the table has them
ANSWER_SECONDS = 1.0  # what a broker that lives needs for an answer, many times over
CLOSE_SECONDS = 2.0  # for what was rung just before the end, e.g. by a command
log = structlog.get_logger()


class BrokerUnprotected(NotAllowed):
    """Whoever reaches the broker can make workers run."""

    message = (
        "The broker at {host} has no password and is not on this machine. Set one in EQUIMARK_BROKER_URL, "
        "e.g. redis://:password@host:6379/0"
    )


class BrokerUnknown(Invalid):
    """Another kind of broker."""

    message = "EQUIMARK_BROKER_URL must begin with redis:// or rediss://, not {scheme!r}."


class BrokerClientMissing(Invalid):
    """A broker is set, and nothing is there to talk to it."""

    message = "EQUIMARK_BROKER_URL needs more packages: pip install 'equimark[celery]'"


class BrokerUnreachable(Unavailable):
    """Nobody answers there."""

    message = "The broker does not answer: {reason}"


def queue_of(kind: str) -> str:
    """The queue that jobs of this kind are rung on."""
    return QUEUE_OF.get(kind, LIGHT)


def check_broker_url(url: str) -> None:
    """Raise unless it is a Redis of this machine, or one with a password, and can be talked to.

    Raises:
        BrokerClientMissing, BrokerUnknown, BrokerUnprotected.

    """
    if not all(find_spec(package) for package in ("celery", "redis")):
        raise BrokerClientMissing
    parts = urlsplit(url)
    if parts.scheme not in {"redis", "rediss"}:
        raise BrokerUnknown(scheme=parts.scheme)
    host = parts.hostname or ""
    if not parts.password and not _is_this_machine(host):
        raise BrokerUnprotected(host=host)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in {"", "localhost"}


class Doorbell:
    """Rings in a thread of its own, which begins with the first ring."""

    def __init__(self, broker_url: str) -> None:
        check_broker_url(broker_url)
        self._broker_url = broker_url
        self._rings: queue.Queue[tuple[str, int] | None] = queue.Queue(WAITING_AT_MOST)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def ring(self, kind: str, job_id: int) -> None:
        """Say that a job waits; returns at once."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="doorbell", daemon=True)
                self._thread.start()
        try:
            self._rings.put_nowait((kind, job_id))
        except queue.Full:
            log.warning("doorbell_full", job=job_id)

    def messages(self, queue_name: str) -> int:
        """How many rings wait in one of the broker's queues; asks the broker.

        Raises:
            BrokerUnreachable.

        """
        import redis  # noqa: PLC0415  # only where a broker is set

        options = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS, "retry": None}
        try:
            with redis.Redis.from_url(self._broker_url, **options) as broker:
                size: int = broker.llen(queue_name)
        except redis.RedisError as error:
            raise BrokerUnreachable(reason=str(error)) from error
        return size

    def close(self) -> None:
        """Ring what was asked for, then end; a broker that does not answer is not waited for."""
        with self._lock:
            thread, self._thread = self._thread, None
        if thread is not None:
            with suppress(queue.Full):
                self._rings.put(None, timeout=CLOSE_SECONDS)
            thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        with _client(self._broker_url) as client:
            while (ring := self._rings.get()) is not None:
                if not self._send(client, *ring) and not self._has_more_after_dropping():
                    return

    def _send(self, client: "Celery", kind: str, job_id: int) -> bool:
        try:
            client.send_task(TASK, args=[job_id], queue=queue_of(kind), ignore_result=True, retry=False)
        except Exception as error:  # noqa: BLE001  # of any library below Celery; the job is in the table
            log.warning("doorbell_not_rung", job=job_id, error=str(error))
            return False
        return True

    def _has_more_after_dropping(self) -> bool:
        """Forget what else was to be rung, or each would wait for the broker in vain; False at the end."""
        with suppress(queue.Empty):
            while True:
                if self._rings.get_nowait() is None:
                    return False
        return True


def _client(broker_url: str) -> "Celery":
    """A Celery application that only sends."""
    from celery import Celery  # noqa: PLC0415  # only where a broker is set

    client = Celery(broker=broker_url, set_as_current=False)
    client.conf.update(
        broker_pool_limit=1,
        broker_connection_retry=False,
        broker_connection_timeout=ANSWER_SECONDS,
        broker_transport_options=_impatient(),
        task_publish_retry=False,
    )
    return client


def _impatient() -> dict[str, Any]:
    """One try and short waits; kombu itself would try for ever."""
    return {
        "socket_timeout": ANSWER_SECONDS,
        "socket_connect_timeout": ANSWER_SECONDS,
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0,
    }
