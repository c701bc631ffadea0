"""Doing an import: read a few files outside any transaction, then one short transaction for them.

A file is taken by its content and its header (app/images/ingest.py); a job of its own decodes it later, and
whoever looks first has its thumbnail made.

An import can be stopped or killed anywhere and taken up again: blobs come before rows, images are known by
their content, and each file's outcome is written in the transaction that made it true. A few files are read
ahead in threads, since making a blob durable is mostly waiting for the disk.
"""

import random
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app import jobs
from app.annotations.bulk import GivenLabel, import_labels
from app.annotations.tables import LANDMARKS
from app.db import Database
from app.errors import DomainError
from app.exchange import repository
from app.exchange.errors import ContentRepeated, FileMissing, FileUnreadable
from app.exchange.source import Options, Problem, Source, SourceImage, labels_of
from app.exchange.tables import Import
from app.images import repository as image_rows
from app.images import service as images
from app.images.errors import REFUSALS, ImageArchived, ImageTooLarge
from app.images.ingest import MeasuredImage, measure, prepare
from app.images.names import clean_name
from app.images.tables import Image, Side
from app.jobs import JobKind
from app.projects import service as projects
from app.projects.schemas import Schema
from app.queue import service as queue
from app.settings import Settings
from app.storage import Storage, sha256_hex

READERS = 8  # files in hand at once
DECODERS = 2  # of them decoded at once, where a header is not enough: each may need a gigabyte
LABELS_AT_ONCE = 100  # labels a transaction, so that annotators never wait long for an import
Progress = Callable[[int, int], bool | None]
# opens a transaction of what is done; that of a job raises where another attempt owns it
Recording = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class Read:
    """One file as read: known or measured by content, or refused."""

    item: SourceImage
    sha256: str = ""
    measured: MeasuredImage | None = None
    refusal: Problem | None = None


@dataclass
class Taking:
    """What one run of an import keeps in its hands."""

    database: Database
    recording: Recording
    storage: Storage
    settings: Settings
    now: Callable[[], datetime]
    import_id: int
    project_id: int
    by: int
    options: Options
    known: set[str] = field(default_factory=set)
    first_names: dict[int, str] = field(default_factory=dict)  # image -> the first file that was it
    without_landmarks: frozenset[str] = frozenset()
    decoding: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(DECODERS))


def take_all(taking: Taking, source: Source, on_progress: Progress) -> bool:
    """Take every file that has no outcome yet. False: stopped by `on_progress`."""
    with taking.database.reading() as session:
        done = repository.finished_names(session, taking.import_id)
        taking.known = repository.known_hashes(session, taking.project_id)
    taking.first_names = {image_id: name for name, image_id in done.items() if image_id is not None}
    taking.without_landmarks = _without_landmarks(source, taking.options)
    total = len(source.names)
    left = (name for name in source.names if clean_name(name) not in done)
    finished = total - sum(clean_name(name) not in done for name in source.names)
    if on_progress(finished, total) is False:
        return False
    for batch in _batches(left, source, taking):
        with taking.recording() as session:
            _take_batch(session, taking, batch)
        finished += len(batch)
        if on_progress(finished, total) is False:
            return False
    return True


def _batches(names: Iterator[str], source: Source, taking: Taking) -> Iterator[list[Read]]:
    batch: list[Read] = []
    labels = 0
    for read in _read_ahead(names, source, taking):
        batch.append(read)
        labels += 1 + len(batch[-1].item.values)
        if labels >= LABELS_AT_ONCE:
            yield batch
            batch, labels = [], 0
    if batch:
        yield batch


def _read_ahead(names: Iterator[str], source: Source, taking: Taking) -> Iterator[Read]:
    """The files in their order. When it is left early, what is being read is read, and nothing else begun."""
    readers = ThreadPoolExecutor(READERS, thread_name_prefix="import")
    reading: deque[Future[Read]] = deque()
    try:
        for name in names:
            reading.append(readers.submit(_read, source.image(name), taking))
            if len(reading) == READERS:
                yield reading.popleft().result()
        while reading:
            yield reading.popleft().result()
    finally:
        readers.shutdown(cancel_futures=True)


def _read(item: SourceImage, taking: Taking) -> Read:
    """Read and measure one file; its blobs are durable afterwards."""
    if item.refusal or item.path is None:
        return Read(item, refusal=item.refusal)
    try:
        content = _content(item.path, item.title or item.name, taking.settings)
        sha256 = sha256_hex(content)
        if sha256 in taking.known:
            return Read(item, sha256)
        measured = _measured(content, sha256, item.title or item.name, taking)
    except (*REFUSALS, FileMissing, FileUnreadable) as refusal:
        return Read(item, refusal=Problem.of(refusal))
    images.store_blobs(taking.storage, content, measured)
    taking.known.add(sha256)
    return Read(item, sha256, measured)


def _content(path: Path, title: str, settings: Settings) -> bytes:
    """The bytes as they are now: what is stored and labelled is these, whatever becomes of the file."""
    limit = settings.image_limit_bytes
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
        if len(content) > limit:
            raise ImageTooLarge(name=title, byte_count=path.stat().st_size, limit=limit)
    except FileNotFoundError as error:  # it was there when the folder was listed
        raise FileMissing from error
    except OSError as error:
        raise FileUnreadable(reason=error.strerror) from error
    return content


