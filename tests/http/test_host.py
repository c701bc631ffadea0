"""What a request says of its host and of its origin: anything but the plain truth is refused."""

import pytest

from tests.factories import FACE


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8000", "localhost", "LocalHost:1", "[::1]", "[::1]:80"]
)
def test_case_088_the_service_answers_to_its_own_hosts(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.com",
        "localhost.evil.com",
        "evil.com@localhost",
        "localhost@evil.com",
        "localhost:80@evil.com",
        "localhost:abc",
        "localhost:",
        "localhost:123456",
        "localhost:80/evil",
        "localhost:80:80",
        "localhost/evil",
        "localhost?evil",
        "localhost, evil.com",
        "localhost evil.com",
        "[::1]evil.com",
        "[::1]:80@evil.com",
        "[::1",
        "::1",
        "[]",
    ],
)
def test_case_088_any_other_host_is_refused_in_whatever_it_is_wrapped(client, host):
    answer = client.get("/sign-in", headers={"Host": host, "X-Forwarded-Host": "localhost"})

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_host")


def test_case_088_two_hosts_are_refused(client):
    answer = client.get("/healthz", headers=[("Host", "localhost"), ("Host", "evil.com")])

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_host")


def test_case_088_a_link_is_made_from_the_host_that_was_checked(client):
    headers = {"Host": "localhost:8000", "X-Forwarded-Host": "evil.com", "Forwarded": "host=evil.com"}

    page = client.get("/", headers=headers | {"X-Original-URL": "//evil.com"})

    assert page.status_code == 200
    assert "evil.com" not in page.text + str(page.headers)


@pytest.mark.parametrize(
    "origin",
    ["http://[", "http://]", "null", "", "127.0.0.1", "http://127.0.0.1:1", "http://127.0.0.1@evil.com"],
)
def test_case_086_an_origin_that_is_none_is_another_site(client, origin):
    body = {"name": "face", "schema": FACE}

    answer = client.post("/api/v1/projects", json=body, headers={"Origin": origin})

    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
