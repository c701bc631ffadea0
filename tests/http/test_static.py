"""Scripts and styles as the browser gets them."""

from starlette.testclient import TestClient

from app.http.pages import served_version


def test_case_108_a_browser_asks_before_it_uses_an_old_script(client: TestClient) -> None:
    first = client.get("/static/label/store.js")
    again = client.get("/static/label/store.js", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-type"].startswith("text/javascript")
    assert again.status_code == 304
    assert again.headers["cache-control"] == "no-cache"


def test_case_108_every_answer_says_which_version_gives_it_and_a_page_which_one_made_it(
    client: TestClient,
) -> None:
    said = {client.get(path).headers["equimark-version"] for path in ("/api/v1/projects", "/api/v1/images/9")}

    assert said == {served_version()}
    assert f'data-version="{served_version()}"' in client.get("/").text
    assert "equimark-version" not in client.get("/").headers


def test_scripts_and_styles_are_sent_compressed_to_those_who_take_it(client: TestClient) -> None:
    packed = client.get("/static/label/keys.js", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/static/label/keys.js", headers={"Accept-Encoding": "identity"})

    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text


def test_no_path_leads_out_of_the_folder(client: TestClient) -> None:
    assert client.get("/static/%2e%2e/main.py").status_code == 404
    assert client.get("/static/..%2fmain.py").status_code == 404
