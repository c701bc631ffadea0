"""Writing the common layout. Frame: see frame.py; what the layout has no words for: see meta.py."""

import csv
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.annotations.tables import LANDMARKS, PointState
from app.exchange.cells import text_cell
from app.exchange.folder import ATTRIBUTES_CSV, LANDMARKS_CSV, SPLIT_OF, SPLITS_CSV
from app.exchange.frame import to_centre
from app.exchange.meta import Own
from app.exchange.writer import ExportedImage
from app.images.tables import Side
from app.projects.schemas import ClassAttribute, Schema


class FolderWriter:
    """landmarks.csv, attributes.csv, splits.csv and meta.json, written row by row."""

    image_folder = "images/"

    def __init__(self, scratch: Path, *, schema: Schema, title: str) -> None:
        self._scratch, self._schema, self._title = scratch, schema, title
        self._own = Own(landmark_schema=schema.model_dump(mode="json"))
        self._attributes = [attribute.name for attribute in schema.attributes]
        columns = [f"{name}_{part}" for name in schema.landmarks for part in ("x", "y", "visible")]
        self._landmarks_csv = _Sheet(scratch / LANDMARKS_CSV, ["image", *columns])
        self._attributes_csv = _Sheet(scratch / ATTRIBUTES_CSV, ["image", *self._attributes])
        self._splits_csv = _Sheet(scratch / SPLITS_CSV, ["image", "split"])

    def add(self, image: ExportedImage) -> None:
        """One image with its labels."""
        name = text_cell(image.file_name)
        if image.title != image.file_name:
            self._own.titles[image.file_name] = image.title
        if LANDMARKS in image.labels:
            self._landmarks_csv.write([name, *self._cells(image)])
        if values := {each: image.labels[each]["value"] for each in self._attributes if each in image.labels}:
            self._attributes_csv.write([name, *(_value_cell(values.get(each)) for each in self._attributes)])
        for attribute, value in values.items():
            if value is None:
                self._own.cannot_tell.setdefault(attribute, []).append(image.file_name)
        self._splits_csv.write([name, SPLIT_OF[Side(image.side)]])

    def finish(self) -> dict[str, Path]:
        """The files by their names in the export."""
        self.close()
        meta = self._scratch / "meta.json"
        meta.write_text(json.dumps(self._meta(), indent=1) + "\n", encoding="utf-8")
        names = (LANDMARKS_CSV, ATTRIBUTES_CSV, SPLITS_CSV, "meta.json")
        return {name: self._scratch / name for name in names}

    def close(self) -> None:
        """Close the files, whole or not."""
        for sheet in (self._landmarks_csv, self._attributes_csv, self._splits_csv):
            sheet.close()

    def _cells(self, image: ExportedImage) -> list[str]:
        points = {point["name"]: point for point in image.labels[LANDMARKS]["points"]}
        cells: list[str] = []
        for name in self._schema.landmarks:
            point = points.get(name)
            if point is None or point["state"] == PointState.ABSENT:
                cells += ["", "", ""]
                if point is not None:
                    self._own.absent.setdefault(image.file_name, []).append(name)
                continue
            visible = "1" if point["state"] == PointState.VISIBLE else "0"
            cells += [to_centre(point["x"]), to_centre(point["y"]), visible]
        return cells

    def _meta(self) -> Mapping[str, Any]:
        schema = self._schema
        numbers = {name: number for number, name in enumerate(schema.landmarks)}
        between = schema.normaliser.between
        classes = {each.name: each.classes for each in schema.attributes if isinstance(each, ClassAttribute)}
        scales = {
            each.name: [each.minimum, each.maximum]
            for each in schema.attributes
            if not isinstance(each, ClassAttribute)
        }
        return {
            "name": self._title,
            "frame": "pixel centres at whole numbers, origin top left, upright image",
            "landmark_names": schema.landmarks,
            "skeleton_edges": [[numbers[a], numbers[b]] for a, b in schema.edges],
            "flip_pairs": [[numbers[a], numbers[b]] for a, b in schema.mirror_pairs],
            "nme": {"type": schema.normaliser.kind}
            | ({"indices": [numbers[name] for name in between]} if between else {}),
            "attribute_classes": classes,
            "attribute_scales": scales,
            "equimark": self._own.model_dump(mode="json"),
        }


class _Sheet:
    """One CSV file being written."""

    def __init__(self, path: Path, columns: list[str]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow(columns)

    def write(self, cells: list[str]) -> None:
        self._writer.writerow(cells)

    def close(self) -> None:
        self._file.close()


def _value_cell(value: str | float | None) -> str:
    if value is None:
        return ""
    return text_cell(value) if isinstance(value, str) else repr(value)
