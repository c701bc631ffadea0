"""Doing an import: read and decode a few files outside any transaction, then one short transaction for them.

It can be stopped or killed anywhere and taken up again: blobs come before rows, images are known by their
content, and each file's outcome is written in the transaction that made it true.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy.orm import Session

from app.annotations import service as annotations
from app.annotations.tables import LANDMARKS
from app.db import Database
from app.errors import Invalid
from app.exchange import repository
from app.exchange.errors import ContentRepeated
from app.exchange.source import Options, Problem, Source, SourceImage, labels_of
from app.exchange.tables import Import
from app.images import repository as image_rows
from app.images import service as images
from app.images.errors import REFUSALS, ImageArchived, ImageTooLarge
from app.images.ingest import PreparedImage, prepare
from app.images.names import clean_name
from app.images.tables import Image, Side
from app.projects import service as projects
from app.projects.schemas import Schema
from app.queue import service as queue
from app.settings import Settings
from app.storage import Storage, sha256_hex

LABELS_AT_ONCE = 100  # labels a transaction, so that annotators never wait long for an import
Progress = Callable[[int, int], bool | None]


@dataclass(frozen=True)
class Read:
    """One file as read: known or prepared by content, or refused."""

    item: SourceImage
    sha256: str = ""
    prepared: PreparedImage | None = None
    refusal: Problem | None = None


@dataclass
class Taking:
    """What one run of an import keeps in its hands."""

    database: Database
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
        with taking.database.unit_of_work() as session:
            _take_batch(session, taking, batch)
        finished += len(batch)
        if on_progress(finished, total) is False:
            return False
    return True


def _batches(names: Iterator[str], source: Source, taking: Taking) -> Iterator[list[Read]]:
    while some := list(islice(names, 20)):
        batch: list[Read] = []
        labels = 0
        for name in some:
            batch.append(_read(source.image(name), taking))
            labels += 1 + len(batch[-1].item.values)
            if labels >= LABELS_AT_ONCE:
                yield batch
                batch, labels = [], 0
        if batch:
            yield batch


def _read(item: SourceImage, taking: Taking) -> Read:
    """Read and prepare one file; its blobs are durable afterwards."""
    if item.refusal or item.path is None:
        return Read(item, refusal=item.refusal)
    limit, title = taking.settings.image_limit_bytes, item.title or item.name
    with item.path.open("rb") as file:
        content = file.read(limit + 1)
    try:
        if len(content) > limit:
            raise ImageTooLarge(name=title, byte_count=item.path.stat().st_size, limit=limit)
        sha256 = sha256_hex(content)
        if sha256 in taking.known:
            return Read(item, sha256)
        prepared = prepare(content, title, taking.settings)
    except REFUSALS as refusal:
        return Read(item, refusal=Problem.of(refusal))
    images.store_blobs(taking.storage, content, prepared)
    taking.known.add(sha256)
    return Read(item, sha256, prepared)


def _take_batch(session: Session, taking: Taking, batch: Sequence[Read]) -> None:
    fresh = [read for read in batch if read.prepared]
    added = images.add_images(
        session,
        project_id=taking.project_id,
        prepared=[read.prepared for read in fresh if read.prepared],
        sides=[read.item.side for read in fresh],
        by=taking.by,
        now=taking.now(),
    )
    project = projects.get_project(session, taking.project_id)
    schema = projects.schema_of(project)
    new_ids = {each.image.id for each in added if each.is_new}
    queue.open_asks(session, project=project, image_ids=sorted(new_ids))
    there = image_rows.by_sha256(session, taking.project_id, {read.sha256 for read in batch} - {""})
    rows = []
    for read in batch:
        image = there.get(read.sha256)
        if image is None:
            rows.append(_refused(taking, read))
            continue
        is_changed, problems = _take_labels(
            session, taking, read.item, image, schema=schema, schema_version=project.schema_version
        )
        outcome = "updated" if is_changed else "known"
        if image.id in new_ids:
            outcome = "added"
            new_ids.remove(image.id)  # a second file with the same content is not new any more
        rows.append(_row(taking, read.item.name, outcome, problems, image_id=image.id))
    repository.add_outcomes(session, rows)
    _count(session, taking.import_id, rows)


def _take_labels(
    session: Session,
    taking: Taking,
    item: SourceImage,
    image: Image,
    *,
    schema: Schema,
    schema_version: int,
) -> tuple[bool, list[Problem]]:
    """Whether a label was added, and what was left out or changed."""
    if image.archived_at is not None:
        return False, [Problem.of(ImageArchived(image=image.id))]
    first = taking.first_names.setdefault(image.id, clean_name(item.name))
    if first != clean_name(item.name):
        return False, [Problem.of(ContentRepeated(first=first))]
    labels, problems = labels_of(item, schema=schema, width_px=image.width_px, height_px=image.height_px)
    is_changed = False
    for kind, body in labels:
        if kind == LANDMARKS and not _keeps_landmarks(taking, item, image):
            continue
        try:
            is_added = annotations.import_label(
                session,
                image=image,
                kind=kind,
                body=body,
                by=taking.by,
                now=taking.now(),
                schema=schema,
                schema_version=schema_version,
            )
        except Invalid as error:
            problems.append(Problem.of(error))
            continue
        if is_added:
            queue.close_asks(session, image_id=image.id, kind=kind)
            is_changed = True
    return is_changed, problems


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


def _refused(taking: Taking, read: Read) -> dict[str, Any]:
    assert read.refusal is not None
    return _row(taking, read.item.name, "refused", [read.refusal])


def _row(
    taking: Taking, name: str, outcome: str, problems: Sequence[Problem], *, image_id: int | None = None
) -> dict[str, Any]:
    return {
        "import_id": taking.import_id,
        "name": clean_name(name),
        "outcome": outcome,
        "code": problems[0].code[:64] if problems else None,
        "detail": " ".join(each.detail for each in problems)[:1000] or None,
        "image_id": image_id,
    }


def note(session: Session, taking: Taking, *, name: str, problem: Problem) -> None:
    """An outcome of something that is no image, e.g. a column that is not asked for."""
    rows = [_row(taking, name, "refused", [problem])]
    repository.add_outcomes(session, rows)


def _count(session: Session, import_id: int, rows: Sequence[dict[str, Any]]) -> None:
    row = session.get_one(Import, import_id)
    counts = dict(row.outcome_counts)
    for each in rows:
        counts[each["outcome"]] = counts.get(each["outcome"], 0) + 1
    row.outcome_counts = counts
