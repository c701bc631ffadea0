"""Decoding images that an import recorded from their headers, and what is known of them then."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog

from app import jobs
from app.errors import DomainError
from app.images import repository, waiting
from app.images.errors import REFUSALS
from app.images.repository import Waiting
from app.jobs import JobKind
from app.queue import service as queue
from app.storage import BlobCorrupt, BlobMissing
from worker.context import JobContext

DECODERS = 2  # pictures decoded at once: each may need a gigabyte
IMAGES_AT_ONCE = 32  # a transaction
SLICE_SECONDS = 45.0  # then other jobs have their turn
log = structlog.get_logger()


def prepare(context: JobContext) -> None:
    """Decode what waits in a project, a chunk a transaction, and rank anew by what is known then.

    An image that does not decode is marked, and nothing is asked about it. One whose file is missing or
    damaged goes on waiting: upkeep asks for it again, and a backup may bring it back.
    """
    ends_at = time.monotonic() + SLICE_SECONDS
    after_id, done = 0, 0
    while some := _next(context, after_id):
        context.check_wanted()
        done += _record(context, some, _decode_all(context, some))
        after_id = some[-1].image_id
        if time.monotonic() >= ends_at:
            break
    _follow(context, has_more=bool(some), is_changed=done > 0)


def _next(context: JobContext, after_id: int) -> list[Waiting]:
    with context.database.reading() as session:
        return repository.waiting(session, context.claim.project_id, after_id=after_id, limit=IMAGES_AT_ONCE)


def _decode_all(context: JobContext, some: Sequence[Waiting]) -> list[bytes | DomainError]:
    """Of each image its descriptor, or what is wrong; thumbnails are durable before a row says so."""

    def decode(image: Waiting) -> bytes | DomainError:
        try:
            prepared = waiting.decoded(context.storage, image.sha256, image.name, context.settings)
        except (*REFUSALS, BlobMissing, BlobCorrupt) as problem:
            return problem
        return prepared.descriptor

    with ThreadPoolExecutor(DECODERS, thread_name_prefix="prepare") as decoders:
        return list(decoders.map(decode, some))


def _record(context: JobContext, some: Sequence[Waiting], found: Sequence[bytes | DomainError]) -> int:
    """Note what was found; returns of how many images there is something to note."""
    descriptors: dict[int, bytes] = {}
    broken: dict[int, DomainError] = {}
    for image, said in zip(some, found, strict=True):
        if isinstance(said, bytes):
            descriptors[image.image_id] = said
            continue
        log.warning("image_not_decoded", image=image.image_id, code=said.code(), error=str(said))
        if isinstance(said, REFUSALS):
            broken[image.image_id] = said
    with context.recording() as session:
        waiting.finish(session, descriptors)
        for image_id, problem in broken.items():
            if waiting.mark_broken(session, image_id, problem, now=context.clock()):
                queue.withdraw(session, image_id=image_id)
    return len(descriptors) + len(broken)


def _follow(context: JobContext, *, has_more: bool, is_changed: bool) -> None:
    about = {"project_id": context.claim.project_id, "subject_id": context.claim.project_id}
    with context.recording() as session:
        if is_changed:
            jobs.enqueue_once(session, JobKind.RANK, now=context.clock(), **about)
        if has_more:
            jobs.enqueue_once(session, JobKind.PREPARE, now=context.clock(), **about)
