"""Keyset pagination: a page starts after the last id of the one before, so no offset is ever counted."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query

from app.errors import Invalid


class CursorInvalid(Invalid):
    """A cursor that no page gave out."""

    message = "The cursor is not one that this list gave out."


Cursor = Annotated[str | None, Query(max_length=64, description="`cursor` of the page before")]
Limit = Annotated[int, Query(ge=1, le=200)]


def after_id_of(cursor: str | None) -> int:
    """The id that a page starts after."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) <= 18):
        raise CursorInvalid
    return int(cursor)


def cursor_after(rows: Sequence[Any], limit: int) -> str | None:
    """The cursor of the next page; None at the end of the list."""
    return str(rows[-1].id) if len(rows) == limit else None
