"""Multipart bodies that no browser sends: each is refused by name, and the next request is answered."""

import pytest

BOUNDARY = "b0undary"
KIND = f"multipart/form-data; boundary={BOUNDARY}"
END = f"--{BOUNDARY}--\r\n"


def part(content: str, *, name: str = "files", more: str = "") -> str:
    head = f'Content-Disposition: form-data; name="{name}"{more}\r\n'
    return f"--{BOUNDARY}\r\n{head}\r\n{content}\r\n"


A_FILE = part("x", more='; filename="a.png"')
BODIES = {
    "very many files": (KIND, A_FILE * 5_000 + END),
    "very many fields": (KIND, part("x") * 5_000 + END),
    "a text of megabytes without a file name": (KIND, part("x" * 3_000_000) + END),
    "a header of a megabyte": (KIND, part("x", more="; x=" + "y" * 1_000_000) + END),
    "very many headers": (KIND, part("x", more="".join(f"\r\nX-{n}: y" for n in range(5_000))) + END),
    "an endless preamble": (KIND, "\r\n" * 500_000 + A_FILE),
    "an endless epilogue": (KIND, END + "x" * 1_000_000),
    "no last boundary": (KIND, A_FILE),
    "parts within parts": (KIND, part(part("x"), more="\r\nContent-Type: multipart/mixed") + END),
    "no boundary": ("multipart/form-data", A_FILE + END),
    "a boundary of a megabyte": (f"multipart/form-data; boundary={'b' * 10_000}", A_FILE + END),
    "a content type that takes long to read": ("multipart/form-data" + ';a="\\' * 5_000, A_FILE + END),
    "megabytes of a plain form": ("application/x-www-form-urlencoded", "files=" + "x" * 3_000_000),
}


# what the framework began to receive is closed when it is collected
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("place", ["images", "imports"])
@pytest.mark.parametrize("name", BODIES)
def test_case_061_a_multipart_body_that_attacks_is_refused(client, name, place):
    schema = {"landmarks": ["nose"], "attributes": []}
    project = client.post("/api/v1/projects", json={"name": "a", "schema": schema}).json()
    kind, body = BODIES[name]

    answer = client.post(
        f"/api/v1/projects/{project['id']}/{place}", content=body, headers={"Content-Type": kind}
    )

    assert answer.status_code in {200, 400, 413, 415, 422}, answer.text
    assert answer.status_code != 200 or answer.json()["added"] == 0
    assert "code" in answer.json() or answer.status_code == 200
    assert client.get(f"/api/v1/projects/{project['id']}").json()["counts"]["images"] == 0
