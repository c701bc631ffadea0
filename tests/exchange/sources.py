"""Sources to import, made for a test, and the import itself run to its end."""

import csv
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.annotations.tables import LabelHead, Revision
from app.db import Database
from app.exchange import service
from app.exchange.source import Options
from app.exchange.tables import Import, ImportedFile
from app.images.tables import Image
from app.settings import Settings
from app.storage import Storage
from tests.factories import FACE, NOW, jpeg_bytes, make_project, make_user

LANDMARKS = ("eye_l", "eye_r", "mouth")
META: dict[str, Any] = {
    "name": "faces",
    "landmark_names": LANDMARKS,
    "skeleton_edges": [[0, 2], [1, 2]],
    "flip_pairs": [[0, 1]],
    "nme": {"type": "interocular", "indices": [0, 1]},
    "attribute_classes": {"pose": ["front", "side"]},
    "attribute_scales": {"yaw": [-90, 90]},
}
COLUMNS = ["image", *(f"{name}_{part}" for name in LANDMARKS for part in ("x", "y", "visible"))]
POINTS = ["10", "11.5", "1", "20.25", "11", "0", "", "", ""]


class Bench:
    """A database, its storage and one project, with what an import needs."""

    def __init__(
        self, database: Database, storage: Storage, settings: Settings, *, schema: Any = FACE
    ) -> None:
        self.database, self.storage, self.settings = database, storage, settings
        with database.unit_of_work() as session:
            owner = make_user(session)
            self.owner_id, self.project_id = owner.id, make_project(session, schema=schema, by=owner).id

    def another(self, schema: Any) -> "Bench":
        """The same database with a new project."""
        return Bench(self.database, self.storage, self.settings, schema=schema)

    def start(self, path: Path, named: str = "auto", **options: Any) -> int:
        """Put an import down."""
        with self.database.unit_of_work() as session:
            return service.start_import(
                session,
                project_id=self.project_id,
                place=service.Place(path.name, folder=path),
                named_format=named,
                options=Options(**options),
                by=self.owner_id,
                now=NOW,
            ).id

    def run(self, import_id: int, *, stop_after: int | None = None) -> Import:
        """Do it, or what is left of it."""
        service.run_import(
            database=self.database,
            storage=self.storage,
            settings=self.settings,
            import_id=import_id,
            now=lambda: NOW,
            on_progress=lambda done, _: stop_after is None or done < stop_after,
        )
        with self.database.reading() as session:
            return service.get_import(session, import_id)

    def take(self, path: Path, named: str = "auto", **options: Any) -> Import:
        """Import it all."""
        return self.run(self.start(path, named, **options))

    def outcomes(self, row: Import) -> dict[str, tuple[str, str | None]]:
        """Name -> outcome and code."""
        with self.database.reading() as session:
            files = session.scalars(select(ImportedFile).where(ImportedFile.import_id == row.id))
            return {file.name: (file.outcome, file.code) for file in files}

    def detail(self, row: Import, name: str) -> str | None:
        with self.database.reading() as session:
            return session.get_one(ImportedFile, (row.id, name)).detail

    def images(self) -> dict[str, Image]:
        """The project's images by name."""
        return {image.name: image for image in self.images_by_id().values()}

    def images_by_id(self) -> dict[int, Image]:
        """The project's images by their number."""
        with self.database.reading() as session:
            rows = session.scalars(select(Image).where(Image.project_id == self.project_id))
            return {image.id: image for image in rows}

    def labels(self) -> dict[str, dict[str, Any]]:
        """Image name -> kind -> body of its current label."""
        by_id = self.labels_by_id()
        return {image.name: by_id[image.id] for image in self.images().values() if image.id in by_id}

    def labels_by_id(self) -> dict[int, dict[str, Any]]:
        """Image id -> kind -> body of its current label."""
        with self.database.reading() as session:
            current = select(Revision).join(LabelHead, LabelHead.revision_id == Revision.id)
            labels: dict[int, dict[str, Any]] = {}
            for revision in session.scalars(current.where(Revision.project_id == self.project_id)):
                labels.setdefault(revision.image_id, {})[revision.kind] = revision.body
            return labels

    def revision_count(self) -> int:
        with self.database.reading() as session:
            rows = session.scalars(select(Revision.id).where(Revision.project_id == self.project_id))
            return len(rows.all())


def write_folder(
    root: Path,
    *,
    images: Mapping[str, bytes] | int = 2,
    landmarks: Sequence[Sequence[str]] | None = None,
    attributes: Sequence[Sequence[str]] | None = None,
    splits: Sequence[Sequence[str]] | None = None,
    meta: Any = META,
) -> Path:
    """A folder in the common layout; tables have their header in their first row."""
    if isinstance(images, int):
        images = {f"{number}.jpg": jpeg_bytes(seed=number) for number in range(images)}
    (root / "images").mkdir(parents=True)
    for name, content in images.items():
        (root / "images" / name).write_bytes(content)
    names = list(images)
    write_table(root / "landmarks.csv", landmarks or [COLUMNS, *([name, *POINTS] for name in names)])
    values = [["image", "pose", "yaw", "batch"], *([name, "front", "12.5", "7"] for name in names)]
    write_table(root / "attributes.csv", attributes or values)
    write_table(root / "splits.csv", splits or [["image", "split"], *([name, "train"] for name in names)])
    if meta is not None:
        (root / "meta.json").write_text(meta if isinstance(meta, str) else json.dumps(meta))
    return root


def write_table(path: Path, rows: Sequence[Sequence[str]]) -> None:
    """One CSV file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def zipped(folder: Path, archive: Path) -> Path:
    """A ZIP file of a folder."""
    with zipfile.ZipFile(archive, "w") as target:
        for path in sorted(folder.rglob("*")):
            target.write(path, path.relative_to(folder.parent))
    return archive
