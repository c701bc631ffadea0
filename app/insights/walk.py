"""In which order images are listed, and a walk along it: from where, in which direction."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self, TypeVarTuple

from sqlalchemy import ColumnElement, Select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from app.images.tables import Image

Columns = TypeVarTuple("Columns")


class Sort(StrEnum):
    """In which order images are listed."""

    OLDEST = "oldest"
    NEWEST = "newest"
    NAME = "name"
    NAME_BACK = "name_back"


@dataclass(frozen=True)
class Place:
    """Of an image in either order."""

    name: str
    id: int


@dataclass(frozen=True)
class Walk:
    """Past `start`, where there is one, in the order of names or of ids."""

    is_by_name: bool
    is_falling: bool
    start: Place | None = None

    @classmethod
    def of(cls, sort: Sort, *, is_back: bool, start: Image | None) -> Self:
        """A page in this order, or the one before it."""
        return cls(
            is_by_name=sort in (Sort.NAME, Sort.NAME_BACK),
            is_falling=(sort in (Sort.NEWEST, Sort.NAME_BACK)) != is_back,
            start=Place(start.name, start.id) if start is not None else None,
        )

    def from_id(self, image_id: int) -> Self:
        """The same walk by id, begun at an image that lies on it."""
        before = image_id + 1 if self.is_falling else image_id - 1
        return replace(self, start=Place("", before))

    def whole(self) -> Self:
        """The same order without a beginning."""
        return replace(self, start=None)

    def reached(self, image_id: ColumnElement[int]) -> list[ColumnElement[bool]]:
        """Said of every table that a walk by id looks into: else it would be read from its beginning."""
        if self.is_by_name:
            return []
        return self._past(image_id, self.start.id if self.start else None)

    def through(
        self,
        query: Select[*Columns],
        *,
        name: InstrumentedAttribute[str] = Image.name,
        image_id: InstrumentedAttribute[int] = Image.id,
    ) -> Select[*Columns]:
        """What a query finds on the walk, in its order; the two columns are those that an index knows."""
        keys = [name, image_id] if self.is_by_name else [image_id]
        if self.is_by_name:
            start = tuple_(self.start.name, self.start.id) if self.start else None
            query = query.where(*self._past(tuple_(name, image_id), start))
        else:
            query = query.where(*self.reached(image_id.expression))
        return query.order_by(*(key.desc() if self.is_falling else key for key in keys))

    def _past(self, here: Any, start: Any) -> list[ColumnElement[bool]]:
        if start is None:
            return []
        return [here < start if self.is_falling else here > start]
