"""Writing an export: first the labels, all from one instant; then, with no transaction open, the image files.

Images never change, so they may be copied later than the labels were read. An image whose file is missing or
damaged does not keep the others from being written: its labels are there, and the manifest names it.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.db import Database
from app.exchange import repository
from app.exchange.coco_writer import CocoWriter
from app.exchange.errors import ExportIncomplete
from app.exchange.file_names import FileNames
from app.exchange.folder_writer import FolderWriter
from app.exchange.importing import Progress
from app.exchange.staging import scratch_folder
from app.exchange.target import Target
from app.exchange.writer import ExportedImage, Writer
from app.images import repository as image_rows
from app.images.service import original_key
from app.projects import service as projects
from app.projects.schemas import Schema
from app.storage import BlobMissing, Storage, sha256_hex

EXPORT_FORMATS: Mapping[str, Callable[..., Writer]] = {"folder": FolderWriter, "coco": CocoWriter}
IMAGES_AT_ONCE = 500
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Exporting:
    """What is to be written."""

    database: Database
    storage: Storage
    work_dir: Path
    project_id: int
    format: str
    exported_at: datetime


@dataclass(frozen=True)
class ExportedFile:
    """An image that is to be copied."""

    file_name: str
    sha256: str


@dataclass(frozen=True)
class Written:
    """Labels in the scratch folder, and what is left to copy."""

    title: str
    image_folder: str
    tables: Mapping[str, Path]
    files: Sequence[ExportedFile]
    counts: dict[str, Any]


def write_export(exporting: Exporting, target: Target, on_progress: Progress) -> dict[str, Any]:
    """Write tables, images and at last the manifest; returns the manifest's counts.

    Raises:
        ProjectNotFound: there is no such project.
        ExportIncomplete: what was written is not what was counted.
        InsufficientStorage: the disk is full.

    """
    with scratch_folder(exporting.work_dir) as scratch:
        with exporting.database.snapshot() as session:
            written = _write_labels(session, exporting, scratch)
        digests: dict[str, str] = {}
        for name, path in written.tables.items():
            target.add_file(name, path)
            digests[name] = _digest(path)
    files, counts = written.files, written.counts
    missing = _copy_images(exporting, target, written.image_folder, files, on_progress)
    counts["image_files"] = len(files) - len(missing)
    manifest = {
        "format": exporting.format,
        "project": written.title,
        "exported_at": exporting.exported_at.isoformat().replace("+00:00", "Z"),
        "counts": counts,
        "missing_images": missing,
        "sha256": digests,
    }
    target.add(MANIFEST, (json.dumps(manifest, indent=1) + "\n").encode())
    return counts


def _write_labels(session: Session, exporting: Exporting, scratch: Path) -> Written:
    project = projects.get_project(session, exporting.project_id)
    schema = projects.schema_of(project)
    with closing(EXPORT_FORMATS[exporting.format](scratch, schema=schema, title=project.name)) as writer:
        files, labels = _write_images(session, project.id, schema, writer)
        _check_whole(session, project.id, schema, images=len(files), labels=labels)
        counts = {"images": len(files), "labels": labels}
        return Written(project.name, writer.image_folder, writer.finish(), files, counts)


def _write_images(
    session: Session, project_id: int, schema: Schema, writer: Writer
) -> tuple[list[ExportedFile], dict[str, int]]:
    names, files = FileNames(), list[ExportedFile]()
    labels = dict.fromkeys(schema.kinds, 0)
    after_id = 0
    while images := image_rows.page(session, project_id, after_id=after_id, limit=IMAGES_AT_ONCE):
        after_id = images[-1].id
        labels_of = repository.labels_of(session, [image.id for image in images])
        for image in images:
            current = {kind: body for kind, body in labels_of.get(image.id, {}).items() if kind in labels}
            file_name = names.take(image.name, sha256=image.sha256, image_format=image.format)
            files.append(ExportedFile(file_name, image.sha256))
            for kind in current:
                labels[kind] += 1
            writer.add(
                ExportedImage(
                    image_id=image.id,
                    file_name=file_name,
                    title=image.name,
                    sha256=image.sha256,
                    width_px=image.width_px,
                    height_px=image.height_px,
                    side=image.side,
                    labels=current,
                )
            )
        session.expunge_all()  # rows are not needed any more, and there may be many
    return files, labels


def _check_whole(
    session: Session, project_id: int, schema: Schema, *, images: int, labels: Mapping[str, int]
) -> None:
    expected = repository.count_images(session, project_id)
    if images != expected:
        raise ExportIncomplete(written=images, expected=expected, what="images")
    for kind, count in repository.count_labels(session, project_id, schema.kinds).items():
        if labels[kind] != count:
            raise ExportIncomplete(written=labels[kind], expected=count, what=f"labels of {kind}")


def _copy_images(
    exporting: Exporting, target: Target, folder: str, files: Sequence[ExportedFile], on_progress: Progress
) -> list[dict[str, str]]:
    missing: list[dict[str, str]] = []
    for number, file in enumerate(files, start=1):
        try:
            content = exporting.storage.get(original_key(file.sha256))
        except BlobMissing as error:
            missing.append({"file_name": file.file_name, "code": error.code()})
        else:
            if sha256_hex(content) == file.sha256:
                target.add(folder + file.file_name, content)
            else:
                missing.append({"file_name": file.file_name, "code": "blob_corrupt"})
        on_progress(number, len(files))
    return missing


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
