"""What an address may name: things of ours by their ids, never a file."""

import pytest

from tests.http.documented import DOCUMENT

NAMES = {"name"}  # of an attribute: looked up in the project's schema, as text
WAYS_OUT = ("..%2f..%2fx", "%2fetc%2fpasswd", "%2e%2e", "..%5C..%5Cx", "%23%2F..%2Fx", "a%00b", "x" * 5000)
FILES = [path for path in DOCUMENT["paths"] if path.endswith(("/file", "/thumb", "/original", "/promote"))]


def test_case_043_every_address_names_what_is_ours_by_a_number_or_a_uuid():
    loose = {
        (path, each["name"])
        for path, methods in DOCUMENT["paths"].items()
        for operation in methods.values()
        for each in operation.get("parameters", [])
        if each["in"] == "path" and each["name"] not in NAMES
        and each["schema"].get("type") != "integer" and each["schema"].get("format") != "uuid"
    }  # fmt: skip

    assert loose == set()


@pytest.mark.parametrize("way", WAYS_OUT)
@pytest.mark.parametrize("path", FILES)
def test_case_043_a_path_in_the_place_of_an_id_leads_nowhere(client, path, way):
    address = path.partition("{")[0] + way + path.rpartition("}")[2]

    for method in DOCUMENT["paths"][path]:
        answer = client.request(method, address, json={} if method == "post" else None)
        assert answer.status_code in {404, 405, 422}, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("way", WAYS_OUT)
def test_case_043_static_files_are_those_of_their_folder(client, way):
    assert client.get(f"/static/{way}").status_code == 404
