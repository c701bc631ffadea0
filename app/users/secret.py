"""Random secrets: given out once, kept as SHA-256."""

import secrets
from hashlib import sha256

TOKEN_START = "eqm_"  # noqa: S105  so that a secret scanner, or a person, sees what a leaked string is


def new_secret(prefix: str = "") -> str:
    """256 random bits as text that needs no quoting anywhere."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is stored of a secret."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()
