"""What docker-compose.yml and the Dockerfile promise, as far as it can be seen without Docker."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from app import make_secrets as making
from app.doorbell import check_broker_url
from app.settings import Settings
from tests.source import ROOT

ENDS_BY_ITSELF = {"secrets", "migrate"}
SERVICES: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


@pytest.fixture
def secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The three volumes, empty; owners stay as they are."""
    monkeypatch.setattr(making, "SERVICE_ID", -1)
    monkeypatch.setattr(making, "SERVER_ID", -1)
    for name in ("app", "postgres", "redis"):
        (tmp_path / name).mkdir()
    return tmp_path


BUCKET: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.s3.yml").read_text())["services"]


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_case_093_passwords_are_made_at_the_first_start_and_kept(secrets: Path):
    making.make_secrets(secrets)
    first = contents(secrets)
    making.make_secrets(secrets)

    passwords = {first["postgres/password"], first["redis/password"]}
    assert len(passwords) == 2
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


def test_an_image_holds_the_code_and_nothing_else():
    listed = (ROOT / ".dockerignore").read_text().split("\n")
    rules = [line for line in listed if line and not line.startswith("#")]

    assert rules[0] == "*"
    assert {rule for rule in rules if rule.startswith("!")} == {
        "!pyproject.toml", "!constraints.txt", "!LICENSE",
        "!app", "!worker", "!ml", "!templates", "!migrations",
    }  # fmt: skip
