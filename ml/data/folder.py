"""The common layout of a data set: images/, landmarks.csv, attributes.csv, splits.csv and meta.json.

Its frame has pixel *centres* at whole numbers, ours has *corners*: reading adds 0.5, writing takes it off.
Landmarks may lie slightly outside the image.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ml.data.values import can_name_a_file, coordinate, on_scale
from ml.errors import FolderRejected
from ml.types import AttributeSpec, Manifest, Normaliser, Sample

CENTRE_TO_CORNER_PX = 0.5
SPLITS = ("train", "valid", "test")


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A data set as read. `missing_images` are named in the tables but not in images/; they are left out."""

    name: str
    landmarks: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    mirror_pairs: tuple[tuple[str, str], ...]
    attributes: tuple[AttributeSpec, ...]
    normaliser: Normaliser
    splits: Mapping[str, tuple[Sample, ...]]
    missing_images: tuple[str, ...] = ()

    def manifest(self) -> Manifest:
        """Train and validation side as a pool."""
        return Manifest(
            landmarks=self.landmarks,
            edges=self.edges,
            mirror_pairs=self.mirror_pairs,
            attributes=self.attributes,
            normaliser=self.normaliser,
            train=self.splits["train"],
            validation=self.splits["valid"],
        )


def read_folder(folder: Path) -> Folder:
    """Read a data set in the common layout. Raises FolderRejected; its `code` names the reason."""
    meta = _read_meta(folder)
    names = _landmark_names(meta)
    attributes = _attribute_specs(meta)
    points = dict(_read_landmarks(folder, names))
    answers = dict(_read_attributes(folder, attributes)) if attributes else {}
    splits: dict[str, list[Sample]] = {split: [] for split in SPLITS}
    missing: list[str] = []
    for image, split in _read_splits(folder):
        path = folder / "images" / image
        if not path.is_file():
            missing.append(image)
            continue
        sample = Sample(image=path, landmarks=points.get(image, {}), attributes=answers.get(image, {}))
        splits[split].append(sample)
    if not any(splits.values()):
        raise FolderRejected("folder_without_images", f"{folder.name}: none of its images is there")
    return Folder(
        name=folder.name,
        landmarks=names,
        edges=_pairs(meta, "skeleton_edges", names),
        mirror_pairs=_pairs(meta, "flip_pairs", names),
        attributes=attributes,
        normaliser=_normaliser(meta, names),
        splits={split: tuple(samples) for split, samples in splits.items()},
        missing_images=tuple(missing),
    )


