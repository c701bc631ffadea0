"""Where to go after the sign-in: a path of this service, or home."""

from urllib.parse import urlsplit

HOME = "/"


def local_path(text: str) -> str:
    r"""The path, if it stays here; else home.

    Browsers read `\` as `/` and drop tabs and line ends, so `/\evil.org` and `/<tab>/evil.org` lead away.
    """
    if not text.startswith("/") or text.startswith("//") or "\\" in text:
        return HOME
    if any(ord(each) <= 0x20 or ord(each) >= 0x7F for each in text):
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc else text
