"""What docker-compose.yml and the Dockerfile promise, as far as it can be seen without Docker."""

import io
import json
import re
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import make_secrets as making
from app.doorbell import check_broker_url
from app.settings import Settings
from tests.compose.secrets_in_image import findings, suspicious
from tests.source import ROOT, relative

ENDS_BY_ITSELF = {"secrets", "migrate"}
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The three volumes, empty; owners stay as they are."""
    monkeypatch.setattr(making, "SERVICE_ID", -1)
    monkeypatch.setattr(making, "SERVER_ID", -1)
    for name in ("app", "worker", "postgres", "redis"):
        (tmp_path / name).mkdir()
    return tmp_path


BUCKET: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.s3.yml").read_text())["services"]


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_case_093_passwords_are_made_at_the_first_start_and_kept(secrets: Path):
    making.make_secrets(secrets)
    first = contents(secrets)
    making.make_secrets(secrets)

    passwords = {first[f"{name}/password"] for name in ("postgres", "redis", "worker")}
    assert len(passwords) == 3
    assert min(len(each) for each in passwords) >= 40
    assert contents(secrets) == first
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.rglob("*") if path.is_file()} == {0o400}


def test_the_service_reads_its_urls_from_the_files(secrets: Path):
    making.make_secrets(secrets)

    settings = Settings(_secrets_dir=secrets / "app")

    redis = (secrets / "redis" / "password").read_text()
    assert settings.database_url.startswith("postgresql+psycopg://equimark:")
    assert settings.broker_url == f"redis://:{redis}@redis:6379/0"
    assert f"requirepass {redis}\n" in (secrets / "redis" / "redis.conf").read_text()
    check_broker_url(settings.broker_url)


def test_case_096_a_worker_reads_its_own_url_and_no_other_password(secrets: Path):
    making.make_secrets(secrets)

    owner, worker = (Settings(_secrets_dir=secrets / name) for name in ("app", "worker"))

    assert worker.database_url == owner.worker_database_url.get_secret_value()
    assert worker.database_url.startswith("postgresql+psycopg://equimark_worker:")
    assert (secrets / "postgres" / "password").read_text() not in str(contents(secrets / "worker"))
    for name in ("worker", "worker-gpu", "helper"):
        mounted = {volume.partition(":")[0] for volume in SERVICES[name]["volumes"]}
        assert mounted == {"home", "worker-secrets"}


def test_case_093_a_start_that_was_cut_off_leaves_no_half_password(secrets: Path):
    (secrets / "redis" / "password.part").write_text("half")

    making.make_secrets(secrets)

    assert len((secrets / "redis" / "password").read_text()) >= 40
    assert not list(secrets.rglob("*.part"))


def test_case_094_only_the_web_service_is_published_and_on_loopback_alone():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert list(published) == ["web"]
    assert all(re.match(r"127\.0\.0\.1:", port) for port in published["web"])
    assert [name for name, service in SERVICES.items() if "outside" in service.get("networks", [])] == ["web"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_limited_hardened_and_watched(name: str):
    service = SERVICES[name]

    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("user") != "0:0" or name in ENDS_BY_ITSELF
    if name not in ENDS_BY_ITSELF:
        assert service["restart"] == "unless-stopped"
        assert "healthcheck" in service or name == "web"  # its image has one


def test_who_labels_comes_before_who_trains_and_predicts():
    """Each container has a weight of its own; niceness is compared within one alone."""
    weights = {name: service.get("cpu_shares", 1024) for name, service in SERVICES.items()}

    assert weights["worker"] == weights["worker-gpu"] < weights["helper"] < weights["web"]
    assert weights["web"] == weights["postgres"] == weights["redis"]


@pytest.mark.parametrize("name", SERVICES)
def test_case_093_no_service_is_given_a_password_but_by_a_file(name: str):
    given = SERVICES[name].get("environment", {})

    secret = {
        key: value for key, value in given.items() if re.search("PASSWORD|SECRET|TOKEN|(?<!PUBLIC)_URL", key)
    }
    assert all(str(value).startswith("/run/") for value in secret.values())


def test_case_093_the_key_of_an_object_store_is_made_too_and_both_sides_read_it(secrets: Path):
    (secrets / "objects").mkdir()

    making.make_secrets(secrets)

    settings = Settings(_secrets_dir=secrets / "app")
    (identity,) = json.loads((secrets / "objects" / "s3.json").read_text())["identities"]
    (key,) = identity["credentials"]
    secret = settings.s3_secret_access_key.get_secret_value()
    assert (key["accessKey"], key["secretKey"]) == (settings.s3_access_key_id, secret)
    assert len(secret) >= 40
    assert secret not in {contents(secrets)["redis/password"], contents(secrets)["postgres/password"]}


def test_case_094_the_object_store_is_hardened_published_nowhere_and_has_no_default_image_or_key():
    store = BUCKET["objects"]

    assert store["image"].startswith("${EQUIMARK_S3_IMAGE:?")
    assert (store["networks"], store.get("ports")) == (["inside"], None)
    assert (store["read_only"], store["cap_drop"], store["user"]) == (True, ["ALL"], "999:999")
    for name, service in BUCKET.items():
        given = service.get("environment", {})
        assert [key for key in given if re.search("SECRET|KEY", key)] == [], name


def test_every_service_that_reads_blobs_is_told_of_the_bucket():
    readers = {
        name for name, service in SERVICES.items() if "home:/var/lib/equimark" in service.get("volumes", [])
    }

    told = {
        name for name, service in BUCKET.items() if "EQUIMARK_BLOBS_URL" in service.get("environment", {})
    }
    assert told == readers


def test_case_093_no_file_that_goes_into_an_image_looks_secret():
    copied = [ROOT / name for name in ("pyproject.toml", "constraints.txt", "LICENSE")]
    for folder in ("app", "worker", "ml", "templates", "migrations"):
        copied += [
            path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts
        ]

    found = [
        each for path in copied for each in suspicious(f"/srv/equimark/{relative(path)}", path.read_bytes())
    ]

    assert len(copied) > 300
    assert found == []


SECRETS = {
    "srv/equimark/.env": b"x",
    "root/.ssh/id_rsa": b"x",
    "srv/equimark/app/keys.py": b"-----BEGIN RSA PRIVATE KEY-----\n" + b"A" * 64,
    "etc/pip.conf": b"index-url = https://me:correcthorse@packages.example.org/simple",
    "srv/equimark/app/bucket.py": b"KEY = 'AKIA" + b"A" * 16 + b"'",
    "srv/equimark/app/urls.py": b"URL = 'redis://:correcthorse@redis:6379/0'",
    "srv/equimark/app/settings.ini": b"DB_PASSWORD=correcthorse",
}


@pytest.mark.parametrize("place", [*SECRETS, "environment"])
def test_case_093_a_secret_in_an_image_is_found(place: str):
    layer = archive_of(
        {name: content for name, content in SECRETS.items() if name == place} | {"app/x.py": b"1"}
    )
    env = ["PATH=/bin", "API_TOKEN=correcthorse"] if place == "environment" else ["PATH=/bin"]
    image = archive_of(
        {"blobs/sha256/aa": layer, "blobs/sha256/bb": json.dumps({"config": {"Env": env}}).encode()}
    )

    found = findings(io.BytesIO(image))

    assert len(found) == 1, found
    assert found[0].startswith(f"/{place}" if place in SECRETS else "blobs/sha256/bb")


def test_case_093_an_image_without_secrets_is_clean():
    layer = archive_of(
        {"usr/lib/python3/site-packages/x/docs.py": b"SECRET=correcthorse", "app/x.py": b"TOKEN=''"}
    )

    assert findings(io.BytesIO(archive_of({"blobs/sha256/aa": layer}))) == []


def archive_of(files: dict[str, bytes]) -> bytes:
    """A tar archive, as layers and saved images are."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return written.getvalue()


def test_an_image_holds_the_code_and_nothing_else():
    listed = (ROOT / ".dockerignore").read_text().split("\n")
    rules = [line for line in listed if line and not line.startswith("#")]

    assert rules[0] == "*"
    assert {rule for rule in rules if rule.startswith("!")} == {
        "!pyproject.toml", "!constraints.txt", "!LICENSE",
        "!app", "!worker", "!ml", "!templates", "!migrations",
    }  # fmt: skip
