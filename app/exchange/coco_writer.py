"""Writing COCO key points, row by row. Frame and own fields: see coco.py.

`bbox` and `area` are those of the placed landmarks, in COCO's continuous frame. Landmarks that are absent and
those not answered both have v 0, as COCO demands; `annotations[].equimark.absent` tells them apart.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.annotations.tables import LANDMARKS, PointState
from app.exchange.coco import OWN
from app.exchange.folder import SPLIT_OF
from app.exchange.frame import to_centre
from app.exchange.writer import ExportedImage
from app.images.tables import Side
from app.projects.schemas import Schema

VISIBILITY = {PointState.HIDDEN: 1, PointState.VISIBLE: 2}
FILE_NAME = "annotations/keypoints.json"
FRAME = "key points: pixel centres at whole numbers; boxes: pixel corners at whole numbers; upright images"


class CocoWriter:
    """annotations/keypoints.json, with one category."""

    image_folder = "images/"

    def __init__(self, scratch: Path, *, schema: Schema, title: str) -> None:
        self._schema, self._title = schema, title
        self._path, self._annotations_path = scratch / "keypoints.json", scratch / "annotations.part"
        self._images = _List(self._path)
        self._annotations = _List(self._annotations_path)
        info = {
            "description": title,
            OWN: {"frame": FRAME, "schema": schema.model_dump(mode="json")},
        }
        self._images.begin(f'{{"info": {json.dumps(info)},\n"images": [\n')

    def add(self, image: ExportedImage) -> None:
        """One image with its labels."""
        attributes = {kind: body["value"] for kind, body in image.labels.items() if kind != LANDMARKS}
        own = {"name": image.title, "split": SPLIT_OF[Side(image.side)], "attributes": attributes}
        self._images.write(
            {
                "id": image.image_id,
                "file_name": image.file_name,
                "width": image.width_px,
                "height": image.height_px,
                OWN: own,
            }
        )
        if LANDMARKS in image.labels:
            self._annotations.write(*self._annotation(image))

    def finish(self) -> Mapping[str, Path]:
        """The files by their names in the export."""
        self._annotations.file.close()
        categories = json.dumps([self._category()])
        self._images.file.write('\n],\n"annotations": [\n')
        with self._annotations_path.open(encoding="utf-8") as annotations:
            while chunk := annotations.read(1 << 20):
                self._images.file.write(chunk)
        self._images.file.write(f'\n],\n"categories": {categories}}}\n')
        self._images.file.close()
        return {FILE_NAME: self._path}

    def close(self) -> None:
        """Close the files, whole or not."""
        self._annotations.file.close()
        self._images.file.close()

    def _category(self) -> dict[str, Any]:
        numbers = {name: number for number, name in enumerate(self._schema.landmarks, start=1)}
        return {
            "id": 1,
            "name": self._title,
            "supercategory": "",
            "keypoints": self._schema.landmarks,
            "skeleton": [[numbers[a], numbers[b]] for a, b in self._schema.edges],
        }

    def _annotation(self, image: ExportedImage) -> tuple[dict[str, Any], str]:
        points = {point["name"]: point for point in image.labels[LANDMARKS]["points"]}
        placed = [each for each in points.values() if each["state"] != PointState.ABSENT]
        numbers: list[str] = []
        for name in self._schema.landmarks:
            point = points.get(name)
            if point is None or point["state"] == PointState.ABSENT:
                numbers += ["0", "0", "0"]
            else:
                visibility = VISIBILITY[PointState(point["state"])]
                numbers += [to_centre(point["x"]), to_centre(point["y"]), str(visibility)]
        xs, ys = [each["x"] for each in placed] or [0.0], [each["y"] for each in placed] or [0.0]
        width, height = max(xs) - min(xs), max(ys) - min(ys)
        absent = [name for name, each in points.items() if each["state"] == PointState.ABSENT]
        annotation = {
            "id": image.image_id,
            "image_id": image.image_id,
            "category_id": 1,
            "iscrowd": 0,
            "num_keypoints": len(placed),
            "bbox": [min(xs), min(ys), width, height],
            "area": width * height,
            OWN: {"absent": absent},
        }
        return annotation, f'"keypoints": [{", ".join(numbers)}]'


class _List:
    """A JSON list being written, one entry a line."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8")
        self._is_empty = True

    def begin(self, text: str) -> None:
        self.file.write(text)

    def write(self, entry: Mapping[str, Any], exact: str | None = None) -> None:
        """An entry; `exact` is JSON text put in last, for numbers with more digits than a double has."""
        text = json.dumps(entry)
        text = f"{text[:-1]}, {exact}}}" if exact else text
        self.file.write(text if self._is_empty else f",\n{text}")
        self._is_empty = False
