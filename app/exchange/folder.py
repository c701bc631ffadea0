"""The common layout: images/, landmarks.csv, attributes.csv, splits.csv, meta.json. Frame: see frame.py.

Any table may be missing. An image without a row has no label; one that only a table names is refused.
A landmark without x and y is not answered; `visible` 1 (or no such column) is visible, 0 is hidden.
"""

from pathlib import Path
from typing import Any

from app.annotations.tables import PointState
from app.errors import DomainError
from app.exchange.cells import Table, text_from
from app.exchange.errors import FileMissing, FileOutsideFolder, NumberInvalid, RowRepeated, SplitUnknown
from app.exchange.files import check_is_there, files_below, path_below
from app.exchange.frame import from_centre
from app.exchange.meta import read_meta
from app.exchange.source import Problem, SourceImage
from app.images.tables import Side
from app.projects.schemas import Schema

LANDMARKS_CSV, ATTRIBUTES_CSV, SPLITS_CSV = "landmarks.csv", "attributes.csv", "splits.csv"
SPLIT_OF = {Side.TRAIN: "train", Side.VALIDATION: "valid", Side.TEST: "test"}
SIDE_OF = {split: side for side, split in SPLIT_OF.items()}
STATE_OF = {
    "1": PointState.VISIBLE,
    "1.0": PointState.VISIBLE,
    "0": PointState.HIDDEN,
    "0.0": PointState.HIDDEN,
}


class FolderSource:
    """A folder in the common layout."""

    format = "folder"

    def __init__(self, root: Path, *, is_confined: bool) -> None:
        """Read the tables; the images stay where they are.

        Raises:
            MetaInvalid, TableInvalid, ColumnsMissing: the folder is not in the layout.

        """
        self._images = root / "images"
        self._is_confined = is_confined
        self._meta = read_meta(root / "meta.json")
        self._landmarks_csv = _find_table(
            root / LANDMARKS_CSV, needed=_columns_of(self._meta.landmarks or ())
        )
        self._attributes_csv = _find_table(root / ATTRIBUTES_CSV, needed=self._meta.attributes or ())
        self._splits_csv = _find_table(root / SPLITS_CSV, needed=("split",))
        self._landmarks = self._landmark_names()
        self._cannot_tell = {
            (attribute, name) for attribute, names in self._meta.own.cannot_tell.items() for name in names
        }
        tables = (self._landmarks_csv, self._attributes_csv, self._splits_csv)
        named = {name for table in tables if table for name in table.names}
        self.names = tuple(sorted(named | set(files_below(self._images))))

    def find_schema(self) -> Schema | None:
        """The schema that meta.json describes, else landmarks by the columns of landmarks.csv."""
        return self._meta.schema(self._landmarks)

    def image(self, name: str) -> SourceImage:
        """One image with its labels."""
        problems: list[Problem] = []
        try:
            path = path_below(self._images, name, is_confined=self._is_confined)
            side = self._side(name)
            check_is_there(path)
        except (FileOutsideFolder, FileMissing, SplitUnknown, RowRepeated) as error:
            return SourceImage(name, None, refusal=Problem.of(error))
        points: tuple[dict[str, Any], ...] = ()
        values: dict[str, Any] = {}
        try:
            points = self._points(name)
        except (NumberInvalid, RowRepeated) as error:
            problems.append(Problem.of(error))
        try:
            values = self._values(name)
        except RowRepeated as error:
            problems.append(Problem.of(error))
        return SourceImage(
            name=name,
            path=path,
            title=self._meta.own.titles.get(name),
            side=side,
            points=points,
            values=values,
            problems=tuple(problems),
        )

    def _landmark_names(self) -> tuple[str, ...]:
        if self._meta.landmarks is not None or self._landmarks_csv is None:
            return self._meta.landmarks or ()
        columns = self._landmarks_csv.columns
        return tuple(x.removesuffix("_x") for x in columns if x.endswith("_x") and f"{x[:-2]}_y" in columns)

    def _side(self, name: str) -> Side | None:
        row = _row(self._splits_csv, name)
        if row is None:
            return None
        if row["split"].strip() not in SIDE_OF:
            raise SplitUnknown(split=row["split"][:40])
        return SIDE_OF[row["split"].strip()]

    def _points(self, name: str) -> tuple[dict[str, Any], ...]:
        row = _row(self._landmarks_csv, name) or {}
        absent = set(self._meta.own.absent.get(name, ()))
        points: list[dict[str, Any]] = []
        for landmark in self._landmarks:
            x, y = row.get(f"{landmark}_x", ""), row.get(f"{landmark}_y", "")
            if landmark in absent:
                points.append({"name": landmark, "state": PointState.ABSENT.value})
            elif x.strip() or y.strip():
                state = STATE_OF.get(row.get(f"{landmark}_visible", "1").strip())
                if state is None:
                    raise _not_a_number(f"{landmark}_visible", row[f"{landmark}_visible"])
                position = {"x": _position(f"{landmark}_x", x), "y": _position(f"{landmark}_y", y)}
                points.append({"name": landmark, "state": state.value, **position})
        return tuple(points)

    def _values(self, name: str) -> dict[str, Any]:
        row = _row(self._attributes_csv, name) or {}
        attributes = self._meta.attributes if self._meta.attributes is not None else tuple(row)
        values: dict[str, Any] = {
            attribute: text_from(row[attribute]).strip()
            for attribute in attributes
            if row.get(attribute, "").strip()
        }
        values.update({each: None for each in attributes if (each, name) in self._cannot_tell})
        return values


def _columns_of(landmarks: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}_{axis}" for name in landmarks for axis in "xy")


def _find_table(path: Path, *, needed: tuple[str, ...]) -> Table | None:
    return Table(path, needed=needed) if path.is_file() else None


def _row(table: Table | None, name: str) -> dict[str, str] | None:
    if table is not None and name in table.repeated:
        raise RowRepeated(file=table.file)
    return table.find(name) if table else None


def _position(column: str, text: str) -> float:
    position = from_centre(text.strip())
    if position is None:
        raise _not_a_number(column, text)
    return position


def _not_a_number(column: str, text: str) -> DomainError:
    return NumberInvalid(where=column, text=repr(text[:40]))
