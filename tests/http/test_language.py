"""Which language a page is answered in, and how a person chooses it."""

import pytest
from fastapi.testclient import TestClient

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


def test_a_page_is_in_the_language_that_the_browser_accepts(client: TestClient) -> None:
    english = client.get("/")
    german = client.get("/", headers=GERMAN)

    assert '<html lang="en" dir="ltr">' in english.text
    assert "<h1>Projects</h1>" in english.text
    assert '<html lang="de" dir="ltr">' in german.text
    assert "<h1>Projekte</h1>" in german.text


def test_a_page_says_by_what_it_varies(client: TestClient) -> None:
    answer = client.get("/", headers=GERMAN)

    assert answer.headers["Content-Language"] == "de"
    assert answer.headers["Vary"] == "Accept-Language, Cookie"
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_a_person_chooses_counts_before_what_the_browser_accepts(client: TestClient) -> None:
    answer = client.post("/language", data={"code": "de", "next": "/?q=1"}, follow_redirects=False)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/?q=1")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("equimark-language=de; ")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert 'lang="de"' in client.get("/", headers={"Accept-Language": "en"}).text


def test_an_unknown_language_forgets_the_choice(client: TestClient) -> None:
    client.post("/language", data={"code": "de"}, follow_redirects=False)
    client.post("/language", data={"code": "../xx"}, follow_redirects=False)

    assert '<html lang="en"' in client.get("/").text


@pytest.mark.parametrize("path", ["//evil.org", "https://evil.org/", "/\\evil.org"])
def test_the_choice_leads_to_no_other_site(client: TestClient, path: str) -> None:
    answer = client.post("/language", data={"code": "de", "next": path}, follow_redirects=False)

    assert answer.headers["Location"] == "/"


def test_the_control_of_a_page_leads_back_to_it(client: TestClient) -> None:
    page = client.get("/projects/new?a=1&b=%3C")

    assert '<input type="hidden" name="next" value="/projects/new?a=1&amp;b=%3C">' in page.text


def test_a_failed_page_says_why_in_its_readers_language_and_the_api_in_english(client: TestClient) -> None:
    page = client.get("/projects/999", headers=GERMAN | {"Accept": "text/html"})
    answer = client.get("/api/v1/projects/999", headers=GERMAN)

    assert "<h1>Nicht gefunden</h1>" in page.text
    assert "Es gibt kein Projekt 999." in page.text
    assert answer.json()["detail"] == "There is no project 999."
    assert answer.json()["title"] == "Not found"


def test_an_address_without_a_page_is_told_in_the_readers_language(client: TestClient) -> None:
    page = client.get("/nowhere", headers=GERMAN | {"Accept": "text/html"})

    assert page.status_code == 404
    assert "Unter dieser Adresse gibt es keine Seite." in page.text


def test_only_a_page_in_another_language_loads_a_catalogue(client: TestClient) -> None:
    assert "/static/languages/" not in client.get("/projects/new").text
    assert "/static/languages/de.js" in client.get("/projects/new", headers=GERMAN).text


def test_what_fills_a_translated_sentence_is_escaped(client: TestClient) -> None:
    page = client.get("/projects/0?<b>", headers=GERMAN | {"Accept": "text/html"})

    assert "<b>" not in page.text
