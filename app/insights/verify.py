"""Checks that what is stored agrees with itself: the database file, counters, revision chains, blobs.

A blob that no row names does no harm: an upload was cut off before its row, or the database is of an older
backup than the blobs. It is told all the same, so that what differs can be seen exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from app.annotations.tables import LabelHead, Revision, Tally
from app.exchange.tables import Export, Import
from app.images.service import original_key
from app.images.tables import Image
from app.predictions.serving import onnx_key, weights_key
from app.predictions.tables import Network
from app.projects.tables import Project
from app.storage import HASHED_FAMILIES, Storage, blob_key, sha256_hex
from app.training.tables import Run

DERIVED_FAMILIES = ("thumbs", "shown")  # made of an image, so they belong to it
KEPT_FAMILIES = (*HASHED_FAMILIES, *DERIVED_FAMILIES, "exports", "imports")


@dataclass(frozen=True)
class Finding:
    """Something that does not agree. `code` is stable, `detail` is for people."""

    code: str
    detail: str
    is_harmless: bool = False


def findings(session: Session, storage: Storage, *, reads_blobs: bool) -> list[Finding]:
    """Everything that is wrong, in the order of the checks; hashing every blob means reading it."""
    found = [*_file(session), *_counters(session), *_chains(session), *_blobs(session, storage)]
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


def _blobs(session: Session, storage: Storage) -> Iterator[Finding]:
    """By one list of what there is: asking for each blob would take hours with a bucket."""
    there = {key for family in KEPT_FAMILIES for key in storage.keys(family)}
    named = set()
    for owner, key in _named(session):
        named.add(key)
        if key not in there:
            yield Finding("blob_missing", f"{owner}: {key}")
    images = {key.rpartition("/")[2] for key in named if key.startswith("images/")}
    for key in sorted(there - named):
        family, _, name = key.partition("/")
        of_image = family in DERIVED_FAMILIES and name.rpartition("/")[2].partition(".")[0] in images
        if not of_image:
            yield Finding("blob_unnamed", key, is_harmless=True)


def _named(session: Session) -> Iterator[tuple[str, str]]:
    """Who needs which blob."""
    for image_id, sha256 in session.execute(select(Image.id, Image.sha256).order_by(Image.id)):
        yield f"image {image_id}", original_key(sha256)
    for network in session.scalars(select(Network).order_by(Network.id)):
        yield f"weights of network {network.id}", weights_key(network.weights_sha256)
        yield f"network {network.id}", onnx_key(network.onnx_sha256)
    for run in session.scalars(select(Run).where(Run.pool_sha256.is_not(None)).order_by(Run.id)):
        yield f"pool of run {run.id}", blob_key("pools", run.pool_sha256 or "")
    for export in session.scalars(select(Export).where(Export.blob_key.is_not(None)).order_by(Export.id)):
        yield f"export {export.id}", export.blob_key or ""
    waiting = select(Import).where(Import.blob_key.is_not(None), Import.status.in_(("queued", "running")))
    for each in session.scalars(waiting.order_by(Import.id)):
        yield f"import {each.id}", each.blob_key or ""


def _damaged_blobs(storage: Storage) -> Iterator[Finding]:
    for family in HASHED_FAMILIES:
        for key in storage.keys(family):
            name = key.rpartition("/")[2].partition(".")[0]
            if sha256_hex(storage.get(key)) != name:
                yield Finding("blob_damaged", key)
