"""Labels from elsewhere, many at a time: what `service.import_label` does, in a few statements for all."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import orjson
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.annotations import rules
from app.annotations.service import IMPORTED
from app.annotations.tables import Assist, LabelHead, Origin, Revision, Tally
from app.audit import AuditEntry
from app.db import insert_into
from app.errors import DomainError, Invalid
from app.images.tables import Image
from app.projects.schemas import Schema

ROWS_AT_ONCE = 500  # of a statement with all its values in it


@dataclass(frozen=True)
class GivenLabel:
    """One label of a source."""

    image: Image
    kind: str
    body: Mapping[str, Any]


class Current(NamedTuple):
    """The newest revision of one image and kind."""

    number: int
    origin: str
    body: Mapping[str, Any]


def import_labels(
    session: Session,
    given: Sequence[GivenLabel],
    *,
    by: int,
    now: datetime,
    schema: Schema,
    schema_version: int,
) -> list[bool | DomainError]:
    """Add the labels; for each, whether a revision was added, or why it does not fit.

    An annotator's label is never superseded, and nothing is added where nothing changed. All images are of
    one project, and no image and kind comes twice.
    """
    current = _current(session, sorted({each.image.id for each in given}))
    results: list[bool | DomainError] = []
    rows: list[dict[str, Any]] = []
    for each in given:
        try:
            body = rules.checked_body(
                each.kind,
                dict(each.body),
                schema=schema,
                width_px=each.image.width_px,
                height_px=each.image.height_px,
            )
        except Invalid as error:
            results.append(error)
            continue
        there = current.get((each.image.id, each.kind))
        is_new = there is None or (there.origin != Origin.ANNOTATOR and there.body != body)
        results.append(is_new)
        if is_new:
            rows.append(_row(each, body, base=there.number if there else 0))
    shared = {"author_id": by, "created_at": now, "schema_version": schema_version}
    if rows:
        _insert(session, [row | shared for row in rows])
    return results


def _current(session: Session, image_ids: Sequence[int]) -> dict[tuple[int, str], Current]:
    """Locks the images, so that an annotator's answer comes wholly before or after."""
    session.execute(
        select(Image.id).where(Image.id.in_(image_ids)).order_by(Image.id).with_for_update(key_share=True)
    )
    newest = select(Revision.image_id, Revision.kind, Revision.number, Revision.origin, Revision.body)
    newest = newest.join(LabelHead, LabelHead.revision_id == Revision.id)
    found = session.execute(newest.where(LabelHead.image_id.in_(image_ids)))
    return {(image_id, kind): Current(number, origin, body) for image_id, kind, number, origin, body in found}


def _row(label: GivenLabel, body: Mapping[str, Any], *, base: int) -> dict[str, Any]:
    fingerprint = sha256(orjson.dumps([label.image.id, label.kind, base, body])).hexdigest()
    return {
        "id": uuid.uuid5(IMPORTED, fingerprint),
        "project_id": label.image.project_id,
        "image_id": label.image.id,
        "kind": label.kind,
        "number": base + 1,
        "assist": Assist.NONE,
        "origin": Origin.IMPORT,
        "is_late": False,
        "body": body,
        "request_sha256": fingerprint,
    }


def _insert(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    session.execute(insert(Revision), rows)
    heads = [
        {
            "image_id": row["image_id"],
            "kind": row["kind"],
            "project_id": row["project_id"],
            "number": row["number"],
            "revision_id": row["id"],
        }
        for row in rows
    ]
    for start in range(0, len(heads), ROWS_AT_ONCE):
        fresh = insert_into(session, LabelHead).values(heads[start : start + ROWS_AT_ONCE])
        moved = {"number": fresh.excluded.number, "revision_id": fresh.excluded.revision_id}
        session.execute(fresh.on_conflict_do_update(index_elements=["image_id", "kind"], set_=moved))
    _count(session, rows)
    session.execute(
        insert(AuditEntry),
        [
            {
                "at": row["created_at"],
                "user_id": row["author_id"],
                "project_id": row["project_id"],
                "action": "revision.added",
                "subject": f"image:{row['image_id']}",
                "detail": {"kind": row["kind"], "revision": str(row["id"]), "number": row["number"]},
            }
            for row in rows
        ],
    )


def _count(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    added = Counter(row["kind"] for row in rows)
    first = Counter(row["kind"] for row in rows if row["number"] == 1)
    for kind in sorted(added):  # in one order, so that two imports cannot wait for each other
        counts = {
            "labelled_count": first[kind],
            "revision_count": added[kind],
            "timed_count": 0,
            "active_seconds": 0.0,
        }
        fresh = insert_into(session, Tally).values(project_id=rows[0]["project_id"], kind=kind, **counts)
        moved = {name: getattr(Tally, name) + amount for name, amount in counts.items()}
        session.execute(fresh.on_conflict_do_update(index_elements=["project_id", "kind"], set_=moved))