def _rows(folder: Path, name: str, needed: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """(line number, row) of a table that must have the columns `needed`."""
    with _opened(folder, name) as file:
        reader = csv.DictReader(file)
        header = reader.fieldnames or ()
        absent = [column for column in needed if column not in header]
        if absent:
            listed = ", ".join(absent[:5]) + (" ..." if len(absent) > 5 else "")
            raise FolderRejected("folder_columns_missing", f"{name} lacks the columns {listed}")
        if repeated := [column for column in needed if header.count(column) > 1]:
            raise FolderRejected(
                "folder_columns_wrong", f"{name} has the column {repeated[0]} more than once"
            )
        seen: set[str] = set()
        for row in reader:
            where = f"{name} line {reader.line_num}"
            # a line that was cut off must not read as answers that are missing
            if None in row or None in row.values():
                raise FolderRejected(
                    "folder_columns_wrong", f"{where}: not the {len(header)} columns of the first line"
                )
            image = row["image"]
            if image in seen or not can_name_a_file(image) or Path(image).name != image:
                raise FolderRejected(
                    "folder_image_repeated", f"{where}: {image!r} is repeated or no file name"
                )
            seen.add(image)
            yield reader.line_num, row


@contextmanager
def _opened(folder: Path, name: str) -> Iterator[IO[str]]:
    """A table as text; what it holds instead is an error of the folder."""
    try:
        with (folder / name).open(encoding="utf-8-sig", newline="") as file:
            yield file
    except OSError as reason:
        raise FolderRejected("folder_file_missing", f"{folder.name} has no readable {name}") from reason
    except UnicodeDecodeError as reason:
        raise FolderRejected("folder_file_invalid", f"{name} is not UTF-8 text") from reason
    except csv.Error as reason:
        raise FolderRejected("folder_file_invalid", f"{name} is not a table: {reason}") from reason


def _read_meta(folder: Path) -> dict[str, Any]:
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8-sig"))
    except OSError as reason:
        raise FolderRejected("folder_file_missing", f"{folder.name} has no readable meta.json") from reason
    except ValueError as reason:
        raise FolderRejected("folder_meta_invalid", f"meta.json is not JSON: {reason}") from reason
    if not isinstance(meta, dict):
        raise FolderRejected("folder_meta_invalid", "meta.json is not an object")
    return meta


def _landmark_names(meta: Mapping[str, Any]) -> tuple[str, ...]:
    names = meta.get("landmark_names")
    if not isinstance(names, list) or not names or len(set(map(str, names))) != len(names):
        raise FolderRejected("folder_meta_invalid", "landmark_names must list names, each of them once")
    return tuple(str(name) for name in names)


def _attribute_specs(meta: Mapping[str, Any]) -> tuple[AttributeSpec, ...]:
    """`attribute_classes` lists classes; `attribute_scales` (our addition) gives [minimum, maximum]."""
    try:
        classes = [
            AttributeSpec(name=name, classes=_classes(values))
            for name, values in meta.get("attribute_classes", {}).items()
        ]
        scales = [
            AttributeSpec(name=name, minimum=float(low), maximum=float(high))
            for name, (low, high) in meta.get("attribute_scales", {}).items()
        ]
    except (AttributeError, TypeError, ValueError) as reason:
        raise FolderRejected("folder_meta_invalid", f"the attributes in meta.json: {reason}") from reason
    if twice := {spec.name for spec in classes} & {spec.name for spec in scales}:
        raise FolderRejected("folder_meta_invalid", f"attributes with classes and a scale: {sorted(twice)}")
    return tuple(classes + scales)


def _classes(values: Any) -> tuple[str, ...]:
    """Raises ValueError for a word where there must be a list, and for a class that is there twice."""
    if not isinstance(values, list) or len(set(map(str, values))) != len(values):
        raise ValueError(f"{values!r} does not list classes, each of them once")
    return tuple(str(value) for value in values)


def _pairs(meta: Mapping[str, Any], key: str, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    try:
        return tuple((names[a], names[b]) for a, b in meta.get(key, ()) if min(a, b) >= 0)
    except (IndexError, TypeError, ValueError) as reason:
        raise FolderRejected("folder_meta_invalid", f"{key} must hold pairs of landmark numbers") from reason


def _normaliser(meta: Mapping[str, Any], names: tuple[str, ...]) -> Normaliser:
    nme = meta.get("nme") or {}
    if not isinstance(nme, dict):
        raise FolderRejected("folder_meta_invalid", "nme in meta.json is not an object")
    indices = nme.get("indices")
    if indices is None:
        return Normaliser(kind="pixels" if nme.get("type") == "pixels" else "box")
    pairs = _pairs({"nme.indices": [indices]}, "nme.indices", names)
    if not pairs or pairs[0][0] == pairs[0][1]:
        raise FolderRejected("folder_meta_invalid", "nme.indices must be the numbers of two landmarks")
    return Normaliser(kind="landmarks", between=pairs[0])


def _read_landmarks(
    folder: Path, names: tuple[str, ...]
) -> Iterator[tuple[str, dict[str, tuple[float, float]]]]:
    needed = ("image", *(f"{name}_{axis}" for name in names for axis in "xy"))
    for line, row in _rows(folder, "landmarks.csv", needed):
        placed: dict[str, tuple[float, float]] = {}
        for name in names:
            x, y = row[f"{name}_x"], row[f"{name}_y"]
            if x or y:
                where = f"landmarks.csv line {line}, {name}"
                placed[name] = (
                    coordinate(x, where) + CENTRE_TO_CORNER_PX,
                    coordinate(y, where) + CENTRE_TO_CORNER_PX,
                )
        yield row["image"], placed


def _read_attributes(
    folder: Path, attributes: tuple[AttributeSpec, ...]
) -> Iterator[tuple[str, dict[str, str | float]]]:
    for line, row in _rows(folder, "attributes.csv", ("image", *(spec.name for spec in attributes))):
        answers: dict[str, str | float] = {}
        for spec in attributes:
            value = row[spec.name]
            if not value:
                continue
            where = f"attributes.csv line {line}, {spec.name}"
            if spec.is_numeric:
                answers[spec.name] = on_scale(spec, value, where)
            elif value in spec.classes:
                answers[spec.name] = value
            else:
                raise FolderRejected("folder_attribute_unknown", f"{where}: {value!r} is no class")
        yield row["image"], answers


def _read_splits(folder: Path) -> Iterator[tuple[str, str]]:
    for line, row in _rows(folder, "splits.csv", ("image", "split")):
        if row["split"] not in SPLITS:
            raise FolderRejected(
                "folder_split_unknown", f"splits.csv line {line}: {row['split']!r} is not one of {SPLITS}"
            )
        yield row["image"], row["split"]


def write_folder(folder: Path, content: Folder) -> None:
    """Write the tables of a data set; the images must lie in `folder`/images already."""
    samples = [(sample, split) for split in SPLITS for sample in content.splits[split]]
    numbers = {name: index for index, name in enumerate(content.landmarks)}
    between = content.normaliser.between
    nme: dict[str, Any] = {"type": content.normaliser.kind}
    if between:
        nme["indices"] = [numbers[name] for name in between]
    meta = {
        "name": content.name,
        "landmark_names": content.landmarks,
        "skeleton_edges": [[numbers[a], numbers[b]] for a, b in content.edges],
        "flip_pairs": [[numbers[a], numbers[b]] for a, b in content.mirror_pairs],
        "nme": nme,
        "attribute_classes": {spec.name: spec.classes for spec in content.attributes if spec.classes},
        "attribute_scales": {
            spec.name: [spec.minimum, spec.maximum] for spec in content.attributes if spec.is_numeric
        },
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=1) + "\n", encoding="utf-8")
    columns = [f"{name}_{part}" for name in content.landmarks for part in ("x", "y", "visible")]
    _write_table(folder / "landmarks.csv", ["image", *columns], (_point_row(s, content) for s, _ in samples))
    names = [spec.name for spec in content.attributes]
    answers = ([s.image.name, *(s.attributes.get(name, "") for name in names)] for s, _ in samples)
    _write_table(folder / "attributes.csv", ["image", *names], answers)
    _write_table(folder / "splits.csv", ["image", "split"], ([s.image.name, split] for s, split in samples))


def _point_row(sample: Sample, content: Folder) -> list[Any]:
    row: list[Any] = [sample.image.name]
    for name in content.landmarks:
        point = sample.landmarks.get(name)
        row += ["", "", 0] if point is None else [*(repr(v - CENTRE_TO_CORNER_PX) for v in point), 1]
    return row


def _write_table(path: Path, columns: list[str], rows: Iterator[list[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
