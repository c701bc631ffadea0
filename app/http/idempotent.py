"""`Idempotency-Key` for writes whose body carries no id of its own."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Annotated, TypeVar

import orjson
from fastapi import Header
from pydantic import BaseModel
from sqlalchemy.orm import Session

from app import idempotency

KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Made by the client; a repeated request with the same key gets the first answer again.",
    ),
]
Out = TypeVar("Out", bound=BaseModel)


def answered_once(
    session: Session,
    *,
    user_id: int,
    key: str | None,
    request: BaseModel,
    now: datetime,
    kind: type[Out],
    make: Callable[[], Out],
) -> Out:
    """The kept answer of an earlier request with this key, or `make()`, kept from now on."""
    if key is None:
        return make()
    said = orjson.dumps([type(request).__name__, request.model_dump(mode="json")])
    request_sha256 = sha256(said).hexdigest()
    kept = idempotency.find_answer(session, user_id=user_id, key=key, request_sha256=request_sha256)
    if kept is not None:
        return kind.model_validate(kept)
    made = make()
    answer = made.model_dump(mode="json", by_alias=True)
    idempotency.keep_answer(
        session, user_id=user_id, key=key, request_sha256=request_sha256, answer=answer, now=now
    )
    return made
