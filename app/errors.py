"""Errors are facts of the domain; `app/http/errors.py` alone knows which HTTP status each one has."""

import re
from typing import Any, ClassVar

from app.language import msgid


class DomainError(Exception):
    """Base of all expected failures. `message` is formatted with the numbers given as keywords.

    The stable `code` is the class name in snake case: clients and tests switch on it.
    """

    message: ClassVar[str] = "Something is not as it should be."
    parts: ClassVar[
        tuple[str, ...]
    ] = ()  # sentences that may fill `message`, where people read it translated
    is_retryable: ClassVar[bool] = False
    keeps_changes: ClassVar[bool] = False  # True: what was written before it was raised is committed

    def __init__(self, **context: Any) -> None:
        self.context = context
        super().__init__(self.message.format_map(context))

    @classmethod
    def code(cls) -> str:
        """`StaleRevision` -> `stale_revision`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


class NotFound(DomainError):
    """The thing does not exist, or not for this person."""


class Gone(DomainError):
    """The thing existed and was taken away on purpose."""


class NotAllowed(DomainError):
    """The person may not do this."""


class NotSignedIn(DomainError):
    """It is not known who asks."""


class TooMany(DomainError):
    """Asked too often; `retry_after_seconds` of the context says when again."""

    is_retryable: ClassVar[bool] = True


class Conflict(DomainError):
    """The state has moved on since the caller looked."""


class Invalid(DomainError):
    """The request can never succeed as it stands."""


class TooSlow(DomainError):
    """The request did not come whole in time."""

    is_retryable: ClassVar[bool] = True


class TooLarge(DomainError):
    """More bytes or pixels than the service takes."""


class Unsupported(DomainError):
    """A kind of file that the service does not read."""


class Unavailable(DomainError):
    """Passing trouble of the service itself; the same request may succeed later."""

    is_retryable: ClassVar[bool] = True


class DatabaseBusy(Unavailable):
    """Another writer held the database for too long."""

    message = "The database is busy; nothing was changed. Try again."


class OutcomeUnknown(Unavailable):
    """The connection was lost while committing."""

    message = "The connection to the database broke while saving. Send the same request again."


class StorageUnavailable(Unavailable):
    """What keeps the blobs does not answer, refuses, or does not do what it says."""

    message = "The store of the images {reason}; nothing was changed. Try again."
    parts = (
        msgid("cannot be written"),
        msgid("shows another object than the one that it took"),
        msgid("has no such bucket"),
        msgid("refuses our key"),
        msgid("does not answer as it should"),
    )


class ServiceStopping(Unavailable):
    """The service ends, and this was not done in time."""

    message = (
        "The service is being stopped, and whether this was done is not known. Send the same request again."
    )


class InsufficientStorage(DomainError):
    """The disk is full."""

    message = "The server has no space left to store this; nothing was changed."
    is_retryable: ClassVar[bool] = True
