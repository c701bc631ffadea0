"""Everything an operator may set, read once from `EQUIMARK_*` variables; units stand in the names.

Where `EQUIMARK_SECRETS_DIR` names a folder, its files are read too (`equimark_database_url`,
`equimark_broker_url`): a password in a file does not show in the process table or `docker inspect`.
"""

import ipaddress
import os
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Frozen settings; every field is listed in docs/settings.md."""

    model_config = SettingsConfigDict(env_prefix="EQUIMARK_", frozen=True)

    home_dir: Path = Field(
        default=Path("equimark-home"), description="Folder of the SQLite file and the blobs."
    )
    database_url: str = Field(
        default="", description="SQLAlchemy URL; empty means an SQLite file in home_dir."
    )
    unsafe_durability: bool = Field(
        default=False, description="Start although the database may lose acknowledged labels in a power cut."
    )
    worker_database_url: SecretStr = Field(
        default=SecretStr(""), description="URL by which workers come; a migration makes its role and rights."
    )
    blobs_url: str = Field(
        default="", description="Bucket of the images and networks, s3://bucket/folder; empty means home_dir."
    )
    s3_endpoint: str = Field(
        default="", pattern=r"^(https?://[^@?#\s]+)?$", description="Address of an S3-compatible store."
    )
    s3_region: str = Field(default="us-east-1", description="Region of the bucket.")
    s3_access_key_id: str = Field(default="", description="Key; empty leaves it to AWS_* variables or roles.")
    s3_secret_access_key: SecretStr = Field(default=SecretStr(""), description="Secret of the key.")
    blob_cache_bytes: int = Field(
        default=10 * 2**30, ge=2**20, description="Limit of the local copies of a bucket's blobs."
    )
    broker_url: str = Field(
        default="", description="Redis URL of the broker that wakes Celery workers; empty means none."
    )
    host: str = Field(
        default="127.0.0.1", description="Address to listen on; one that is not loopback needs accounts."
    )
    listens_in_container: bool = Field(
        default=False,
        description="The address is inside a container whose port is published on loopback alone.",
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port of the web service.")
    allowed_hosts: tuple[str, ...] = Field(
        default=("127.0.0.1", "localhost", "[::1]", "testserver"),
        description="Host names under which the service answers; others get 400 bad_host.",
    )
    accounts: Literal["auto", "required", "off"] = Field(
        default="auto", description="Whether people must sign in; auto: unless the host is loopback."
    )
    public_url: str = Field(
        default="",
        pattern=r"^(https?://[^/@?#\s]+)?$",
        description="Address in the browser, e.g. https://labels.example.org behind a TLS proxy.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(), description="Addresses of proxies whose X-Forwarded-For tells who asks."
    )
    oidc_issuer: str = Field(default="", description="Identity provider (OpenID Connect); empty means none.")
    oidc_client_id: str = Field(default="", description="Name of this service at the provider.")
    oidc_client_secret: SecretStr = Field(default=SecretStr(""), description="Its secret there.")
    oidc_name: str = Field(default="single sign-on", description="What the button calls the provider.")
    session_idle_hours: int = Field(default=72, ge=1, description="A session that is not used so long ends.")
    session_days: int = Field(default=30, ge=1, description="A session ends after so long in any case.")
    import_dirs: tuple[Path, ...] = Field(
        default=(), description="Server folders that the REST API may import from; none by default."
    )
    lease_seconds: int = Field(default=600, ge=10, description="How long an ask is held for one annotator.")
    job_lease_seconds: int = Field(
        default=30, ge=2, description="A job without a heartbeat for so long is lost."
    )
    image_limit_bytes: int = Field(default=64 * 2**20, description="Largest image file that is taken.")
    image_limit_pixels: int = Field(default=120_000_000, description="Largest image by width x height.")
    upload_limit_bytes: int = Field(default=256 * 2**20, description="Largest request body of an upload.")
    table_look_seconds: int = Field(
        default=10, ge=1, description="How often a Celery worker looks at the jobs table unasked."
    )
    training_threads: int = Field(
        default=0, ge=0, description="Threads of a training run; 0 means all cores."
    )
    training_processes: Literal["auto"] | Annotated[int, Field(ge=1, le=64)] = Field(
        default="auto", description="Processes that train a network together; auto: one a GPU, else one."
    )
    training_steps: int = Field(
        default=0, ge=0, description="Optimiser steps of a run; 0 lets the pool decide."
    )
    nice: int = Field(default=10, ge=0, le=19, description="Niceness of the embedded worker.")
    auto_train: bool = Field(default=True, description="Queue a run by itself once enough new labels are in.")

    @property
    def sqlalchemy_url(self) -> str:
        """The database to use."""
        return self.database_url or f"sqlite:///{(self.home_dir / 'equimark.sqlite3').absolute()}"

    @property
    def keeps_in_home(self) -> bool:
        """Whether the home folder holds what must not be lost; else only what can be made anew."""
        return self.sqlalchemy_url.startswith("sqlite") or not self.blobs_url

    @property
    def has_accounts(self) -> bool:
        """Whether people must sign in."""
        if self.accounts == "auto":
            return not (is_loopback(self.host) or self.listens_in_container)
        return self.accounts == "required"

    @property
    def is_https(self) -> bool:
        """Whether browsers reach the service by TLS; a forwarded header is never asked."""
        return self.public_url.startswith("https:")

    @property
    def answered_hosts(self) -> tuple[str, ...]:
        """Host names under which the service answers, that of the public address with them."""
        name = urlsplit(self.public_url).hostname
        return (*self.allowed_hosts, *([f"[{name}]" if ":" in name else name] if name else []))

    @property
    def session_idle(self) -> timedelta:
        """How long a session lasts without being used."""
        return timedelta(hours=self.session_idle_hours)

    @property
    def session_lasts(self) -> timedelta:
        """How long a session lasts at most."""
        return timedelta(days=self.session_days)

    @property
    def blobs_dir(self) -> Path:
        """Root of the content-addressed store."""
        return self.home_dir / "blobs"

    @property
    def blob_cache_dir(self) -> Path:
        """Local copies of a bucket's blobs; safe to delete while nothing runs."""
        return self.home_dir / "blob-cache"

    @property
    def work_dir(self) -> Path:
        """Where resumable training states lie; safe to delete while no run is active."""
        return self.home_dir / "work"


def is_loopback(host: str) -> bool:
    """Whether this address reaches this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """The settings of this process."""
    return Settings(_secrets_dir=os.environ.get("EQUIMARK_SECRETS_DIR"))
