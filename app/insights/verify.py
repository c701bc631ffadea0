"""Checks that what is stored agrees with itself: the database file, counters, revision chains, blobs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from app.annotations.tables import LabelHead, Revision, Tally
from app.images.tables import Image
from app.projects.tables import Project
from app.storage import HASHED_FAMILIES, Storage, blob_key, sha256_hex


@dataclass(frozen=True)
class Finding:
    """Something that does not agree. `code` is stable, `detail` is for people."""

    code: str
    detail: str


def findings(session: Session, storage: Storage, *, reads_blobs: bool) -> list[Finding]:
    """Everything that is wrong, in the order of the checks; hashing every blob means reading it."""
    found = [*_file(session), *_counters(session), *_chains(session), *_missing_blobs(session, storage)]
    if reads_blobs:
        found.extend(_damaged_blobs(storage))
    return found


def _file(session: Session) -> Iterator[Finding]:
    if session.get_bind().dialect.name != "sqlite":
        return
    for (line,) in session.execute(text("PRAGMA integrity_check")):
        if line != "ok":
            yield Finding("file_damaged", str(line))
    for table, row_id, parent, _ in session.execute(text("PRAGMA foreign_key_check")):
        yield Finding("parent_missing", f"row {row_id} of {table} has no row in {parent}")


def _counters(session: Session) -> Iterator[Finding]:
    kept = {project.id: project.image_count for project in session.scalars(select(Project))}
    here = _counted(session, select(Image.project_id, func.count()).where(Image.archived_at.is_(None)))
    for project_id, count in kept.items():
        if count != (actual := here.get((project_id,), 0)):
            yield Finding("image_count", f"project {project_id} says {count} images, there are {actual}")
    heads = _counted(session, select(LabelHead.project_id, LabelHead.kind, func.count()))
    revisions = _counted(session, select(Revision.project_id, Revision.kind, func.count()))
    tallies = {(tally.project_id, tally.kind): tally for tally in session.scalars(select(Tally))}
    for key in sorted(heads.keys() | revisions.keys() | tallies.keys()):
        tally = tallies.get(key)
        says = (tally.labelled_count, tally.revision_count) if tally else (0, 0)
        if says != (actual_counts := (heads.get(key, 0), revisions.get(key, 0))):
            yield Finding(
                "tally", f"project {key[0]}, {key[1]}: (labelled, revisions) says {says}, is {actual_counts}"
            )


def _counted(session: Session, counts: Select[*tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
    columns = counts.selected_columns[:-1]
    return {tuple(row[:-1]): row[-1] for row in session.execute(counts.group_by(*columns))}


def _chains(session: Session) -> Iterator[Finding]:
    """Revisions of one image and kind are numbered 1, 2, 3 ... and the head is the last of them."""
    by_kind = (Revision.image_id, Revision.kind)
    last, count = func.max(Revision.number), func.count()
    for image_id, kind, number, rows in session.execute(
        select(*by_kind, last, count).group_by(*by_kind).having(last != count)
    ):
        yield Finding("revision_gap", f"image {image_id}, {kind}: {rows} revisions, the last is {number}")
    newest = select(*by_kind, last.label("number")).group_by(*by_kind).subquery()
    heads = select(newest.c.image_id, newest.c.kind).outerjoin(
        LabelHead, (LabelHead.image_id == newest.c.image_id) & (LabelHead.kind == newest.c.kind)
    )
    pointed = heads.outerjoin(Revision, Revision.id == LabelHead.revision_id)
    wrong = (LabelHead.number.is_distinct_from(newest.c.number)) | (
        Revision.number.is_distinct_from(newest.c.number)
    )
    for image_id, kind in session.execute(pointed.where(wrong)):
        yield Finding("label_head", f"image {image_id}, {kind}: the head is not the newest revision")


def _missing_blobs(session: Session, storage: Storage) -> Iterator[Finding]:
    for image_id, sha256 in session.execute(select(Image.id, Image.sha256).order_by(Image.id)):
        if not storage.has(key := blob_key("images", sha256)):
            yield Finding("blob_missing", f"image {image_id}: {key}")


def _damaged_blobs(storage: Storage) -> Iterator[Finding]:
    for family in HASHED_FAMILIES:
        for key in storage.keys(family):
            name = key.rpartition("/")[2].partition(".")[0]
            if sha256_hex(storage.get(key)) != name:
                yield Finding("blob_damaged", key)