def _measured(content: bytes, sha256: str, title: str, taking: Taking) -> MeasuredImage:
    measured = measure(content, title, taking.settings, sha256=sha256)
    if measured is not None:
        return measured
    with taking.decoding:
        return prepare(content, title, taking.settings)


def _take_batch(session: Session, taking: Taking, batch: Sequence[Read]) -> None:
    now = taking.now()
    fresh = [(read.measured, read.item.side) for read in batch if read.measured]
    added = images.add_images(
        session,
        project_id=taking.project_id,
        prepared=[measured for measured, _ in fresh],
        sides=[side for _, side in fresh],
        by=taking.by,
        now=now,
    )
    project = projects.get_project(session, taking.project_id)
    schema = projects.schema_of(project)
    new_ids = {each.image.id for each in added if each.is_new}
    queue.open_asks(session, project=project, image_ids=sorted(new_ids))
    if any(each.image.is_waiting for each in added):
        jobs.enqueue_once(session, JobKind.PREPARE, project_id=project.id, subject_id=project.id, now=now)
    there = image_rows.by_sha256(session, taking.project_id, {read.sha256 for read in batch} - {""})
    taken = [_taken(taking, read, there.get(read.sha256), schema, new_ids) for read in batch]
    labels = [label for each in taken for label in each.labels]
    results = import_labels(
        session, labels, by=taking.by, now=now, schema=schema, schema_version=project.schema_version
    )
    by_label = iter(results)
    for each in taken:
        each.note_results([next(by_label) for _ in each.labels])
    _close_asks(session, labels, results)
    rows = [each.row(taking.import_id) for each in taken]
    repository.add_outcomes(session, rows)
    _count(session, taking.import_id, rows)


@dataclass
class Taken:
    """What became of one file."""

    name: str
    outcome: str
    problems: list[Problem]
    image_id: int | None = None
    labels: list[GivenLabel] = field(default_factory=list)

    def note_results(self, results: Sequence[bool | DomainError]) -> None:
        """A label that was added makes a known image an updated one; one that does not fit is a problem."""
        self.problems += [Problem.of(each) for each in results if isinstance(each, DomainError)]
        if self.outcome == "known" and True in results:
            self.outcome = "updated"

    def row(self, import_id: int) -> dict[str, Any]:
        """As it is stored; the first problem names the code."""
        return {
            "import_id": import_id,
            "name": clean_name(self.name),
            "outcome": self.outcome,
            "code": self.problems[0].code[:64] if self.problems else None,
            "detail": " ".join(each.detail for each in self.problems)[:1000] or None,
            "image_id": self.image_id,
        }


def _taken(taking: Taking, read: Read, image: Image | None, schema: Schema, new_ids: set[int]) -> Taken:
    if image is None:
        assert read.refusal is not None
        return Taken(read.item.name, "refused", [read.refusal])
    taken = Taken(read.item.name, "added" if image.id in new_ids else "known", [], image.id)
    name = clean_name(read.item.name)
    first = taking.first_names.setdefault(image.id, name)
    if first != name:
        taken.outcome = "known"
        taken.problems.append(Problem.of(ContentRepeated(first=first)))
    elif image.archived_at is not None:
        taken.problems.append(Problem.of(ImageArchived(image=image.id)))
    else:
        labels, taken.problems = labels_of(
            read.item, schema=schema, width_px=image.width_px, height_px=image.height_px
        )
        taken.labels = [
            GivenLabel(image, kind, body)
            for kind, body in labels
            if kind != LANDMARKS or _keeps_landmarks(taking, read.item, image)
        ]
    return taken


def _close_asks(
    session: Session, labels: Sequence[GivenLabel], results: Sequence[bool | DomainError]
) -> None:
    answered: dict[str, list[int]] = {}
    for label, result in zip(labels, results, strict=True):
        if result is True:
            answered.setdefault(label.kind, []).append(label.image.id)
    for kind, image_ids in answered.items():
        queue.close_asks_of(session, image_ids=image_ids, kind=kind)


def _keeps_landmarks(taking: Taking, item: SourceImage, image: Image) -> bool:
    if image.side == Side.VALIDATION:
        return True
    if image.side == Side.TEST:
        return taking.options.keep_test_landmarks
    return item.name not in taking.without_landmarks


def _without_landmarks(source: Source, options: Options) -> frozenset[str]:
    """Training images that are to lose their landmarks, so that there is something to label."""
    if options.keep_landmarks_percent >= 100:
        return frozenset()
    items = (source.image(name) for name in source.names)
    train = [item.name for item in items if item.points and item.side in {None, Side.TRAIN}]
    kept_count = round(len(train) * options.keep_landmarks_percent / 100)
    kept = random.Random(options.seed).sample(train, kept_count)  # noqa: S311  a choice, no secret
    return frozenset(train) - frozenset(kept)


def note(session: Session, taking: Taking, *, name: str, problem: Problem) -> None:
    """An outcome of something that is no image, e.g. a column that is not asked for."""
    repository.add_outcomes(session, [Taken(name, "refused", [problem]).row(taking.import_id)])


def _count(session: Session, import_id: int, rows: Sequence[dict[str, Any]]) -> None:
    row = session.get_one(Import, import_id)
    counts = dict(row.outcome_counts)
    for each in rows:
        counts[each["outcome"]] = counts.get(each["outcome"], 0) + 1
    row.outcome_counts = counts
