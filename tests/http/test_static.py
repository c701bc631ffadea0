"""Scripts and styles as the browser gets them."""

from starlette.testclient import TestClient


def test_case_108_a_browser_asks_before_it_uses_an_old_script(client: TestClient) -> None:
    first = client.get("/static/label/store.js")
    again = client.get("/static/label/store.js", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["content-type"].startswith("text/javascript")
    assert again.status_code == 304
    assert again.headers["cache-control"] == "no-cache"


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
