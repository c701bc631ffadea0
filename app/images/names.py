"""File names are text that people read; never a path that we open."""

import unicodedata
from hashlib import sha256

NAME_LENGTH = 500
REPLACED = {"Cc", "Cs"}  # control characters end lines and C strings; lone surrogates cannot be stored
UNNAMED = "unnamed"


def clean_name(given: str | None) -> str:
    """The name as it is stored: everything a person typed, less what no database or terminal takes.

    Too long a name keeps its beginning, its end and a digest in between, so that two of them stay two.
    """
    kept = ["\ufffd" if unicodedata.category(each) in REPLACED else each for each in given or ""]
    name = "".join(kept).strip()
    if len(name) > NAME_LENGTH:
        digest = sha256(name.encode()).hexdigest()[:16]
        name = f"{name[: NAME_LENGTH - 50]}~{digest}~{name[-32:]}"
    return name or UNNAMED
