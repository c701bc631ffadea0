"""What must hold of an export taken while people worked: it is one instant, and it comes back (I14)."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.annotations.tables import LANDMARKS, LabelHead, Revision
from app.db import Database, utc_now
from app.exchange import service as exchange
from app.exchange.service import Place
from app.exchange.source import Options
from app.exchange.tables import Import
from app.images.tables import Image
from app.projects import service as projects
from app.projects.schemas import Schema
from app.settings import Settings
from app.storage import FolderStorage
from app.users.tables import User
from tests.faults.history.checker import Stored, Violation
from tests.faults.history.record import Answer, ExportTaken, History, Outcome

CENTRE_TO_CORNER = Decimal("0.5")
Labels = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Exported:
    """An export as read by nothing of ours: by image name, the body of each label."""

    labels: Labels
    schema: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Exported":
        """Of the common layout."""
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
            manifest = json.loads(archive.read("manifest.json"))
            assert manifest["missing_images"] == [], manifest["missing_images"]
            for name, digest in manifest["sha256"].items():
                assert sha256(archive.read(name)).hexdigest() == digest, name
            own = json.loads(archive.read("meta.json"))["equimark"]
            labels: Labels = {}
            for row in _rows(archive, "landmarks.csv"):
                names = own["landmark_schema"]["landmarks"]
                points = [
                    {
                        "name": name,
                        "state": "visible",
                        "x": _corner(row[f"{name}_x"]),
                        "y": _corner(row[f"{name}_y"]),
                    }
                    for name in names
                ]
                labels.setdefault(row["image"], {})[LANDMARKS] = {"points": points}
            for row in _rows(archive, "attributes.csv"):
                given = {kind: {"value": said} for kind, said in row.items() if kind != "image" and said}
                labels.setdefault(row["image"], {}).update(given)
            for kind, images in own["cannot_tell"].items():
                for image in images:
                    labels.setdefault(image, {})[kind] = {"value": None}
        return cls(labels, own["landmark_schema"])


def check_exports(history: History, stored: Stored, names: dict[int, str]) -> Iterator[Violation]:
    """Each export is a cut: with an answer, it holds all that were acknowledged before that one was sent.

    names   of the images, by id
    """
    answers = [answer for answer in history.of(Outcome.ACKNOWLEDGED) if answer.kind == LANDMARKS]
    bodies = {(row.image_id, _canonical(row.body)): row.number for row in stored.revisions.values()}
    for taken in history.exports:
        labels = Exported.read(taken.path).labels
        held = {
            image_id: bodies.get((image_id, _canonical(labels[name][LANDMARKS])))
            for image_id, name in names.items()
            if LANDMARKS in labels.get(name, {})
        }
        for image_id in [image_id for image_id, number in held.items() if number is None]:
            yield Violation("I14", f"export {taken.export_id} says of image {image_id} what nobody said")
        newest = _newest_held(answers, held, taken)
        for answer in history.of(Outcome.ACKNOWLEDGED):
            if answer.completed >= newest:
                continue
            is_held = answer.kind in labels.get(names[answer.image_id], {})
            if answer.kind == LANDMARKS:
                is_held = (held.get(answer.image_id) or 0) >= answer.number
            if not is_held:
                yield Violation("I14", f"export {taken.export_id} lacks {answer.id}, but has a later answer")


def _newest_held(answers: list[Answer], held: dict[int, int | None], taken: ExportTaken) -> float:
    """When the newest answer in it was sent; whatever was asked for before the export is in it at least."""
    sent = [answer.invoked for answer in answers if answer.number <= (held.get(answer.image_id) or 0)]
    return max([taken.asked, *sent])


def check_import(database: Database, settings: Settings, taken: ExportTaken) -> Iterator[Violation]:
    """What was exported is what an import of it gives."""
    exported = Exported.read(taken.path)
    storage = FolderStorage(settings.blobs_dir)
    with database.unit_of_work() as session:
        by = session.scalars(select(User)).first()
        assert by is not None
        project = projects.create(
            session, name="again", schema=Schema.model_validate(exported.schema), by=by.id, now=utc_now()
        )
        row = exchange.start_import(
            session, project_id=project.id, place=Place(str(taken.path), folder=taken.path),
            named_format="auto", options=Options(), by=by.id, now=utc_now(),
        )  # fmt: skip
    exchange.run_import(
        database=database, storage=storage, settings=settings, import_id=row.id, now=utc_now,
        on_progress=lambda *_: None,
    )  # fmt: skip
    with database.reading() as session:
        done = session.get_one(Import, row.id)
        if done.status != "done" or set(done.outcome_counts) - {"added"}:
            yield Violation(
                "I14", f"export {taken.export_id} comes back {done.status}: {done.outcome_counts}"
            )
        current = select(Image.name, Revision.kind, Revision.body).join(
            Revision, Revision.image_id == Image.id
        )
        current = current.join(LabelHead, LabelHead.revision_id == Revision.id)
        again: Labels = {}
        for name, kind, body in session.execute(current.where(Image.project_id == project.id)):
            again.setdefault(name, {})[kind] = body
    if again != exported.labels:
        yield Violation("I14", f"export {taken.export_id} comes back with other labels")


def _rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode())))


def _corner(cell: str) -> float:
    return float(Decimal(cell) + CENTRE_TO_CORNER)


def _canonical(body: dict[str, Any]) -> str:
    """Databases give keys back in their own order."""
    return json.dumps(body, sort_keys=True)
