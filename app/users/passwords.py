"""Passwords: argon2id, slow on purpose. Hash and check them while no transaction is open."""

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from app.errors import Invalid
from app.language import msgid

LEAST, MOST = 10, 200  # characters; the upper bound keeps a request from buying seconds of hashing
COMMON = frozenset(
    {"1234567890", "0123456789", "qwertyuiop", "password12", "password123", "passwort123", "1q2w3e4r5t"}
)

hasher = PasswordHasher()  # argon2id, 64 MiB, 3 passes: RFC 9106's choice for little memory
_nobody = ""
LENGTH = msgid("it needs {least} to {most} characters")
GUESSED = msgid("this one is tried first by whoever guesses")
LIKE_THE_NAME = msgid("it is little more than the name")


class PasswordRefused(Invalid):
    """It would be guessed."""

    message = "Choose another password: {reason}."
    parts = (LENGTH, GUESSED, LIKE_THE_NAME)


def normalised(password: str) -> str:
    """The same characters however a keyboard composed them."""
    return unicodedata.normalize("NFKC", password)


def check_strength(password: str, *, name: str) -> None:
    """Raise PasswordRefused for one that is short, long, common or the person's name."""
    said = normalised(password)
    if not LEAST <= len(said) <= MOST:
        raise PasswordRefused(reason=LENGTH.format(least=LEAST, most=MOST))
    if said.lower() in COMMON or len(set(said)) < 4:
        raise PasswordRefused(reason=GUESSED)
    if name.lower() in said.lower() and len(said) - len(name) < 6:
        raise PasswordRefused(reason=LIKE_THE_NAME)


def hash_password(password: str, *, name: str) -> str:
    """The hash to store.

    Raises:
        PasswordRefused: it would be guessed.

    """
    check_strength(password, name=name)
    return hasher.hash(normalised(password))


def is_right(password: str, password_hash: str | None) -> bool:
    """Whether this is the password; without a hash it takes as long, and the answer is no."""
    if len(password) > MOST:
        return False
    try:
        return hasher.verify(password_hash or _hash_of_nobody(), normalised(password)) and bool(password_hash)
    except VerifyMismatchError:
        return False


def _hash_of_nobody() -> str:
    global _nobody  # noqa: PLW0603  made at first use: it costs as much as a sign-in
    if not _nobody or hasher.check_needs_rehash(_nobody):
        _nobody = hasher.hash("nobody has this password")
    return _nobody
