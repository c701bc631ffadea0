"""`python -m tests.compose.secrets_in_image IMAGE`: every file and setting of an image that looks secret.

Looks through all layers, since what a later layer removes is still there, through environment and history.
"""

import io
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

NAMES = re.compile(r"(^|/)(\.env(\..*)?|id_(rsa|ed25519|ecdsa)|\.git|\.netrc|\.pypirc|.*\.(key|p12|pfx))$")
CONTENTS = {
    "a private key": re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}"),
    "a key of AWS": re.compile(rb"\bAKIA[0-9A-Z]{16}\b"),
    "a token of ours": re.compile(rb"\beqm_[\w-]{43}\b"),
    "an address with a password": re.compile(
        rb"\b(?:https?|redis|postgresql)(?:\+\w+)?://[^\s:/@{}<>\"']*:(?!password@)[\w.~%+-]{6,}@"
    ),
    "a secret in a setting": re.compile(
        rb"\b[A-Z_]*(?:PASSWORD|SECRET|TOKEN|API_KEY)[A-Z_]*=[\"']?(?![\"'${<])[^\s\"',\]]{6,}"
    ),
}
PACKAGES = "site-packages/"  # of others, public: their examples may look like secrets, their files may not
READ_BYTES = 2**20


def findings(image: IO[bytes]) -> list[str]:
    """What looks secret in the archive that `docker save` writes."""
    found: list[str] = []
    with tarfile.open(fileobj=image) as outer:
        for member in outer:
            file = outer.extractfile(member) if member.isfile() else None
            if file is None:
                continue
            layer = _as_layer(file)
            if layer is None:
                file.seek(0)
                found += [f"{member.name}: {what}" for what in _in_text(file.read(READ_BYTES))]
            else:
                found += _in_layer(layer)
    return found


def suspicious(name: str, content: bytes) -> Iterator[str]:
    """What looks secret in one file."""
    if NAMES.search(name):
        yield f"{name}: a file that may hold a secret"
    if PACKAGES not in name:
        yield from (f"{name}: {what}" for what in _in_text(content))


def _as_layer(file: IO[bytes]) -> tarfile.TarFile | None:
    try:
        return tarfile.open(fileobj=io.BytesIO(file.read()))
    except tarfile.ReadError:
        return None


def _in_layer(layer: tarfile.TarFile) -> list[str]:
    found: list[str] = []
    with layer:
        for member in layer:
            file = layer.extractfile(member) if member.isfile() else None
            name = str(PurePosixPath("/", member.name))
            found += suspicious(name, file.read(READ_BYTES) if file else b"")
    return found


def _in_text(content: bytes) -> Iterator[str]:
    yield from (what for what, pattern in CONTENTS.items() if pattern.search(content))


def main() -> int:
    """Look through an image of this machine's Docker."""
    with tempfile.TemporaryDirectory() as folder:
        saved = Path(folder) / "image.tar"
        subprocess.run(["docker", "save", "--output", saved, sys.argv[1]], check=True)
        with saved.open("rb") as image:
            found = findings(image)
    sys.stdout.write("".join(f"{each}\n" for each in found) or "Nothing looks secret.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
