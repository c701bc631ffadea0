"""`python -m app.make_secrets FOLDER`: passwords for `docker compose up`, made on its first start.

Each reader gets a folder of its own, which is a volume that only its container mounts; nothing is made twice.
Needs nothing but the standard library, since it runs as root.
"""

import json
import os
import secrets
import sys
from pathlib import Path

SERVICE_ID = 10001  # the user of our own images
SERVER_ID = 999  # the user of the postgres and redis images, and of the object store in docker-compose.s3.yml
KEY_ID = "equimark"
REDIS_CONF = """\
requirepass {password}
maxmemory 64mb
maxmemory-policy noeviction
save ""
appendonly no
"""


def make_secrets(folder: Path) -> None:
    """Make what is missing. The URLs are written anew each time, from the passwords that are there."""
    postgres = _password(folder / "postgres")
    redis = _password(folder / "redis")
    _write(folder / "redis" / "redis.conf", REDIS_CONF.format(password=redis), owner=SERVER_ID)
    for name, url in {
        "equimark_database_url": f"postgresql+psycopg://equimark:{postgres}@postgres:5432/equimark",
        "equimark_broker_url": f"redis://:{redis}@redis:6379/0",
    }.items():
        _write(folder / "app" / name, url, owner=SERVICE_ID)
    if (folder / "objects").is_dir():
        _make_object_secrets(folder)


def _make_object_secrets(folder: Path) -> None:
    """A key of the object store for the service, and the store's own list of keys."""
    secret = _password(folder / "objects")
    key = {"accessKey": KEY_ID, "secretKey": secret}
    identity = {"name": KEY_ID, "credentials": [key], "actions": ["Admin", "Read", "Write", "List"]}
    _write(folder / "objects" / "s3.json", json.dumps({"identities": [identity]}), owner=SERVER_ID)
    _write(folder / "app" / "equimark_s3_access_key_id", KEY_ID, owner=SERVICE_ID)
    _write(folder / "app" / "equimark_s3_secret_access_key", secret, owner=SERVICE_ID)


def _password(folder: Path) -> str:
    path = folder / "password"
    if not path.exists():
        _write(path, secrets.token_urlsafe(32), owner=SERVER_ID)
    return path.read_text(encoding="ascii")


def _write(path: Path, text: str, *, owner: int) -> None:
    """All of it or nothing: a start that was cut off must not leave half a password."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400), "w", encoding="ascii") as file:
        file.write(text)
        os.fsync(file.fileno())
    os.chown(part, owner, owner)
    part.replace(path)


if __name__ == "__main__":
    make_secrets(Path(sys.argv[1]))
