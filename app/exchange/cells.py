"""CSV tables: reading with clear errors, writing so that no spreadsheet runs a cell as a formula."""

import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from app.exchange.errors import ColumnsMissing, TableInvalid

PACKED = "\x1f"  # rows are kept as one string: a list of strings would take six times the memory
_FORMULA = re.compile(r"['=+\-@\t\r\n]|\s+[=+\-@]")  # what spreadsheets run, and the apostrophe itself


def text_cell(text: str) -> str:
    """Text, with an apostrophe before it where a spreadsheet would take it for a formula; not for numbers."""
    return f"'{text}" if _FORMULA.match(text) else text


def text_from(cell: str) -> str:
    """The text of a cell that `text_cell` made; any other stays as it is."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell


class Table:
    """A CSV file by its column `image`. `repeated`: images with several rows, none of them to be trusted."""

    def __init__(self, path: Path, *, needed: Sequence[str]) -> None:
        """Read it whole.

        Raises:
            TableInvalid: not UTF-8, not CSV, or a row with more or fewer cells than the header.
            ColumnsMissing: one of `needed` is not there.

        """
        self.file = path.name
        rows = self._rows(path)
        _, self.columns = next(rows, (1, []))
        if missing := [name for name in ("image", *needed) if name not in self.columns]:
            listed = ", ".join(missing[:8]) + (", ..." if len(missing) > 8 else "")
            raise ColumnsMissing(file=self.file, columns=listed)
        self._index = {name: number for number, name in enumerate(self.columns)}
        self._packed: dict[str, str] = {}
        self.repeated: set[str] = set()
        for line, row in rows:
            if len(row) != len(self.columns):
                reason = f"{len(row)} cells under {len(self.columns)} columns"
                raise TableInvalid(file=self.file, line=line, reason=reason)
            name = text_from(row[self._index["image"]])
            if name in self._packed:
                self.repeated.add(name)
            self._packed[name] = PACKED.join(row)

    @property
    def names(self) -> Sequence[str]:
        """The images that have a row."""
        return list(self._packed)

    def find(self, name: str) -> dict[str, str] | None:
        """The row of an image, by column."""
        packed = self._packed.get(name)
        return None if packed is None else dict(zip(self.columns, packed.split(PACKED), strict=True))

    def _rows(self, path: Path) -> Iterator[tuple[int, list[str]]]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            try:
                for row in reader:
                    if any(PACKED in cell or "\0" in cell for cell in row):
                        raise TableInvalid(file=self.file, line=reader.line_num, reason="control characters")
                    if row:
                        yield reader.line_num, row
            except (csv.Error, UnicodeDecodeError) as error:
                reason = f"not CSV in UTF-8: {error}"
                raise TableInvalid(file=self.file, line=reader.line_num + 1, reason=reason) from error
